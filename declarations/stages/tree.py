"""The blocks of a batch as a tree of rows, and how sets of rows are followed up and down in it.

Rows are spoken of by their place in their block, from 0, in document order. A *claim* is a recipient's code and a
place in one number, so that a sorted series of claims goes recipient by recipient, in document order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from declarations.blocks import Plan
from declarations.errors import Invariant

Blocks = Mapping[str, pl.DataFrame]

PLACES = 1 << 32
"""More than the rows of any block."""

NOTHING = pl.Series("claim", [], dtype=pl.UInt64)


def claims(codes: pl.Series, places: pl.Series) -> pl.Series:
    """One claim for each code and place beside it."""
    return (codes.cast(pl.UInt64) * PLACES + places.cast(pl.UInt64)).alias("claim")


def codes_of(claimed: pl.Series) -> pl.Series:
    """The code of each claim."""
    return (claimed // PLACES).cast(pl.UInt32)


def places_of(claimed: pl.Series) -> pl.Series:
    """The place of each claim."""
    return (claimed & (PLACES - 1)).cast(pl.UInt32)


def united(parts: Sequence[pl.Series]) -> pl.Series:
    """All claims of the parts, sorted, each once."""
    given = [part for part in parts if len(part)]
    if not given:
        return NOTHING
    together = pl.concat(given) if len(given) > 1 else given[0]
    ordered = together.set_sorted() if together.is_sorted() else together.sort()
    return ordered.unique(maintain_order=True) if len(given) > 1 else ordered


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The blocks that have rows, in document order, with the links between them.

    above   by block, the place in its parent's block of each row's parent
    """

    plan: Plan
    frames: Mapping[str, pl.DataFrame]
    above: Mapping[str, pl.Series]
    _first_below: dict[str, pl.Series] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, blocks: Blocks, plan: Plan) -> Tree:
        """Lay out the blocks. Raises Invariant where rows are not linked as a document is."""
        frames: dict[str, pl.DataFrame] = {}
        above: dict[str, pl.Series] = {}
        for block in plan.blocks:
            frame = blocks.get(block.name)
            if frame is None or frame.is_empty():
                continue
            frames[block.name] = frame if frame["row"].is_sorted() else frame.sort("row")
            if block.parent is not None:
                above[block.name] = _places(frames, block.parent, frames[block.name][f"{block.parent}_row"], block.name)
        return cls(plan, frames, above)

    def up(self, name: str, claimed: pl.Series) -> pl.Series:
        """The claims on the parents of these rows, each once."""
        places = places_of(claimed)
        parents = claimed - places.cast(pl.UInt64) + self.above[name].gather(places).cast(pl.UInt64)
        ordered = parents.set_sorted() if parents.is_sorted() else parents.sort()
        return ordered.unique(maintain_order=True)

    def down(self, name: str, claimed: pl.Series) -> pl.Series:
        """The claims on the rows of block `name` under these rows of its parent."""
        places = places_of(claimed)
        first = self._first(name)
        spans = pl.DataFrame(
            {
                "base": claimed - places.cast(pl.UInt64),
                "start": first.gather(places),
                "end": first.gather(places + 1),
            }
        ).filter(pl.col("end") > pl.col("start"))
        spread = spans.select("base", place=pl.int_ranges("start", "end")).explode("place")
        return (spread["base"] + spread["place"].cast(pl.UInt64)).alias("claim")

    def climb(self, name: str, ancestor: str, places: pl.Series) -> pl.Series:
        """The places in block `ancestor` of what stands above these rows of block `name`."""
        while name != ancestor:
            parent = self.plan.block(name).parent
            if parent is None:
                raise Invariant(f"block {name}: {ancestor} does not stand above it")
            places = self.above[name].gather(places)
            name = parent
        return places

    def _first(self, name: str) -> pl.Series:
        """For each row of the parent's block, and one more, the place of its first row below."""
        if name not in self._first_below:
            parent = self.plan.block(name).parent or name
            every = pl.int_range(len(self.frames[parent]) + 1, dtype=pl.UInt32, eager=True)
            self._first_below[name] = self.above[name].search_sorted(every, side="left").cast(pl.Int64)
        return self._first_below[name]


def _places(frames: Mapping[str, pl.DataFrame], parent: str, rows: pl.Series, name: str) -> pl.Series:
    """The places of these rows of the block `parent`."""
    ids = frames[parent]["row"] if parent in frames else rows.clear()
    if len(ids) and ids.item(0) == 0 and ids.item(-1) == len(ids) - 1:
        places = rows.cast(pl.UInt32)
    else:
        places = ids.search_sorted(rows).cast(pl.UInt32)
    if not len(ids) or not rows.is_sorted() or places.max() >= len(ids) or not (ids.gather(places) == rows).all():
        raise Invariant(f"block {name}: its rows are not in document order under those of {parent}")
    return places
