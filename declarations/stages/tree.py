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
    return codes.cast(pl.UInt64) * PLACES + places.cast(pl.UInt64)


def codes_of(claimed: pl.Series) -> pl.Series:
    """The code of each claim."""
    bare = claimed - places_of(claimed).cast(pl.UInt64)
    return (bare / PLACES).cast(pl.UInt32)  # exact: a power of two; whole-number division costs Polars a query


def places_of(claimed: pl.Series) -> pl.Series:
    """The place of each claim."""
    return claimed.cast(pl.UInt32, wrap_numerical=True)


def united(parts: Sequence[pl.Series]) -> pl.Series:
    """All claims of the parts, which have each once and sorted, as one such series."""
    given = [part for part in parts if len(part)]
    if len(given) < 2:
        return given[0] if given else NOTHING
    together = pl.concat(given)
    return each_once(together if together.is_sorted() else together.sort())


def each_once(ordered: pl.Series) -> pl.Series:
    """A sorted series without repetitions."""
    return ordered.filter(starts(ordered))


def starts(ordered: pl.Series) -> pl.Series:
    """Where another value begins in a sorted series."""
    return pl.concat([_YES.head(len(ordered)), ordered.slice(1) != ordered.head(max(len(ordered) - 1, 0))])


_YES = pl.Series([True])


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The blocks that have rows, in document order, with the links between them.

    above   by block, the place in its parent's block of each row's parent
    """

    plan: Plan
    frames: Mapping[str, pl.DataFrame]
    above: Mapping[str, pl.Series]
    _below: dict[str, tuple[pl.Series, pl.Series]] = field(default_factory=dict, repr=False)

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
        return each_once(claimed - places.cast(pl.UInt64) + self.above[name][places].cast(pl.UInt64))

    def down(self, name: str, claimed: pl.Series) -> pl.Series:
        """The claims on the rows of block `name` under these rows of its parent."""
        places = places_of(claimed)
        first, end = self._spans(name)
        bare = pl.DataFrame([(claimed - places.cast(pl.UInt64)).alias("bare"), first[places], end[places]])
        claim = pl.col("bare").repeat_by(_LENGTH).explode() + pl.int_ranges("first", "end").explode().cast(pl.UInt64)
        return bare.lazy().filter(_LENGTH > 0).select(claim).collect().to_series()

    def climb(self, name: str, ancestor: str, places: pl.Series) -> pl.Series:
        """The places in block `ancestor` of what stands above these rows of block `name`."""
        while name != ancestor:
            parent = self.plan.block(name).parent
            if parent is None:
                raise Invariant(f"block {name}: {ancestor} does not stand above it")
            places = self.above[name][places]
            name = parent
        return places

    def _spans(self, name: str) -> tuple[pl.Series, pl.Series]:
        """For each row of the parent's block, the place of its first row below, and of the first that is not."""
        if name not in self._below:
            above = self.above[name]
            places = pl.int_range(len(above), eager=True).filter(starts(above))
            nowhere = pl.Series([0]).new_from_index(0, len(self.frames[self.plan.block(name).parent or name]))
            parents = above[places]
            ends = pl.concat([places.slice(1), pl.Series([len(above)])])
            self._below[name] = (
                nowhere.clone().scatter(parents, places).alias("first"),
                nowhere.scatter(parents, ends).alias("end"),
            )
        return self._below[name]


_LENGTH = pl.col("end") - pl.col("first")


def _places(frames: Mapping[str, pl.DataFrame], parent: str, rows: pl.Series, name: str) -> pl.Series:
    """The places of these rows of the block `parent`."""
    ids = frames[parent]["row"] if parent in frames else rows.clear()
    dense = len(ids) > 0 and ids.item(0) == 0 and ids.item(-1) == len(ids) - 1
    places = rows.cast(pl.UInt32) if dense else ids.search_sorted(rows).cast(pl.UInt32)
    linked = rows.is_sorted() and places.item(-1) < len(ids) and (dense or (ids[places] == rows).all())
    if not linked:
        raise Invariant(f"block {name}: its rows are not in document order under those of {parent}")
    return places
