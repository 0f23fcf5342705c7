"""Synthetic identifiers that check, differ from each other, and are made to be told from real ones.

An INSS has a serial number from 900 on, which the register seldom needs for one day of birth; an enterprise number
starts with 19 or 099, an establishment unit with 7: far from the series in use. NSSO numbers have no such series.
None of this proves that a number belongs to nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from declarations.generate.quarters import Quarter
from validators.identifiers import complete_company, complete_inss, complete_local_unit, complete_noss

_SERIALS = range(900, 998)  # the last three digits of the base; 998 and 999 are not used by the register
_MONTHS = (0, 40, 20)  # what an INSS and the two kinds of BIS number add to the month of birth
_EMPLOYERS = 1_000_000
_UNITS = 8  # establishment units an employer can have
MOST_PERSONS = 5_000_000  # INSS that differ for one seed


@dataclass(frozen=True, slots=True)
class Shuffle:
    """The numbers from 0 to `size` - 1 in another order, without keeping them."""

    size: int
    step: int
    start: int

    def __call__(self, place: int) -> int:
        """The number at that place; places from `size` on begin again."""
        return (place * self.step + self.start) % self.size


@lru_cache(maxsize=256)
def shuffle(size: int, seed: str) -> Shuffle:
    """An order of that many numbers that follows from the seed."""
    random = Random(seed)
    step = random.randrange(1, size)
    while math.gcd(step, size) != 1:
        step = random.randrange(1, size)
    return Shuffle(size, step, random.randrange(size))


def persons(quarter: Quarter, seed: str, first: int, count: int) -> Iterator[tuple[str, int]]:
    """INSS and birth dates (as ordinals) of workers, all different for one seed; from place `first` on."""
    births = _births(quarter)
    day_one = quarter.births[0]
    order = shuffle(len(births) * len(_SERIALS), seed)
    for place in range(first, first + count):
        day, serial = divmod(order(place), len(_SERIALS))
        # one in fifty has a BIS number; past the last INSS the same dates come again with other months
        kind = (place // order.size + (serial % 49 == 0)) % 3
        text, born_2000 = births[day]
        if kind:
            text = f"{text[:2]}{int(text[2:4]) + _MONTHS[kind]}{text[4:]}"
        yield complete_inss(f"{text}{_SERIALS[serial]}", born_2000), day_one + day


@lru_cache(maxsize=8)
def _births(quarter: Quarter) -> tuple[tuple[str, bool], ...]:
    first, count = quarter.births
    days = (date.fromordinal(day) for day in range(first, first + count))
    return tuple((f"{day:%y%m%d}", day.year >= 2000) for day in days)


def noss(seed: int, employer: int) -> str:
    """The NSSO number of the employer with that number, from 0."""
    return complete_noss(f"{1_000_000 + shuffle(_EMPLOYERS, f'{seed}/noss')(employer)}")


def company(seed: int, employer: int) -> str:
    """The enterprise number of that employer: in one of 32 written without its leading zero, in one of 50 unknown."""
    if employer % 50 == 49:
        return "0"
    place = shuffle(_EMPLOYERS, f"{seed}/company")(employer)
    if employer % 32 == 31:
        return complete_company(f"099{employer // 32:05d}")[1:]
    return complete_company(f"19{place:06d}")


def local_units(employer: int, count: int) -> tuple[str, ...]:
    """The establishment units of that employer, at most eight."""
    return tuple(complete_local_unit(f"{70_000_000 + employer * _UNITS + unit}") for unit in range(min(count, _UNITS)))
