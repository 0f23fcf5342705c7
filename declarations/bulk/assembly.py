"""From the elements of a chunk to blocks: typed columns, every text in its row."""

from __future__ import annotations

import polars as pl

from declarations.bulk.columns import values
from declarations.bulk.layout import Layout
from declarations.bulk.placement import Placement
from declarations.bulk.tokens import Tokens
from declarations.stages.normalize import schema_of


def frames(
    tokens: Tokens, placed: Placement, layout: Layout, places: pl.DataFrame, first_row: int
) -> dict[str, pl.DataFrame]:
    """One frame per block as `stages.normalize` gives it.

    places     a line per form: number in the batch, part, nth in the file
    first_row  is added to the row ids
    """
    rows = placed.rows.select(
        form=pl.lit(places["number"]).gather("form"),
        part=pl.lit(places["part"]).gather("form"),
        row=pl.col("row").cast(pl.Int64) + first_row,
        above=pl.col("parent").cast(pl.Int64) + first_row,
        nth="nth",
    )
    columns = _columns(tokens, placed, layout)
    found: dict[str, pl.DataFrame] = {}
    first = 0
    for block, count in zip(layout.blocks, placed.counts, strict=True):
        mine = rows.slice(first, count)
        first += count
        if block.parent is None:
            mine = mine.with_columns(places["nth"]).drop("above")
        else:
            mine = mine.drop("part").rename({"above": f"{block.parent}_row"})
        found[block.name] = mine.hstack(columns[block.name]).select(*schema_of(block))
    return found


def _columns(tokens: Tokens, placed: Placement, layout: Layout) -> dict[str, list[pl.Series]]:
    """By block, the typed columns: texts of one kind are put in their rows and typed together."""
    counts = dict(zip((block.name for block in layout.blocks), placed.counts, strict=True))
    sources = _sources(placed, layout, [counts[cell.block.name] for cell in layout.cells])
    texts = tokens.starts["text"]
    columns: dict[str, list[pl.Series]] = {block.name: [] for block in layout.blocks}
    offset = 0
    for cells in layout.kinds():
        length = sum(counts[cell.block.name] for cell in cells)
        typed = values(texts.gather(sources.slice(offset, length)), cells[0].column)
        offset += length
        at = 0
        for cell in cells:
            columns[cell.block.name].append(typed.slice(at, counts[cell.block.name]).alias(cell.column.name))
            at += counts[cell.block.name]
    return columns


def _sources(placed: Placement, layout: Layout, lengths: list[int]) -> pl.Series:
    """For every row of every column, one column after the other, the line of its text in `starts`, or null."""
    first = pl.Series([0, *lengths], dtype=pl.UInt32).cum_sum()
    targets = placed.texts.select(pl.lit(first).gather(pl.col("home") - (layout.root + 1)) + pl.col("row")).to_series()
    nowhere = pl.repeat(None, sum(lengths), dtype=pl.UInt32, eager=True)
    return nowhere.scatter(targets, placed.texts["source"]) if len(targets) else nowhere
