"""Which element of a chunk is whose child, and which row of which block that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from declarations.bulk.layout import Layout
from declarations.bulk.tokens import Odd, Tokens

_DEEPER = 1 << 32
"""A depth times this, and a place: one number that sorts by both."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The elements of a chunk in their places.

    rows    one line per element of a block, block by block and in document order: home, row (in its block, from 0),
            parent (row of its parent; nothing for forms), nth (place among its parent's child elements, from 1),
            form (number in the chunk, from 0), source (line in `Tokens.starts`)
    counts  how many rows each block has
    texts   one line per text of a column: home, row, source
    nested  one line per element of a nested tag, by depth, in document order: code, source, key, up
    up      of every start tag, its parent: 0 the root, else a line of `nested`, from 1
    homes   of every start tag
    """

    rows: pl.DataFrame
    counts: list[int]
    texts: pl.DataFrame
    nested: pl.DataFrame
    up: pl.Series
    homes: pl.Series


def placement(tokens: Tokens, layout: Layout) -> Placement:
    """Raises Odd where an element stands where the plan does not have it."""
    nested = _nested(tokens, layout)
    above = pl.concat([_root(layout), nested.select("home", "row")])
    up = nested["key"].search_sorted(tokens.starts.select(key(1)).to_series())
    texts = (
        tokens.starts.select("code", up=up, source=pl.int_range(pl.len(), dtype=pl.UInt32))
        .with_columns(home=pl.lit(above["home"]).gather("up"), row=pl.lit(above["row"]).gather("up"))
        .select("row", "source", home=pl.lit(layout.homes).gather(layout.place(pl.col("code"), pl.col("home"))))
    )
    if texts["home"].null_count():
        raise Odd("an element where the plan does not have it", tokens.starts["at"].filter(texts["home"].is_null()))
    rows, counts, own = _rows(nested, layout)
    return Placement(
        rows, counts, pl.concat([texts.filter(pl.col("home") > layout.root), *own]), nested, up, texts["home"]
    )


def key(above: int) -> pl.Expr:
    """Sorts by depth, then by place; of the depth so many levels above."""
    return (pl.col("depth") - above) * _DEEPER + pl.col("at")


def _root(layout: Layout) -> pl.DataFrame:
    """What the forms stand in, before all others."""
    return pl.DataFrame({"home": [layout.root], "row": [0]}, schema={"home": pl.UInt16, "row": pl.UInt32})


def _nested(tokens: Tokens, layout: Layout) -> pl.DataFrame:
    """The elements of nested tags by depth and place: key, source, up (0: the root, else a line from 1), home, row,
    within (elements in it), form."""
    nested = (
        tokens.starts.with_row_index("source")
        .filter(pl.col("code") < layout.nested)
        .select("code", "at", "depth", "empty", "source", key=key(0), over=key(1))
        .sort("key")
    )
    nested = nested.with_columns(up=nested["key"].search_sorted(nested["over"]))
    nested = nested.with_columns(_homes(nested, layout), _within(nested, tokens.ends))
    forms = nested.filter(pl.col("depth") == 1)["at"]
    return nested.with_columns(
        row=pl.int_range(pl.len(), dtype=pl.UInt32).over("home"),
        form=forms.search_sorted(nested["at"], side="right").cast(pl.Int64) - 1,
    )


def _homes(nested: pl.DataFrame, layout: Layout) -> pl.Series:
    """Level by level: where an element is at home follows from its tag and its parent's home."""
    first = nested["depth"].search_sorted(pl.Series(range(1, layout.deepest + 2))).to_list()
    if first[0] or first[-1] != nested.height:
        depth = pl.col("depth")
        raise Odd("an element deeper than the plan has any", nested.filter(~depth.is_between(1, layout.deepest))["at"])
    homes = pl.Series([layout.root], dtype=pl.UInt16)
    for begin, until in pairwise(first):
        places = layout.place(pl.col("code"), pl.lit(homes).gather("up"))
        homes.append(nested.slice(begin, until - begin).select(pl.lit(layout.homes).gather(places)).to_series())
    if homes.null_count():
        raise Odd("an element where the plan does not have it", nested["at"].filter(homes.slice(1).is_null()))
    return homes.slice(1).alias("home")


def _within(nested: pl.DataFrame, ends: pl.DataFrame) -> pl.Series:
    """How many elements stand in each. At one depth nothing is nested in itself: ends come in the order of starts."""
    full = nested.filter(~pl.col("empty")) if nested["empty"].any() else nested
    ends = ends.sort(key(0))
    if full.height != ends.height or (ends["depth"] < 1).any():
        raise Odd("start tags and end tags of other numbers")
    if not (full["code"] == ends["code"]).all():
        raise Odd("start tags and end tags that do not match", full["at"].filter(full["code"] != ends["code"]))
    started = ends["started"]
    within = full.select(pl.lit(started) - pl.col("source") - 1).to_series()
    if full is nested:
        return within.alias("within")
    places = nested.select(pl.arg_where(~pl.col("empty"))).to_series()
    return pl.zeros(nested.height, dtype=pl.Int64, eager=True).scatter(places, within).alias("within")


def _rows(nested: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[int], list[pl.DataFrame]]:
    """The rows block by block, how many each has, and those texts that are a block's own."""
    above = pl.concat([_root(layout).select("row", source=pl.lit(0, dtype=pl.UInt32)), nested.select("row", "source")])
    # the elements that started since the parent did, less those that stand within earlier siblings
    rows = nested.with_columns(earlier=pl.col("within").cum_sum() - pl.col("within"))
    started = pl.col("source").cast(pl.Int64) - pl.lit(above["source"]).gather("up")
    rows = (
        rows.select(
            "home",
            "row",
            "form",
            "source",
            parent=pl.lit(above["row"]).gather("up"),
            nth=started - (pl.col("earlier") - pl.col("earlier").first().over("up")),
        )
        .filter(pl.col("home") < layout.root)
        .sort("home", maintain_order=True)
    )
    first = rows["home"].search_sorted(pl.Series(range(layout.root + 1), dtype=pl.UInt16)).to_list()
    counts = [until - begin for begin, until in pairwise(first)]
    own = [
        rows.slice(first[block], counts[block]).select("row", "source", home=pl.lit(home, dtype=pl.UInt16))
        for block, home in layout.own
    ]
    return rows, counts, own
