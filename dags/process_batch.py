"""What happens to one batch, in which order: normalize, control, split."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Param, chain, dag, task

STEPS = ("normalize", "control", "split")

RUNBOOK = """
### One batch

Started by `intake` for each accepted batch; the run's note is the batch's reference. Three steps, each of which takes
the batch from one status to the next. A step whose work was done already changes nothing, so **clearing a task or the
whole run is always safe**, also while another copy still runs.

**A step waits for its retry (yellow).** Something of ours did not answer. It is tried five times, over some
ten minutes; nothing is to be done.

**A step is red.** The log says what failed, for which batch, and what to do. Repair the cause, then clear the red
task: the run goes on from there. Data that is wrong never makes a step red: it becomes anomalies in the sender's NOTI.

**A batch is held.** After three faults of ours the batch is set apart until an operator releases it
(`declarations release REFERENCE --operator NAME`); then clear this run, since intake starts none for a batch that has
one. The sender has been told nothing: its file is not at fault.

**A batch was forgotten or must be taken up by hand.** Use *Trigger* with the number of the batch.
"""


@dag(
    dag_id="process_batch",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=32,
    tags=["exchange", "batch"],
    doc_md=RUNBOOK,
    params={
        "batch": Param(type="integer", minimum=1, title="Batch", description="The number of the batch in the ledger."),
        "reference": Param(None, type=["null", "string"], title="Reference", description="For the reader only."),
        "arrived_at": Param(None, type=["null", "string"], title="Arrived at", description="For the reader only."),
    },
    default_args={
        "owner": "operations",
        "pool": "batches",
        "weight_rule": "upstream",  # what was begun is finished first
        "retries": 5,
        "retry_delay": timedelta(seconds=20),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=2),
    },
)
def process_batch() -> None:
    """Bring one batch from accepted to split."""

    @task
    def step(name: str, batch: str) -> str:
        from declarations import door

        return door.step(name, int(batch))

    chain(*(step.override(task_id=name)(name, "{{ params.batch }}") for name in STEPS))


process_batch()
