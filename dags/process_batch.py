"""What happens to batches that were accepted: many small ones in one task, a large one step by step."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DeadlineAlert, Param, SyncCallback, chain, dag, task
from deadline import FourDays  # of the plugins folder

STEPS = ("normalize", "control", "split")

SHARING = 2
"""Tasks that read or judge one batch at once; the pool bounds those of all batches."""

LESS_URGENT = 10
"""How nice these tasks are, at least: what is dropped is answered first, and pages come at once."""


def _step_back(one_thread: bool = False) -> None:
    """Let others go before the process of this task; called before Polars is there."""
    os.setpriority(os.PRIO_PROCESS, 0, max(LESS_URGENT, os.getpriority(os.PRIO_PROCESS, 0)))
    if one_thread:
        os.environ["POLARS_MAX_THREADS"] = "1"


RUNBOOK = """
### Batches

Started by `intake` with the numbers of the batches; the run's note is the reference of the first. Small batches are
worked together in the task `bundle`, and the rest is skipped. A large batch is taken from one status to the next by
`normalize`, `control` and `split`. Where it has more XML than `share_bytes` of the limits, `share` divides it, several
tasks `read` some slices each, and `normalize` puts these together; several tasks `judge` them, and `control` adds what
is found in slices together. Else `read` and `judge` are skipped, and the steps do it all: the same comes of it. A step
whose work was done already changes nothing, so **clearing a task or the whole run is always safe**, also while another
copy still runs. The ledger knows of batches only: `declarations status REFERENCE` tells where one stands, whichever
run it was in.

**A task waits for its retry (yellow).** Something of ours did not answer. It is tried five times, over some
ten minutes; nothing is to be done.

**A task is red.** The log says what failed, for which batch, and what to do. Nothing is to be cleared: after ten
minutes `intake` hands every batch of the run that is not through to another run; whichever was there when a process
died goes alone. Data that is wrong never makes a task red: it becomes anomalies in the sender's NOTI.

**`share`, `read` or `judge` is red.** The same: the next run does only the slices that nobody has done, and so does
clearing the red tasks, where that cannot wait. Where the log ends without a word, the system had too little memory for
the tasks that it ran at once: give the pool `batches` fewer slots, or lower `share_bytes`.

**A batch is held.** After three faults of ours, or three dead processes, it is set apart; the rest of its bundle goes
on. A run of `quarantine` asks two persons to release it. Once they have, `intake` takes it up by itself. The sender
has been told nothing: its file is not at fault.

**A batch was forgotten or must be taken up at once.** Use *Trigger* with its number in `batches`, or the action
`rerun` of `operate`.
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
        "batches": Param(
            type="array",
            items={"type": "integer", "minimum": 1},
            minItems=1,
            title="Batches",
            description="Their numbers in the ledger.",
        ),
        "large": Param(False, type="boolean", title="Large", description="Take the first of them step by step."),
        "reference": Param(None, type=["null", "string"], title="Reference", description="For the reader only."),
        "arrived_at": Param(None, type=["null", "string"], title="Arrived at", description="Of the first of them."),
        "due_at": Param(None, type=["null", "string"], title="Due at", description="When the first of them is late."),
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
    deadline=DeadlineAlert(reference=FourDays(), interval=timedelta(0), callback=SyncCallback("deadline.late")),
    render_template_as_native_obj=True,
)
def process_batch() -> None:
    """Bring batches from accepted to split."""

    @task.short_circuit(execution_timeout=timedelta(minutes=10), retries=1)
    def bundle(batches: list[int], large: bool) -> bool:
        if large:
            return True
        _step_back(one_thread=True)  # a small batch gains nothing by more, and other tasks run beside
        from declarations import door

        return not door.bundle(batches)

    @task
    def step(name: str, batches: list[int]) -> str:
        _step_back()
        from declarations import door

        return door.step(name, batches[0])

    @task
    def share(batches: list[int]) -> list[list[int]]:
        _step_back()
        from declarations import door

        return door.shares(batches[0])

    @task(max_active_tis_per_dagrun=SHARING)
    def ahead(name: str, batches: list[int], slices: list[int]) -> int:
        _step_back(one_thread=True)  # others read beside
        from declarations import door

        return door.ahead(name, batches[0], slices)

    given = "{{ params.batches }}"
    first = bundle(given, "{{ params.large }}")
    shares = share(given)
    read = ahead.override(task_id="read").partial(name="normalize", batches=given).expand(slices=shares)
    judge = ahead.override(task_id="judge").partial(name="control", batches=given).expand(slices=shares)
    normalize, control, split = (step.override(task_id=name, trigger_rule="none_failed")(name, given) for name in STEPS)
    chain(first, shares, read, normalize, judge, control, split)


process_batch()
