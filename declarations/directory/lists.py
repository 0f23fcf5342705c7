"""The reference directory's files: whom an institution knows, in which quality, from when to when.

A file is CSV with a header: `inss`, `quality`, `from`, `until`, and `action` where it holds increments. Without
`action` it is the institution's whole list and replaces the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

import polars as pl

from declarations.directory.delimited import BadLines, day, faultless, slices
from declarations.errors import Invariant
from validators.identifiers import inss_expr

REQUIRED = ("inss", "quality", "from", "until")
ACTION = "action"
QUALITY = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$"

GOOD_INSS = "an INSS: 11 digits that check"
GOOD_QUALITY = "a quality: up to 32 letters, digits, dots, hyphens or underscores"
GOOD_FROM = "a first day as YYYY-MM-DD (of an end it may be left out)"
GOOD_UNTIL = "a last day as YYYY-MM-DD (or nothing, but not of an end)"
GOOD_ORDER = "a last day that is not before the first"
SOME_ROWS = "at least one row after the header"
GOOD_ACTION = "an action: add or end"

_WHOLE_LINE = ("", "003")
_ERRORS = {
    GOOD_INSS: ("inss", "004"),
    GOOD_QUALITY: ("quality", "003"),
    GOOD_FROM: ("from", "003"),
    GOOD_UNTIL: ("until", "003"),
    GOOD_ORDER: ("until", "008"),
    GOOD_ACTION: (ACTION, "008"),
    SOME_ROWS: ("", "001"),
}


def error(expected: str) -> tuple[str, str]:
    """The column that is not as expected, and the authority's error type; no column where it is the whole line."""
    return _ERRORS.get(expected, _WHOLE_LINE)


class Action(StrEnum):
    """What an increment does."""

    ADD = "add"  # the person is known in that quality and period
    END = "end"  # what is known of the person in that quality ends on `until`


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found in a file that was read whole and not taken yet."""

    rows: int
    increments: bool
    bad: BadLines  # none: the file can be taken


@dataclass(frozen=True, slots=True)
class Load:
    """A file that is taken: whose list it changes, who takes it, and when."""

    recipient: str | None  # None: replaced numbers, which concern everybody
    operator: str
    file: str  # its name, or the reference of the drop it came by
    sha256: str
    loaded_at: datetime
    batch_id: int | None = None  # the drop it came by, if it did


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file did to the directory."""

    rows: int  # in the file
    added: int
    ended: int  # taken out, or given another last day

    def __str__(self) -> str:
        """In words, for stories and people."""
        return f"{self.rows} rows: {self.added} added, {self.ended} ended"


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory holds for one recipient."""

    recipient: str
    rows: int
    persons: int
    qualities: tuple[str, ...]


def survey(source: BinaryIO) -> Survey:
    """Judge a file whole. It is taken only where nothing is wrong with it."""
    bad = BadLines()
    rows, increments = 0, False
    for frame in slices(source, REQUIRED, (ACTION,), bad):
        increments = increments or _has_actions(frame)
        rows += len(_typed(frame, bad))
    if not rows and not bad.found:
        bad.add(SOME_ROWS, pl.Series([1]))
    return Survey(rows, increments, bad)


def listed(source: BinaryIO) -> Iterator[pl.DataFrame]:
    """The rows of a file that `survey` found good: inss, quality, valid_from, valid_until, action.

    Days are Date; `action` is `add` throughout where the file is a whole list. Raises Invariant where the file is no
    longer good.
    """
    bad = BadLines()
    for frame in slices(source, REQUIRED, (ACTION,), bad):
        yield _typed(frame, bad)
    if bad.found:
        raise Invariant("a directory file changed between being judged and being taken; load it again")


def _has_actions(frame: pl.DataFrame) -> bool:
    return frame[ACTION].null_count() < len(frame)


def _typed(frame: pl.DataFrame, bad: BadLines) -> pl.DataFrame:
    """The good rows, typed; the lines of the others go into `bad`."""
    action, ends = pl.col(ACTION), pl.col(ACTION).eq_missing(pl.lit(Action.END.value))
    first, last = day("from"), day("until")
    faults = {
        GOOD_INSS: ~inss_expr("inss"),
        GOOD_QUALITY: ~pl.col("quality").str.contains(QUALITY),
        GOOD_FROM: first.is_null() & ~(ends & (pl.col("from") == "")),
        GOOD_UNTIL: last.is_null() & (ends | (pl.col("until") != "")),
        GOOD_ORDER: (last < first).fill_null(False),
        GOOD_ACTION: action.is_not_null() & ~action.is_in([*Action]),
    }
    return faultless(frame, faults, bad).select(
        "inss",
        "quality",
        first.alias("valid_from"),
        last.alias("valid_until"),
        action.fill_null(Action.ADD.value),
    )
