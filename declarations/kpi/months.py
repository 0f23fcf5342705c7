"""A month of the calendar of Brussels: its moments, when its figures are final, when they are public."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from declarations.errors import Configuration
from declarations.sla import BRUSSELS, DAYS, brussels_date

PUBLISHED_AFTER = 10
"""Days between the actors' own figures and the public ones: time to object."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month. A batch belongs to the month in which its four days began."""

    year: int
    number: int

    def __str__(self) -> str:
        """As in `2026-04`."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return _midnight(self._first)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return _midnight(self._after)

    @property
    def final_at(self) -> datetime:
        """When each of its batches is either in time or late: the fourth midnight after its last day began."""
        return _midnight(self._after + timedelta(days=DAYS - 1))

    @property
    def public_at(self) -> datetime:
        """From when the public may see its figures."""
        return _midnight(self._after + timedelta(days=DAYS - 1 + PUBLISHED_AFTER))

    def days(self) -> list[date]:
        """Its days."""
        return [self._first + timedelta(days=day) for day in range((self._after - self._first).days)]

    def before(self) -> Month:
        """The month before it."""
        last = self._first - timedelta(days=1)
        return Month(last.year, last.month)

    @property
    def _first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def _after(self) -> date:
        return date(self.year + self.number // 12, self.number % 12 + 1, 1)


def month(text: str) -> Month:
    """The month written `2026-04`. Raises Configuration where it is none."""
    found = re.fullmatch(r"(2\d{3})-(0[1-9]|1[0-2])", text)
    if found is None:
        raise Configuration(f"{text!r} is no month; write it as in 2026-04")
    return Month(int(found[1]), int(found[2]))


def month_of(moment: datetime) -> Month:
    """The month in which that moment lies in Brussels."""
    day = brussels_date(moment)
    return Month(day.year, day.month)


def final_month(now: datetime) -> Month:
    """The newest month whose figures are final now."""
    last = month_of(now).before()
    return last if last.final_at <= now else last.before()


def public_month(now: datetime) -> Month:
    """The newest month whose figures are public now."""
    last = month_of(now).before()
    return last if last.public_at <= now else last.before()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BRUSSELS).astimezone(UTC)
