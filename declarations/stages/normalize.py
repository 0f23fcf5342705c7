"""Turning forms into typed blocks: one Polars table per kind of element, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
from lxml import etree

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.errors import Invariant
from declarations.frames import schema_of

CHUNK_ROWS = 100_000
"""Rows of a block gathered as text before they are typed and packed."""


def typed(texts: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Texts that the schema accepted, by column, as their types: white space collapsed first.

    Raises Invariant where one has no value of the type; it names the column, never the text.
    """
    try:
        return texts.select(_typed(column) for column in columns)
    except pl.exceptions.PolarsError:
        wrong = next((column.name for column in columns if not _fits(texts, column)), "")
    raise Invariant(f"column {wrong}: the schema accepts a text that is no value of the column's type")


def _fits(texts: pl.DataFrame, column: Column) -> bool:
    try:
        texts.select(_typed(column))
    except pl.exceptions.PolarsError:
        return False
    return True


def _typed(column: Column) -> pl.Expr:
    text = pl.col(column.name)
    bare = text.str.strip_chars(" \t\r\n")
    match column.type:
        case ColumnType.TEXT:
            return text
        case ColumnType.IDENTIFIER:
            if column.width is None:
                return bare.str.strip_prefix("+")
            return bare.str.strip_chars_start("+-0").str.zfill(column.width)  # -0 and any number of zeros are legal
        case ColumnType.INTEGER:
            return bare.str.strip_prefix("+").cast(pl.Int64, strict=True)
        case ColumnType.DECIMAL:
            return bare.str.strip_prefix("+").cast(pl.Decimal(38, column.scale), strict=True)
        case ColumnType.DATE:
            return bare.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=True)
        case ColumnType.BOOLEAN:
            return bare.replace_strict({"1": True, "true": True, "0": False, "false": False}, return_dtype=pl.Boolean)


class Blocks:
    """Gathers forms that the schema accepts; `frames` gives the typed tables."""

    def __init__(self, plan: Plan) -> None:
        self._gatherers = {block.name: _Gatherer(block) for block in plan.blocks}
        for block in plan.blocks:
            if block.parent is not None:
                self._gatherers[block.parent].adopt(self._gatherers[block.name])
        self._form = self._gatherers[plan.blocks[0].name]

    def add(self, form: etree._Element, number: int, part: int, nth: int) -> None:
        """Take in one form: its number in the batch, its part, its place under the root.

        Raises Invariant where an element of it has no place in the plan.
        """
        self._form.take(form, number, parent=part, nth=nth)

    def frames(self) -> dict[str, pl.DataFrame]:
        """One frame per block, empty ones too, rows in document order."""
        return {name: gatherer.frame() for name, gatherer in self._gatherers.items()}


class _Gatherer:
    """The rows of one block as they are met. `_parents` of the form's block are its parts."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.children: dict[str, _Gatherer] = {}
        self._places = {column.tag: place for place, column in enumerate(block.columns)}
        self._value = block.tag if [column.tag for column in block.columns] == [block.tag] else None
        self._rows = 0
        self._chunks: list[pl.DataFrame] = []
        self._fresh()

    def _fresh(self) -> None:
        self._forms: list[int] = []
        self._parents: list[int] = []
        self._nths: list[int] = []
        self._texts: list[list[str | None]] = [[] for _ in self.block.columns]

    def adopt(self, child: _Gatherer) -> None:
        self.children[child.block.tag] = child

    def take(self, element: etree._Element, form: int, parent: int, nth: int) -> None:
        row = self._rows
        self._rows += 1
        self._forms.append(form)
        self._parents.append(parent)
        self._nths.append(nth)
        texts: list[str | None] = [None] * len(self.block.columns)
        if self._value is not None:
            texts[0] = element.text or ""
        for place, child in enumerate(element, start=1):
            tag = _local(child)
            column = self._places.get(tag)
            if column is not None:
                texts[column] = child.text or ""
            elif tag in self.children:
                self.children[tag].take(child, form, row, place)
            else:
                raise Invariant(f"block {self.block.name}: the element {tag} is valid and has no column")
        for values, text in zip(self._texts, texts, strict=True):
            values.append(text)
        if len(self._forms) >= CHUNK_ROWS:
            self._pack()

    def _pack(self) -> None:
        first = self._rows - len(self._forms)
        parent = "part" if self.block.parent is None else f"{self.block.parent}_row"
        given: dict[str, Iterable[object]] = {
            "form": self._forms,
            parent: self._parents,
            "row": range(first, self._rows),
            "nth": self._nths,
        }
        types = schema_of(self.block)
        places = pl.DataFrame(given, schema={name: types[name] for name in given})
        names = [column.name for column in self.block.columns]
        texts = pl.DataFrame(dict(zip(names, self._texts, strict=True)), schema=dict.fromkeys(names, pl.String))
        values = typed(texts, self.block.columns)
        self._chunks.append(pl.concat([places, values], how="horizontal").select(*types))
        self._fresh()

    def frame(self) -> pl.DataFrame:
        if self._forms:
            self._pack()
        return pl.concat(self._chunks) if self._chunks else pl.DataFrame(schema=schema_of(self.block))


def _local(element: etree._Element) -> str:
    tag = str(element.tag)
    return tag.rpartition("}")[2]
