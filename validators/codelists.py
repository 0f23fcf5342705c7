"""Code lists of a family: CSV files with the quarters in which each code is valid.

The columns before `valid_from` are what is looked up, mostly `code` alone; those after `valid_until` are what controls
need to know of it. Quarters are written `20231`, both ends included; `19001` and `99994` are no limits. Everything is
text: codes keep their zeros.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FROM, UNTIL = "valid_from", "valid_until"


class UnusableList(Exception):
    """A code list that cannot be read; the text names the file."""


class CodeLists:
    """The lists of one folder, each read when first asked for."""

    def __init__(self, folder: Path) -> None:
        """Take note of the folder; it need not exist."""
        self._folder = folder
        self._read: dict[str, list[list[str]]] = {}
        self._within: dict[tuple[str, ...], pl.DataFrame] = {}

    def names(self) -> tuple[str, ...]:
        """The names of the lists: those of the files."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.csv")))

    def read(self, name: str) -> pl.DataFrame:
        """A list as it stands in its file. Raises UnusableList."""
        return _frame(*self._lines(name))

    def codes(self, name: str, quarter: str | None = None) -> frozenset[str]:
        """What its first column says: valid in that quarter, or in any. Raises UnusableList."""
        head, lines = self._lines(name)
        since, until = head.index(FROM), head.index(UNTIL)
        return frozenset(line[0] for line in lines if quarter is None or line[since] <= quarter <= line[until])

    def within(self, name: str, quarters: Sequence[str]) -> pl.DataFrame:
        """One row per quarter and code valid in it: quarter, then the columns of the list without its validity.

        Raises UnusableList.
        """
        if (name, *quarters) not in self._within:
            self._within[name, *quarters] = self._made(name, quarters)
        return self._within[name, *quarters]

    def _made(self, name: str, quarters: Sequence[str]) -> pl.DataFrame:
        head, lines = self._lines(name)
        since, until = head.index(FROM), head.index(UNTIL)
        valid = [
            [quarter, *line[:since], *line[until + 1 :]]
            for quarter in quarters
            for line in lines
            if line[since] <= quarter <= line[until]
        ]
        return _frame(["quarter", *head[:since], *head[until + 1 :]], valid)

    def _lines(self, name: str) -> tuple[list[str], list[list[str]]]:
        """The line of column names, and the others."""
        if name not in self._read:
            self._read[name] = _lines(self._folder / f"{name}.csv")
        lines = self._read[name]
        return lines[0], lines[1:]


def keys(listed: pl.DataFrame) -> list[str]:
    """The columns of a list that are looked up."""
    return listed.columns[: listed.columns.index(FROM)]


def overlaps(listed: pl.DataFrame) -> list[tuple[str, ...]]:
    """The keys that a list has more than once for one quarter, or that end before they start."""
    import polars as pl

    looked_up = keys(listed)
    ordered = listed.sort(*looked_up, FROM)
    before = pl.col(UNTIL).shift(1).over(looked_up)
    wrong = ordered.filter((pl.col(UNTIL) < pl.col(FROM)) | (before >= pl.col(FROM)))
    return wrong.select(looked_up).unique(maintain_order=True).rows()


def _lines(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as source:
            lines = list(csv.reader(source, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise UnusableList(f"{path}: {fault}; expected a CSV file in UTF-8 with a line of column names") from fault
    head = lines[0] if lines else []
    if FROM not in head[1:] or head[head.index(FROM) + 1 :][:1] != [UNTIL] or len(set(head)) < len(head):
        raise UnusableList(f"{path}: expected columns of a key, {FROM}, {UNTIL}, then what else is known")
    for number, line in enumerate(lines, start=1):
        if len(line) != len(head):
            raise UnusableList(f"{path}, line {number}: {len(line)} values; expected {len(head)}")
    return lines


def _frame(head: Sequence[str], lines: Sequence[Sequence[str]]) -> pl.DataFrame:
    import polars as pl

    columns = list(zip(*lines, strict=True)) or [()] * len(head)
    return pl.DataFrame(
        {name: list(column) for name, column in zip(head, columns, strict=True)},
        schema=dict.fromkeys(head, pl.String),
    )
