"""Counting and judging the rows of one block as they are read: numbers, links, sums, and what no value may hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from declarations.blocks import ColumnType
from declarations.extracts.gate.entitled import Entitled

Cell = str | int | None
"""A value as read; a date, a decimal and a boolean as text, an absent one as None or an empty text."""

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and those that turn the direction of writing or cannot be seen."""

_SHAPES = {
    ColumnType.INTEGER: r"-?[0-9]+",
    ColumnType.DATE: r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    ColumnType.BOOLEAN: r"(?:true|false)",
}


class Tally:
    """The rows of one block so far. `faults` says what is wrong with them, quoting no value."""

    def __init__(self, one: Entitled) -> None:
        """Nothing read yet."""
        self.rows = 0
        self.sums: dict[str, int | Decimal] = {
            name: 0
            for name, kind in zip(one.names, one.types, strict=True)
            if kind in (ColumnType.INTEGER, ColumnType.DECIMAL)
        }
        self.faults: dict[str, None] = {}
        self.last_link = 1
        self._one = one
        self._shapes = [_shape(kind, scale) for kind, scale in zip(one.types, one.scales, strict=True)]

    def take(self, columns: Sequence[Sequence[Cell]]) -> None:
        """The next rows, column by column, as many columns as the header has."""
        if not columns or not columns[0]:
            return
        self._number(columns[0])
        zones = columns[1:]
        if self._one.above is not None:
            self._link(columns[1])
            zones = columns[2:]
        for place, values in enumerate(zones):
            self._values(place, values)

    def _fault(self, text: str) -> None:
        self.faults[f"block {self._one.block}: {text}"] = None

    def _number(self, values: Sequence[Cell]) -> None:
        first = self.rows + 1
        self.rows += len(values)
        if _integers(values) != list(range(first, self.rows + 1)):
            self._fault("its rows are not numbered one after the other")

    def _link(self, values: Sequence[Cell]) -> None:
        links = _integers(values)
        if links is None or links != sorted(links) or links[0] < self.last_link:
            self._fault("its rows do not follow the rows above")
        if links:
            self.last_link = max(links)

    def _values(self, place: int, values: Sequence[Cell]) -> None:
        name, kind, shape = self._one.names[place], self._one.types[place], self._shapes[place]
        present = [value for value in values if value is not None and value != ""]
        if shape is None:
            text = "".join(map(str, present))
            if "\x00" in text or (kind is ColumnType.IDENTIFIER and _FORBIDDEN.search(text)):
                self._fault(f"column {name} has a character that it may not have")
        elif present and not shape.fullmatch(",".join(map(str, present))):
            self._fault(f"column {name} has a value that is not of its type")
        elif kind is ColumnType.INTEGER:
            self.sums[name] += sum(map(int, present))
        elif kind is ColumnType.DECIMAL:
            self.sums[name] += sum(map(Decimal, present), Decimal(0))


def _shape(kind: ColumnType, scale: int) -> re.Pattern[str] | None:
    """All values of a column with commas between them; None where any text is fine."""
    if kind in (ColumnType.IDENTIFIER, ColumnType.TEXT):
        return None
    decimal = rf"-?[0-9]+\.[0-9]{{{scale}}}" if scale else "-?[0-9]+"
    shape = _SHAPES.get(kind, decimal)
    return re.compile(rf"{shape}(?:,{shape})*+")


def _integers(values: Sequence[Cell]) -> list[int] | None:
    """The values as whole numbers; None where one is none, or written in another way than the usual one."""
    try:
        numbers = [int(value) for value in values]  # type: ignore[arg-type]  # None raises, as it should
    except (TypeError, ValueError):
        return None
    return numbers if list(map(str, numbers)) == list(map(str, values)) else None
