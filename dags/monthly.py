"""When last month's report is made: once none of its batches can be open in time, and public ones ten days later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, task

RUNBOOK = """
### Monthly

On the fourth of each month, when the four days of last month's last batch are over: last month's report, signed, for
each actor; on the fourteenth the public one. Both are rebuilt from the log alone.

**`report` is red.** The log says what is missing. Repair it and clear the task: a report says the same whenever it is
made, and one that was delivered is not delivered twice.
"""


@dag(
    dag_id="monthly",
    schedule="0 3 4,14 * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["housekeeping", "reports"],
    doc_md=RUNBOOK,
    default_args={
        "owner": "operations",
        "retries": 3,
        "retry_delay": timedelta(minutes=15),
        "retry_exponential_backoff": 2.0,
        "execution_timeout": timedelta(hours=6),
    },
)
def monthly() -> None:
    """Make the month's reports."""

    @task
    def report() -> Any:
        from declarations import desk

        return desk.monthly_reports()

    report()


monthly()
