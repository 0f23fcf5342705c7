"""When extracts leave and receipts are read: every hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

RUNBOOK = """
### Distribution

Every hour: seals the parcels that are due into extracts, writes them to the recipients' outboxes, reads the receipts
that came back, and closes the batches whose every delivery was confirmed. The result counts what was done.

**`distribute` is red.** The SFTP server or the ledger did not answer; the log names which. Each file that had been
decided on is in the ledger and is written by the next run, under the same name and with the same bytes: clearing the
task, or triggering the DAG by hand before the hour, is always safe.

**An extract is contested.** The recipient answered that it could not take the file. The story of the batch shows its
codes; speak to the recipient before anything is sent again.

**Parcels stay withheld.** A recipient has no authorization for what the route gives it. They are looked at again in
every run and leave by themselves once the authorization is there.
"""


@dag(
    dag_id="distribution",
    schedule="0 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["exchange", "sftp"],
    doc_md=RUNBOOK,
    default_args={"owner": "operations"},
)
def distribution() -> None:
    """Send what is due and take receipts."""

    @task(
        pool="sftp_out",
        retries=4,
        retry_delay=timedelta(minutes=1),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(minutes=50),
    )
    def distribute() -> dict[str, int]:
        from declarations import door

        return door.distribute()

    distribute()


distribution()
