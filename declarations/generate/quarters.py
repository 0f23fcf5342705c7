"""A civil quarter: its days, and the birth dates of those who can work in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

YOUNGEST = 18 * 366  # days
OLDEST = 66 * 365


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter by its code `20231`; days are ordinals of the proleptic calendar, as `date.toordinal` gives."""

    code: str
    first: int
    last: int

    @property
    def year(self) -> int:
        """Its year."""
        return int(self.code[:4])

    @property
    def births(self) -> tuple[int, int]:
        """The first birth date of its workers, and how many dates follow."""
        return self.first - OLDEST, OLDEST - YOUNGEST


@lru_cache(maxsize=64)
def quarter(code: str) -> Quarter:
    """The quarter with that code."""
    year, number = int(code[:4]), int(code[4])
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    return Quarter(code, first.toordinal(), after.toordinal() - 1)


def year_after(day: date) -> str:
    """The code of the quarter that holds the day a year later."""
    return f"{day.year + 1}{(day.month + 2) // 3}"


def year_end(day: int) -> int:
    """The last day of that day's year."""
    return date(date.fromordinal(day).year, 12, 31).toordinal()


def weekdays(first: int, last: int) -> int:
    """How many days from Monday to Friday, both ends included."""
    return _until(last) - _until(first - 1)


def _until(day: int) -> int:
    return day // 7 * 5 + min(day % 7, 5)


def iso(day: int) -> str:
    """The day as `2023-01-31`."""
    return date.fromordinal(day).isoformat()
