"""From the elements of a chunk to blocks: typed columns, every text in its row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import polars as pl

from declarations.bulk.columns import values
from declarations.bulk.layout import Layout
from declarations.bulk.placement import Placement
from declarations.bulk.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Spread:
    """The texts of all columns, one column after the other, a line per row of its block, null where it has none.

    starts  by number of the cell, where its lines begin; one more at the end
    """

    texts: pl.Series
    starts: list[int]


def spread(tokens: Tokens, placed: Placement, layout: Layout) -> Spread:
    """Every text in its row."""
    starts = list(accumulate((placed.counts[number] for number in layout.block_of_cell), initial=0))
    first = pl.Series(starts, dtype=pl.UInt32)
    targets = placed.texts.select(pl.lit(first).gather(pl.col("home") - (layout.root + 1)) + pl.col("row")).to_series()
    sources = pl.repeat(None, starts[-1], dtype=pl.UInt32, eager=True)
    if len(targets):
        sources = sources.scatter(targets, placed.texts["text"])
    return Spread(tokens.texts.gather(sources), starts)


def frames(
    texts: Spread, placed: Placement, layout: Layout, places: pl.DataFrame, first_row: int
) -> dict[str, pl.DataFrame]:
    """One frame per block as `stages.normalize` gives it.

    places     a line per form: number in the batch, part, nth in the file
    first_row  is added to the row ids
    """
    rows = placed.rows.select(
        form=pl.lit(places["number"]).gather("form"),
        row=pl.col("row").cast(pl.Int64) + first_row,
        above=pl.col("parent").cast(pl.Int64) + first_row,
        nth="nth",
    )
    form, row, above, nth = rows.get_columns()
    columns = _columns(texts, layout)
    found: dict[str, pl.DataFrame] = {}
    starts = accumulate(placed.counts, initial=0)
    for block, count, first in zip(layout.blocks, placed.counts, starts, strict=False):
        if not count:
            found[block.name] = layout.empty[block.name].clone()
        elif block.parent is None:
            ours = [form.slice(0, count), places["part"], row.slice(0, count), places["nth"]]
            found[block.name] = pl.DataFrame([*ours, *columns[block.name]])
        else:
            parents = above.slice(first, count).alias(f"{block.parent}_row")
            ours = [form.slice(first, count), row.slice(first, count), parents, nth.slice(first, count)]
            found[block.name] = pl.DataFrame([*ours, *columns[block.name]])
    return found


def _columns(spread: Spread, layout: Layout) -> dict[str, list[pl.Series]]:
    """By block with rows, the typed columns in order: texts of one kind are typed together."""
    typed: list[pl.Series | None] = [None] * len(layout.cells)
    for kind in layout.kinds:
        begin, until = spread.starts[kind.start], spread.starts[kind.stop]
        if begin == until:
            continue
        together = values(spread.texts.slice(begin, until - begin), layout.cells[kind.start].column)
        for number in kind:
            start, stop = spread.starts[number : number + 2]
            if start < stop:
                typed[number] = together.slice(start - begin, stop - start).alias(layout.cells[number].column.name)
    return {
        block.name: [column for number in layout.cells_of[block.name] if (column := typed[number]) is not None]
        for block in layout.blocks
    }
