"""When leftovers are swept and yesterday's views are made: each night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, task

RUNBOOK = """
### Daily

Each night: takes away what killed processes left unfinished in outboxes and in the archive, forgets old leases and
sightings, and makes the day's views for senders and institutions.

**`sweep` is red.** The SFTP server, the archive or the ledger did not answer. Nothing depends on it: the next night
sweeps again.

**`report` is red.** The log says what is missing. The views of that day are made again by clearing the task; they say
the same whenever they are made.
"""


@dag(
    dag_id="daily",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["housekeeping", "reports"],
    doc_md=RUNBOOK,
    default_args={
        "owner": "operations",
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": 2.0,
        "execution_timeout": timedelta(hours=2),
    },
)
def daily() -> None:
    """Sweep, and make the day's views."""

    @task
    def sweep() -> dict[str, int]:
        from declarations import desk

        return desk.housekeeping()

    @task
    def report() -> Any:
        from declarations import desk

        return desk.daily_reports()

    sweep()
    report()


daily()
