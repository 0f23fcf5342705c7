"""Numbers that replace others: pairs read from a file, chains followed to the newest, cycles refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

import polars as pl

from declarations.directory.delimited import BadLines, day, faultless, slices
from declarations.directory.lists import GOOD_INSS
from validators.identifiers import inss_expr

REQUIRED = ("old", "new", "on")
GOOD_DAY = "a day as YYYY-MM-DD"
TWO_NUMBERS = "another new number than the old one"
ONE_NUMBER = "one new number for an old one on one day"
NO_CYCLE = "no way back to the same number"


@dataclass(frozen=True, slots=True)
class Replacement:
    """One number that another replaced on a day."""

    old: str
    new: str
    on: date | None
    line: int = 0  # of the file; 0 for what was known before


Renumbered = dict[str, tuple[str, date | None]]
"""Old number -> the newest number of that person, and since when the old one is replaced."""


def pairs(source: BinaryIO, bad: BadLines) -> Iterator[Replacement]:
    """The lines of a file `old,new,on`; what is wrong goes into `bad`."""
    for frame in slices(source, REQUIRED, (), bad):
        faults = {
            GOOD_INSS: ~inss_expr("old") | ~inss_expr("new"),
            GOOD_DAY: day("on").is_null(),
            TWO_NUMBERS: pl.col("old") == pl.col("new"),
        }
        for row in faultless(frame, faults, bad).select("old", "new", day("on"), "line").iter_rows():
            yield Replacement(*row)


def followed(given: Iterable[Replacement], known: Renumbered, bad: BadLines) -> Renumbered:
    """What becomes different in `known`: old number -> its newest number and day; cycles go into `bad`.

    `known` holds what is known of every number in `given`, as old and as newest. Of two replacements of one number
    the later counts.
    """
    latest = {old: Replacement(old, new, on) for old, (new, on) in known.items()}
    doubled = []
    for each in given:
        before = latest.get(each.old)
        if before is None or _day(before) < _day(each):
            latest[each.old] = each
        elif _day(before) == _day(each) and before.new != each.new and before.line:
            doubled.append(each.line)
    bad.add(ONE_NUMBER, pl.Series(sorted(doubled), dtype=pl.Int64))
    newest, circular = _ends(latest)
    bad.add(NO_CYCLE, pl.Series(sorted(latest[each].line for each in circular if latest[each].line), dtype=pl.Int64))
    fresh = {old: (newest[old], latest[old].on) for old in newest}
    return {old: value for old, value in fresh.items() if known.get(old) != value}


def _day(given: Replacement) -> date:
    return given.on or date.min


def _ends(latest: Mapping[str, Replacement]) -> tuple[dict[str, str], set[str]]:
    """The last number of each chain, and the numbers on cycles or leading into them."""
    newest: dict[str, str] = {}
    circular: set[str] = set()
    for start in latest:
        chain = []
        number, passed = start, set[str]()
        while number in latest and number not in newest and number not in circular and number not in passed:
            passed.add(number)
            chain.append(number)
            number = latest[number].new
        if number in passed or number in circular:
            circular |= passed
        else:
            newest |= dict.fromkeys(chain, newest.get(number, number))
    return newest, circular
