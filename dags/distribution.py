"""When extracts leave and receipts are read: every 15 minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

RUNBOOK = """
### Distribution

Every quarter of an hour: packs the parcels of each recipient whose delivery window is open into a delivery, writes it
to its outbox or its server, reads the receipts that came back, and closes the batches whose every delivery was
confirmed. The result counts what was done.

**`distribute` is red.** The SFTP server or the ledger did not answer; the log names which. Each file that had been
decided on is in the ledger and is written by the next run, under the same name and with the same bytes: clearing the
task, or triggering the DAG by hand before that, is always safe.

**A delivery is contested.** The recipient answered that it could not take a file of it. The story shows its codes;
speak to the recipient, then send the delivery again (`operate`, action `resend`).

**Parcels stay withheld.** A recipient has no authorization for what the route gives it. They are looked at again in
every run and leave by themselves once the authorization is there.
"""


@dag(
    dag_id="distribution",
    schedule="*/15 * * * *",
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
        execution_timeout=timedelta(minutes=30),
    )
    def distribute() -> dict[str, int]:
        from declarations import door

        return door.distribute()

    distribute()


distribution()
