"""When the four days, the held batches and the record of exchanges are looked at: every 15 minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

RUNBOOK = """
### Oversight

Every quarter of an hour: counts the batches whose four calendar days have passed, those that are held, and the parcels
that are withheld; the counts are the task's result, the overdue batches are in its log by reference.

**`oversee` is red.** The ledger did not answer. No batch is harmed, but nobody watches meanwhile: repair this first.

**A batch is overdue.** Look at its story (`declarations status REFERENCE`). A status that does not move means a red or
missing run of `process_batch`: clear it, or trigger it with the number of the batch. Deliveries that are not confirmed
are the recipient's turn: call it.

**A batch is held.** A fault of ours, three times over. The story says which; repair it, release the batch
(`declarations release REFERENCE --operator NAME`), and clear its run.
"""


@dag(
    dag_id="oversight",
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["exchange", "deadline"],
    doc_md=RUNBOOK,
    default_args={"owner": "oversight"},
)
def oversight() -> None:
    """Look at what is late, held or standing still."""

    @task(retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=10))
    def oversee() -> dict[str, int]:
        from declarations import door

        return door.oversee()

    oversee()


oversight()
