"""The rows of one block as they are handed out: recipient by recipient, numbered, linked to what stands above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from declarations.blocks import Block
from declarations.stages.tree import Tree, claims, codes_of, places_of, starts
from declarations.stages.views import Views, among


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """The claims on one block, with their codes and places.

    spans    code, offset and length of those who get some
    offsets  by code
    """

    claimed: pl.Series
    codes: pl.Series
    places: pl.Series
    spans: list[tuple[int, int, int]]
    offsets: pl.Series

    @classmethod
    def of(cls, claimed: pl.Series, recipients: int) -> Lot:
        """Sorted claims, seen recipient by recipient."""
        codes = codes_of(claimed)
        first = pl.int_range(len(codes), eager=True).filter(starts(codes))
        theirs, offsets = codes[first], first.to_list()
        ends = [*offsets[1:], len(codes)]
        spans = [(code, at, end - at) for code, at, end in zip(theirs.to_list(), offsets, ends, strict=True)]
        return cls(
            claimed,
            codes,
            places_of(claimed),
            spans,
            pl.Series([0], dtype=pl.Int64).new_from_index(0, recipients).scatter(theirs, first),
        )


def frame_of(tree: Tree, views: Views, name: str, lots: Mapping[str, Lot]) -> pl.DataFrame:
    """The rows of that block for all who get some: see `Cut.frames`."""
    lot, source = lots[name], tree.frames[name]
    zones = [column for column in _zones(tree.plan.block(name), source) if column in views.columns[name]]
    keys = [key for key in ("form", "part", "row") if key in source.columns]
    own = source[[*keys, *zones]][lot.places].get_columns()
    number = pl.int_range(1, len(lot.codes) + 1, dtype=pl.Int64, eager=True) - lot.offsets[lot.codes]
    made = [number.alias("number"), _above(tree, views, name, lots).alias("above")]
    return pl.DataFrame([views.names[lot.codes], *own[: len(keys)], *made, *own[len(keys) :]])


def _zones(block: Block, source: pl.DataFrame) -> list[str]:
    return [column.name for column in block.columns if column.name in source.columns]


def _above(tree: Tree, views: Views, name: str, lots: Mapping[str, Lot]) -> pl.Series:
    """The number of the nearest row above that the same recipient gets."""
    lot = lots[name]
    numbers = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(lot.codes))
    for ancestor, those in views.nearest(name).items():
        mine = pl.int_range(len(lot.codes), eager=True).filter(among(lot.codes, those, len(views.names)))
        if ancestor is not None and len(mine):
            codes, above = lot.codes[mine], lots[ancestor]
            wanted = claims(codes, tree.climb(name, ancestor, lot.places[mine]))
            found = above.claimed.search_sorted(wanted).cast(pl.Int64) - above.offsets[codes] + 1
            numbers = found if len(mine) == len(numbers) else numbers.scatter(mine, found)
    return numbers
