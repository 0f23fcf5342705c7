"""Which batch a batch stands for, sent again.

The channel says nothing of it: a name may not be used twice (ACRF-133), so a corrected batch has a new sequence number
and no reference to the old one. What both have in common tells: a refused batch was never read, so it is replaced by
the next one that carries a file of the same bytes; a rejected one by the next one that declares for the same employer
and quarter (the columns by which its family puts forms together).
"""

from __future__ import annotations

from datetime import timedelta

from declarations.families import Family
from declarations.model import Batch, BatchStatus
from declarations.steps.kept import block_of
from declarations.steps.world import World

MOST = 20
"""Failed batches of one sender that are looked at, the newest first."""

Declared = frozenset[tuple[object, ...]]
"""The employers and quarters that a batch declares for."""


def replaced(world: World, batch: Batch, family: Family) -> int | None:
    """The newest failed batch of the same sender that this one stands for; None where it is a first."""
    since = batch.first_seen_at - timedelta(days=world.limits.max_age_days)
    mine = _declared(world, batch, family)
    files = _files(batch)
    for failed in world.ledger.failed_before(batch, since, MOST):
        if failed.status is BatchStatus.REFUSED and files & _files(failed):
            return failed.id
        if failed.status is BatchStatus.REJECTED and mine & _declared(world, failed, family):
            return failed.id
    return None


def _files(batch: Batch) -> set[str]:
    return {file.sha256 for file in batch.files if file.kind == "FI"}


def _declared(world: World, batch: Batch, family: Family) -> Declared:
    """None where the family names no columns, or they lie in several blocks."""
    columns = _columns(family)
    if len(columns) != 1:
        return frozenset()
    ((block, names),) = columns.items()
    frame = block_of(world, batch.id, block)
    return frozenset() if frame is None else frozenset(frame.select(names).unique().iter_rows())


def _columns(family: Family) -> dict[str, list[str]]:
    """By block, the columns by which the family puts forms together."""
    found: dict[str, list[str]] = {}
    for each in family.together:
        block, _, column = each.partition(".")
        found.setdefault(block, []).append(column)
    return found
