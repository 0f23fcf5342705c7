"""From the elements of a chunk to blocks: typed columns, every text in its row."""

from __future__ import annotations

from itertools import accumulate

import polars as pl

from declarations.bulk.columns import values
from declarations.bulk.layout import Layout
from declarations.bulk.placement import Placement
from declarations.bulk.tokens import Tokens


def frames(
    tokens: Tokens, placed: Placement, layout: Layout, places: pl.DataFrame, first_row: int
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
    columns = _columns(tokens, placed, layout)
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


def _columns(tokens: Tokens, placed: Placement, layout: Layout) -> dict[str, list[pl.Series]]:
    """By block, the typed columns in order: texts of one kind are put in their rows and typed together."""
    lengths = [placed.counts[number] for number in layout.block_of_cell]
    starts = list(accumulate(lengths, initial=0))
    texts = tokens.starts["text"].gather(_sources(placed, layout, starts))
    typed: list[pl.Series | None] = [None] * len(lengths)
    for kind in layout.kinds:
        begin, until = starts[kind.start], starts[kind.stop]
        if begin == until:
            continue
        together = values(texts.slice(begin, until - begin), layout.cells[kind.start].column)
        for number in kind:
            if lengths[number]:
                name = layout.cells[number].column.name
                typed[number] = together.slice(starts[number] - begin, lengths[number]).alias(name)
    return {
        block.name: [column for number in layout.cells_of[block.name] if (column := typed[number]) is not None]
        for block in layout.blocks
    }


def _sources(placed: Placement, layout: Layout, starts: list[int]) -> pl.Series:
    """For every row of every column, one column after the other, the line of its text in `Tokens.starts`, or null."""
    first = pl.Series(starts, dtype=pl.UInt32)
    targets = placed.texts.select(pl.lit(first).gather(pl.col("home") - (layout.root + 1)) + pl.col("row")).to_series()
    nowhere = pl.repeat(None, starts[-1], dtype=pl.UInt32, eager=True)
    return nowhere.scatter(targets, placed.texts["source"]) if len(targets) else nowhere
