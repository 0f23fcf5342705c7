"""Cutting a batch for all recipients at once: to each the rows that concern it, and nothing depends on the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from declarations.blocks import Plan
from declarations.entitlement.entitlements import Entitlements
from declarations.stages.acquaint import Known
from declarations.stages.choose import Chosen, chosen
from declarations.stages.lots import Lot, frame_of
from declarations.stages.reach import anybody, reached
from declarations.stages.tree import Blocks, Tree, claims, codes_of, each_once, places_of, united
from declarations.stages.views import Views

Ranges = dict[str, dict[str, tuple[int, int]]]
"""Recipient -> block -> the offset of its rows and how many."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A batch, or a slice of whole forms of one, cut for everybody.

    frames        block -> the rows of all recipients that may get rows of it, by recipient, then in document order.
                  Columns: `recipient`, `form`, `part` (of the form's block), `row` (its id in the batch), `number`
                  (from 1 among this recipient's rows here), `above` (the number of the nearest row above that this
                  recipient gets too; null where it gets none), then every column that some recipient may see
    ranges        where a recipient's rows lie; who is not in it gets nothing
    unrouted      block -> rows that no route of anybody authorized reaches, where there are any
    unseen        block -> rows that a route reaches, and none of those it reaches them for may get
    unauthorized  recipients with a route and no authorization: nothing was looked at for them
    """

    frames: dict[str, pl.DataFrame]
    ranges: Ranges
    unrouted: dict[str, int]
    unseen: dict[str, int]
    unauthorized: tuple[str, ...]

    def parcel(self, recipient: str) -> dict[str, pl.DataFrame]:
        """The rows of one recipient, block by block, as `shown` takes them."""
        ranges = self.ranges.get(recipient, {})
        return {block: self.frames[block].slice(*where) for block, where in ranges.items()}


def accepted_only(blocks: Blocks, forms: Collection[int]) -> dict[str, pl.DataFrame]:
    """The blocks without the rows of forms that were not accepted."""
    kept = pl.Series(sorted(forms), dtype=pl.Int64)
    accepted = pl.col("form").is_in(kept.implode())
    return {name: frame if frame.is_empty() else frame.filter(accepted) for name, frame in blocks.items()}


def cut_for(blocks: Blocks, plan: Plan, given: Entitlements, known: Known | None = None) -> Cut:
    """The batch cut for all who are entitled to some of it, in time linear in the rows handed out.

    Raises Configuration where a route's query fails, or asks a reference directory that is not there.
    """
    tree = Tree.of(blocks, plan)
    found = chosen(tree, given, known)
    codes = _concerned(found)
    views = Views.of(plan, [given.recipients[code] for code in codes], given)
    claimed = {name: _recoded(each, codes, len(given.recipients)) for name, each in found.items()}
    handed = {name: views.granted(name, each) for name, each in reached(tree, claimed, views.wanted).items()}
    lots = {name: Lot.of(each, len(codes)) for name, each in handed.items() if len(each)}
    reach = anybody(tree, {name: [places for _, places in each] for name, each in found.items()})
    return Cut(
        frames={name: frame_of(tree, views, name, lots) for name in tree.frames if name in lots},
        ranges=_ranges(views, lots),
        unrouted=_counted({name: len(frame) - reach[name] for name, frame in tree.frames.items()}),
        unseen=_counted({name: count - _distinct(lots.get(name), count) for name, count in reach.items()}),
        unauthorized=given.unauthorized,
    )


def _concerned(found: Mapping[str, Sequence[Chosen]]) -> list[int]:
    """The codes of those for whom a row was chosen, sorted."""
    return sorted({code for each in found.values() for theirs, _ in each for code in each_once(codes_of(theirs))})


def _recoded(found: Sequence[Chosen], codes: Sequence[int], recipients: int) -> pl.Series:
    """One series of claims, codes counted among those concerned only."""
    new = pl.Series([0], dtype=pl.Int64).new_from_index(0, recipients).scatter(codes, range(len(codes)))
    return united([claims(new[codes_of(theirs)], places_of(theirs)) for theirs, _ in found])


def _ranges(views: Views, lots: Mapping[str, Lot]) -> Ranges:
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for name, lot in lots.items():
        for code, offset, length in lot.spans:
            found.setdefault(code, {})[name] = (offset, length)
    names = views.names.to_list()
    return {names[code]: ranges for code, ranges in sorted(found.items())}


def _distinct(lot: Lot | None, most: int) -> int:
    """How many different rows are handed out, of at most so many."""
    if lot is None:
        return 0
    if any(length == most for _, _, length in lot.spans):
        return most
    return lot.places.n_unique()


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
