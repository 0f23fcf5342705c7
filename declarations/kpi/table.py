"""Figures as tables: what a report is made of, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from declarations.errors import Invariant

Cell = int | float | str | None
"""A count, a measure, a name; None where there is nothing to measure."""

WITHHELD = "withheld"
"""The cell of a figure that is not for this reader."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under the names of their columns; the first column says what a row is about."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, name: str) -> list[Cell]:
        """The cells of one column. Raises Invariant where the table does not have it."""
        if name not in self.columns:
            raise Invariant(f"table {self.name} has no column {name}")
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def records(self) -> list[dict[str, Cell]]:
        """Its rows as cells by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def table(name: str, columns: Sequence[str], records: Iterable[Mapping[str, Cell]]) -> Table:
    """The table of those records, which have a cell for each column."""
    return Table(name, tuple(columns), tuple(tuple(record[each] for each in columns) for record in records))
