"""What a plan means for a chunk read as a stream of tags: where each tag may stand, and what is made of it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import polars as pl

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.frames import schema_of

Kind = tuple[ColumnType, int, int]
"""What texts must have in common to be typed together: type, width (-1 for none), scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A column of a block. `own`: its texts are those of the block's own elements, which repeat and are simple."""

    block: Block
    column: Column
    own: bool

    @property
    def kind(self) -> Kind:
        """What it is typed with."""
        width = self.column.width
        return self.column.type, -1 if width is None else width, self.column.scale


class Layout:
    """A plan, compiled. A *home* is a block or a column; homes are numbered.

    blocks   parents first, their homes from 0
    root     the home of what the forms stand in: the number of blocks
    cells    all columns, those of one kind together, their homes from `root + 1`
    tags     every tag, first the `nested` ones that are a block somewhere
    tokens   the type of a token: each tag as a start, then each as an empty element, then each as an end
    widths   of the tokens, in bytes
    homes    the home of an element, or null where it may not stand, by `place(code of its tag, home of its parent)`
    own      block and column, by their homes, of blocks that are columns themselves
    kinds    the numbers of cells that are typed together
    empty    by block, its frame without rows
    deepest  how deep elements of nested tags may stand, the forms being at depth 1
    """

    def __init__(self, plan: Plan) -> None:
        """Compile a plan."""
        self.blocks = plan.blocks
        cells = [cell for block in plan.blocks for cell in _cells(block)]
        self.cells = tuple(sorted(cells, key=lambda cell: cell.kind))
        nested = dict.fromkeys(block.tag for block in plan.blocks)
        self.nested = len(nested)
        self.tags = tuple(nested | dict.fromkeys(cell.column.tag for cell in cells))
        self.codes = {tag: code for code, tag in enumerate(self.tags)}
        self.tokens = pl.Enum([*self.tags, *(f"{tag}/" for tag in self.tags), *(f"/{tag}" for tag in self.tags)])
        self.widths = pl.Series([len(token.encode()) for token in self.tokens.categories], dtype=pl.Int64)
        self.root = len(self.blocks)
        self.homes = self._homes()
        self.own = [
            (self.blocks.index(cell.block), home) for home, cell in enumerate(self.cells, self.root + 1) if cell.own
        ]
        numbers = range(len(self.cells))
        self.kinds = [_range(list(group)) for _, group in groupby(numbers, lambda number: self.cells[number].kind)]
        self.block_of_cell = [self.blocks.index(cell.block) for cell in self.cells]
        self.cells_of = {block.name: list[int]() for block in self.blocks} | _in_order(cells, self.cells)
        self.empty = {block.name: pl.DataFrame(schema=schema_of(block)) for block in self.blocks}
        self.deepest = 1 + max(len(block.tags) for block in plan.blocks)

    def place(self, code: pl.Expr, parent: pl.Expr) -> pl.Expr:
        """Where in `homes` to look; nothing may stand in a column."""
        return code.cast(pl.UInt32) * (self.root + 2) + parent.clip(upper_bound=self.root + 1)

    def home(self, code: int, parent: int) -> int | None:
        """The home of an element of that tag in a block; None where it may not stand there."""
        return cast("int | None", self.homes[code * (self.root + 2) + min(parent, self.root + 1)])

    def _homes(self) -> pl.Series:
        numbers = {block.name: number for number, block in enumerate(self.blocks)}
        stride = self.root + 2
        homes: list[int | None] = [None] * (stride * len(self.tags))
        for number, block in enumerate(self.blocks):
            above = self.root if block.parent is None else numbers[block.parent]
            homes[self.codes[block.tag] * stride + above] = number
        for number, cell in enumerate(self.cells, start=self.root + 1):
            if not cell.own:
                homes[self.codes[cell.column.tag] * stride + numbers[cell.block.name]] = number
        return pl.Series(homes, dtype=pl.UInt16)


def _range(numbers: list[int]) -> range:
    return range(numbers[0], numbers[-1] + 1)


def _in_order(cells: list[Cell], by_kind: tuple[Cell, ...]) -> dict[str, list[int]]:
    """By block, the numbers of its cells in the order of its columns."""
    numbers = {id(cell): number for number, cell in enumerate(by_kind)}
    found: dict[str, list[int]] = {}
    for cell in cells:
        found.setdefault(cell.block.name, []).append(numbers[id(cell)])
    return found


def _cells(block: Block) -> Iterator[Cell]:
    own = [column.tag for column in block.columns] == [block.tag]
    for column in block.columns:
        yield Cell(block, column, own)
