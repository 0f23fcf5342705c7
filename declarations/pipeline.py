"""The flow, from a drop in an inbox to a closed batch: the only place where the stages meet the world.

    receive -> accept -> normalize -> control -> split -> distribute -> conclude

The status of a batch in the ledger is the queue. A step takes what stands in one status, does one thing and
leaves it in the next; the ledger takes what was decided whole or not at all. Any step may run again at any time,
in any number of processes, and changes nothing that was done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from declarations.errors import Retryable
from declarations.model import (
    Batch,
    BatchStatus,
    Outcome,
)
from declarations.steps.accept import accept
from declarations.steps.distribute import conclude, distribute
from declarations.steps.post import post
from declarations.steps.process import control, normalize
from declarations.steps.receive import receive
from declarations.steps.split import split
from declarations.steps.world import World, advanced, lease, told

log = logging.getLogger(__name__)


AT_ONCE = 200
"""Batches that a step takes in one go."""

WORK: dict[str, tuple[BatchStatus, Callable[[World, Batch], Outcome]]] = {
    "accept": (BatchStatus.RECEIVED, accept),
    "normalize": (BatchStatus.ACCEPTED, normalize),
    "control": (BatchStatus.NORMALIZED, control),
    "split": (BatchStatus.CONTROLLED, split),
}
"""The steps that work batch by batch: where a batch must stand, and what is decided for it."""

STEPS: dict[str, Callable[[World], int]] = {
    "receive": receive,
    **{name: partial(lambda name, world: work_all(world, name), name) for name in WORK},
    "post": post,
    "distribute": distribute,
    "conclude": conclude,
}
"""Every step, in the order of the flow; each tells how much it moved."""


def work_all(world: World, step: str) -> int:
    """Do one step for every batch that stands before it, and post the answers."""
    status, _ = WORK[step]
    moved = sum(work(world, step, batch) for batch in world.ledger.standing(status, AT_ONCE))
    if moved:
        post(world)
    return moved


def work(world: World, step: str, batch: Batch) -> bool:
    """Do one step for one batch; False where it was not its turn, was taken by another, or failed."""
    status, decide = WORK[step]
    with lease(world, f"batch:{batch.id}") as mine:
        if not mine:
            return False
        batch = world.ledger.batch(batch.id)
        if batch.status is not status:
            return False
        try:
            return advanced(world, batch, decide(world, batch))
        except Retryable as fault:
            log.warning("step postponed", extra={"batch": batch.id, "step": step, "error": str(fault)})
        except Exception as fault:  # noqa: BLE001  one batch's failure never stops the others
            _stumble(world, batch, step, fault)
    return False


def _stumble(world: World, batch: Batch, step: str, fault: Exception) -> None:
    """Count the failure; after some of them the batch is held."""
    error = f"{step}: {told(fault)}"
    hold = batch.attempts + 1 >= world.limits.attempts
    world.ledger.stumbled(batch, error, world.clock(), hold)
    log.error("step failed", extra={"batch": batch.id, "step": step, "error": error, "held": hold})


def oversee(world: World) -> dict[str, int]:
    """Look at the clocks: an alarm in the log for each production batch past its four days."""
    late = world.ledger.overdue(world.clock())
    for batch in late:
        log.error("overdue", extra={"batch": batch.id, "reference": batch.reference, "status": str(batch.status)})
    held = world.ledger.standing(BatchStatus.HELD, AT_ONCE)
    return {"overdue": len(late), "held": len(held), "withheld": len(world.ledger.withheld())}
