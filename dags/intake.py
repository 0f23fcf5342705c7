"""When batches are taken in: every minute, and runs of `process_batch` for those that nobody works on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

RUNBOOK = """
### Intake

Every minute: looks at every sender's inboxes, archives what is complete, answers it with an ACRF, and hands what
stands accepted to runs of `process_batch`: small batches together (`bundle__17-66__...`), a large one alone
(`batch__67__...`). A batch that was handed on stays in that run's hands for ten minutes; what a run gives back, or
never finished, is handed on again by itself, after everything new.

**`take_in` is red.** The SFTP server, the archive or the ledger did not answer, or a setting is wrong: the log names
which, and what was expected. Nothing is lost: whatever was dropped lies in the inboxes until it has been archived. The
next minute tries again by itself; nothing is to be cleared. When it stays red for ten minutes, check the SFTP server
first, then the disk of the archive. A host key that changed is an alarm, not a fault to retry: ask the server's owner.

**`start` is red.** Airflow's API server did not answer. The batches still stand accepted and are started ten minutes
later by themselves.
"""


@dag(
    dag_id="intake",
    schedule="* * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["exchange", "sftp"],
    doc_md=RUNBOOK,
    default_args={"owner": "operations", "priority_weight": 100},
)
def intake() -> None:
    """Take batches in and start the runs that work them."""

    @task(pool="sftp_inbox", retries=0, execution_timeout=timedelta(minutes=30))
    def take_in() -> list[dict[str, Any]]:
        from declarations import door

        return [
            {"trigger_run_id": run.pop("run"), "conf": run, "note": f"{len(run['batches'])} from {run['reference']}"}
            for run in door.intake()
        ]

    TriggerDagRunOperator.partial(
        task_id="start",
        trigger_dag_id="process_batch",
        logical_date=None,
        skip_when_already_exists=True,
        openlineage_inject_parent_info=False,
        map_index_template="{{ task.trigger_run_id }}",
        retries=2,
        retry_delay=timedelta(seconds=10),
    ).expand_kwargs(take_in())


intake()
