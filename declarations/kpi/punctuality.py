"""Whether a batch kept its four days: the headline, and the figure without pauses that others caused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from declarations import sla

Span = tuple[datetime, datetime]
"""From one moment until another."""


class Standing(StrEnum):
    """What can be said of a batch at a moment."""

    IN_TIME = "in time"
    LATE = "late"
    OPEN = "open"  # neither ended nor past its fourth day


def standing(start: datetime, end: datetime | None, as_of: datetime, pauses: Iterable[Span] = ()) -> Standing:
    """Whether it was processed in less than four calendar days of Brussels, as known at `as_of`.

    One that is still open past its fourth day is late at once. The clock stands still during pauses: a batch is
    judged as if it had ended earlier by as long as they lasted, however many there were at one time.
    """
    until = as_of if end is None else end
    if sla.in_time(start, until - paused(start, until, pauses)):
        return Standing.OPEN if end is None else Standing.IN_TIME
    return Standing.LATE


def due(start: datetime, pauses: Iterable[Span] = ()) -> datetime:
    """The first moment at which a batch that started then, and paused so, is late."""
    spans = [each for each in pauses if each[1] > start]
    late = sla.due(start)
    while True:
        moved = sla.due(start) + paused(start, late, spans)
        if moved == late:
            return late
        late = moved


def paused(start: datetime, until: datetime, pauses: Iterable[Span]) -> timedelta:
    """How long the clock stood still between the two moments; time that several pauses share counts once."""
    total, reached = timedelta(0), start
    for first, last in sorted(pauses):
        first, last = max(first, reached), min(last, until)
        if first < last:
            total += last - first
            reached = last
    return total
