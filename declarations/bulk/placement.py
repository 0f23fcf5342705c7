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
    texts   one line per text of a column: home, row, text (its number in `Tokens`)
    nested  one line per element of a nested tag, by depth, in document order: code, at, step, source, up, form
    levels  of `nested`, where each depth begins; one more at the end
    up      of every start tag, its parent: 0 the root, else a line of `nested`, from 1
    """

    rows: pl.DataFrame
    counts: list[int]
    texts: pl.DataFrame
    nested: pl.DataFrame
    levels: list[int]
    up: pl.Series


def placement(tokens: Tokens, layout: Layout) -> Placement:
    """Raises Odd where an element stands where the plan does not have it."""
    nested, levels, up = _nested(tokens, layout)
    above = pl.concat([_root(layout), nested.select("home", "row")])
    texts = (
        tokens.starts.select("code", "text", up=up)
        .with_columns(home=pl.lit(above["home"]).gather("up"), row=pl.lit(above["row"]).gather("up"))
        .select("row", "text", home=pl.lit(layout.homes).gather(layout.place(pl.col("code"), pl.col("home"))))
    )
    if texts["home"].null_count():
        raise Odd("an element where the plan does not have it", tokens.starts["at"].filter(texts["home"].is_null()))
    rows, counts = _rows(nested, layout)
    own = [_own(rows, counts, block, home, tokens) for block, home in layout.own]
    return Placement(rows, counts, pl.concat([texts.filter(pl.col("home") > layout.root), *own]), nested, levels, up)


def _key(above: int) -> pl.Expr:
    """Sorts by depth, then by place; of the depth so many levels above."""
    return (pl.col("depth").cast(pl.Int64) - above) * _DEEPER + pl.col("at")


def _root(layout: Layout) -> pl.DataFrame:
    """What the forms stand in, before all others."""
    return pl.DataFrame({"home": [layout.root], "row": [0]}, schema={"home": pl.UInt16, "row": pl.UInt32})


def _nested(tokens: Tokens, layout: Layout) -> tuple[pl.DataFrame, list[int], pl.Series]:
    """The elements of nested tags by depth and place, where each depth begins, and the parent of every start tag.

    Of an element: code, at, turn, step, source, up (0: the root, else a line from 1), home, row, within (elements in
    it), form.
    """
    turns = tokens.turns.with_row_index("turn")
    nested = (
        turns.filter(pl.col("step") >= 0)
        .select("turn", "code", "at", "step", "depth", source="started", key=_key(0), over=_key(1))
        .sort("depth", maintain_order=True)
    )
    nested = nested.with_columns(up=nested["key"].search_sorted(nested["over"]).set_sorted())
    full, ends = _ended(nested, turns.filter(pl.col("step") < 0).sort("depth", maintain_order=True))
    levels = _levels(nested, layout)
    nested = nested.with_columns(_homes(nested, levels, layout), _within(nested, full, ends))
    nested = nested.with_columns(
        row=pl.int_range(pl.len(), dtype=pl.UInt32).over("home"),
        form=nested["at"].head(levels[1]).search_sorted(nested["at"], side="right").cast(pl.Int64) - 1,
    )
    return nested, levels, _open(nested, full, ends).gather(tokens.starts["before"])


def _ended(nested: pl.DataFrame, ends: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The elements that have an end tag, and those tags in the same order: at one depth none is nested in another."""
    full = nested.filter(pl.col("step") > 0)
    if full.height != ends.height or (ends["depth"] < 1).any():
        raise Odd("start tags and end tags of other numbers")
    if not (full["code"] == ends["code"]).all():
        raise Odd("start tags and end tags that do not match", full["at"].filter(full["code"] != ends["code"]))
    return full, ends


def _levels(nested: pl.DataFrame, layout: Layout) -> list[int]:
    first = nested["depth"].search_sorted(pl.Series(range(1, layout.deepest + 2), dtype=pl.Int32)).to_list()
    if first[0] or first[-1] != nested.height:
        depth = pl.col("depth")
        raise Odd("an element deeper than the plan has any", nested.filter(~depth.is_between(1, layout.deepest))["at"])
    return [int(each) for each in first]


def _homes(nested: pl.DataFrame, levels: list[int], layout: Layout) -> pl.Series:
    """Level by level: where an element is at home follows from its tag and its parent's home."""
    homes = pl.Series([layout.root], dtype=pl.UInt16)
    for begin, until in pairwise(levels):
        places = layout.place(pl.col("code"), pl.lit(homes).gather("up"))
        homes.append(nested.slice(begin, until - begin).select(pl.lit(layout.homes).gather(places)).to_series())
    if homes.null_count():
        raise Odd("an element where the plan does not have it", nested["at"].filter(homes.slice(1).is_null()))
    return homes.slice(1).alias("home")


def _within(nested: pl.DataFrame, full: pl.DataFrame, ends: pl.DataFrame) -> pl.Series:
    """How many elements stand in each."""
    started = ends["started"].cast(pl.Int64) - full["source"] - 1
    if full.height == nested.height:
        return started.alias("within")
    places = nested.select(pl.arg_where(pl.col("step") > 0)).to_series()
    return pl.zeros(nested.height, dtype=pl.Int64, eager=True).scatter(places, started).alias("within")


def _open(nested: pl.DataFrame, full: pl.DataFrame, ends: pl.DataFrame) -> pl.Series:
    """By the number of turns before: the innermost element that is open, 0 or a line of `nested` from 1."""
    own = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    after = nested.select("turn", pl.when(pl.col("step") > 0).then(own).otherwise("up").alias("open"))
    after = pl.concat([after, full.select("up").select(ends["turn"], open="up")]).sort("turn")
    return pl.concat([pl.Series("open", [0], dtype=pl.UInt32), after["open"]], rechunk=True)


def _rows(nested: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[int]]:
    """The rows block by block, and how many each has."""
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
    return rows, [until - begin for begin, until in pairwise(first)]


def _own(rows: pl.DataFrame, counts: list[int], block: int, home: int, tokens: Tokens) -> pl.DataFrame:
    """The texts of a block that is a column itself."""
    own = rows.slice(sum(counts[:block]), counts[block])
    text = tokens.starts["text"].gather(own["source"])
    return own.select("row", text=text, home=pl.lit(home, dtype=pl.UInt16))
