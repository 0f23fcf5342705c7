"""How much of its four days a batch has used, as the board marks it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from declarations.sla import due

THREE_QUARTERS = 0.75
HALF = 0.5
_SECOND = timedelta(seconds=1)


class Mark(StrEnum):
    """How far the clock of an open batch has run."""

    OVERDUE = "overdue"
    THREE_QUARTERS = "three-quarters"
    HALF = "half"
    EARLY = "early"


def used(start: datetime, due_at: datetime, now: datetime) -> float:
    """The share of its time that a batch has used: 0 at its arrival, 1 and no more when it is due."""
    return min(1.0, max(0.0, (now - start) / (due_at - start)))


def mark(start: datetime, due_at: datetime, now: datetime) -> Mark:
    """How far its clock has run."""
    if due_at <= now:
        return Mark.OVERDUE
    share = used(start, due_at, now)
    if share >= THREE_QUARTERS:
        return Mark.THREE_QUARTERS
    return Mark.HALF if share >= HALF else Mark.EARLY


def latest_start(now: datetime, share: float) -> datetime:
    """The latest arrival, to the second, of a batch that has used that share of its four days now.

    The later a batch arrived, the less it has used, so that all that arrived before have used it too: one
    comparison finds them in the ledger.
    """
    early, late = now - timedelta(days=6), now
    while late - early > _SECOND:
        middle = early + (late - early) / 2
        if used(middle, due(middle), now) >= share:
            early = middle
        else:
            late = middle
    return early.replace(microsecond=0)
