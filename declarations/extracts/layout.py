"""Which blocks and columns an extract has for one recipient: what is authorized, as far as the message has it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from declarations.blocks import Block, ColumnType, Plan
from declarations.entitlement.authorizations import Authorization, Columns, Total, merged, merged_totals
from declarations.frames import data_type


@dataclass(frozen=True, slots=True)
class Field:
    """One column that the recipient gets."""

    name: str
    element: str  # in XML
    type: ColumnType
    zone: str | None
    scale: int = 0
    width: int | None = None

    @property
    def numeric(self) -> bool:
        """Whether a sum of it is told."""
        return self.type in (ColumnType.INTEGER, ColumnType.DECIMAL)

    @property
    def data_type(self) -> pl.DataType:
        """How a frame keeps it."""
        return data_type(self.type, self.scale)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One block that the recipient gets."""

    block: str
    element: str  # in XML
    above: str | None  # the nearest block above that it gets too
    single: bool  # at most one under each row above
    fields: tuple[Field, ...]

    @property
    def link(self) -> str | None:
        """The column that leads to the row above."""
        return None if self.above is None else f"{self.above}_row"

    @property
    def keys(self) -> tuple[str, ...]:
        """`row` and the link, where there is one."""
        return ("row",) if self.link is None else ("row", self.link)

    @property
    def columns(self) -> tuple[str, ...]:
        """Keys first, then what is granted, in schema order."""
        return (*self.keys, *(field.name for field in self.fields))

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns with their types."""
        return {**{key: pl.Int64() for key in self.keys}, **{field.name: field.data_type for field in self.fields}}


@dataclass(frozen=True, slots=True)
class Layout:
    """All blocks of an extract, those above before those below."""

    sheets: tuple[Sheet, ...]

    @property
    def roots(self) -> tuple[Sheet, ...]:
        """The blocks with nothing above them."""
        return tuple(sheet for sheet in self.sheets if sheet.above is None)

    def below(self, block: str) -> tuple[Sheet, ...]:
        """The blocks that hang directly under that one."""
        return tuple(sheet for sheet in self.sheets if sheet.above == block)

    def named(self, recipient: str, message: str) -> str:
        """The name of this version of the recipient's extracts; another one where a column or a type differs."""
        text = json.dumps([_said(sheet) for sheet in self.sheets])
        return f"{recipient}_{message}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _said(sheet: Sheet) -> list[object]:
    fields = [[each.name, each.element, each.type, each.zone, each.scale, each.width] for each in sheet.fields]
    return [sheet.block, sheet.element, sheet.above, sheet.single, fields]


def layout(plan: Plan, authorizations: Collection[Authorization]) -> Layout:
    """What these authorizations grant of that message; blocks and columns that it does not have are left out."""
    shown = merged(each.columns for each in authorizations)
    totals = merged_totals(authorizations)
    sheets = [_sheet(block, plan, shown, totals) for block in plan.blocks if block.name in shown]
    return Layout(tuple(_distinct(sheet, sheets) for sheet in sheets))


def _sheet(block: Block, plan: Plan, shown: Columns, totals: Iterable[Total]) -> Sheet:
    above, single = block.parent, not block.repeats
    while above is not None and above not in shown:
        hidden = plan.block(above)
        above, single = hidden.parent, single and not hidden.repeats
    fields = [
        Field(column.name, column.tag, column.type, column.zone, column.scale, column.width)
        for column in block.columns
        if column.name in shown[block.name]
    ]
    fields += [each for total in totals if total.block == block.name for each in _total(total, plan)]
    return Sheet(block.name, block.tag, above, single and above is not None, tuple(fields))


def _total(total: Total, plan: Plan) -> Iterator[Field]:
    """In XML a total goes by its own name, which tells it from a zone."""
    for block in plan.blocks:
        if block.name == total.of and total.column is None:
            yield Field(total.name, total.name, ColumnType.INTEGER, None)
        elif block.name == total.of:
            for column in block.columns:
                if column.name == total.column:
                    yield Field(total.name, total.name, column.type, None, column.scale)


def _distinct(sheet: Sheet, sheets: Iterable[Sheet]) -> Sheet:
    """With blocks in between hidden, two of one tag may meet under one element: then the block's name tells them."""
    beside = [each for each in sheets if each.above == sheet.above]
    above = next((each for each in sheets if each.block == sheet.above), None)
    taken = Counter([each.element for each in beside] + [each.element for each in (above.fields if above else ())])
    return replace(sheet, element=sheet.block) if taken[sheet.element] > 1 else sheet
