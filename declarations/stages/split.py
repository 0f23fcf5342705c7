"""Cutting a batch for all recipients at once: to each the rows that concern it, and nothing depends on the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from declarations.authorizations import Authorization
from declarations.blocks import Plan
from declarations.entitlements import Entitlements, entitlements
from declarations.routes import Route, Subject
from declarations.stages.choose import Chosen, Known, chosen
from declarations.stages.reach import reached
from declarations.stages.shown import shown as shown
from declarations.stages.tree import PLACES, Blocks, Tree, claims, codes_of, places_of, united
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
    return {name: frame.filter(pl.col("form").is_in(kept.implode())) for name, frame in blocks.items()}


def cut(
    blocks: Blocks,
    plan: Plan,
    recipients: Collection[str],
    routes: Iterable[Route],
    authorizations: Iterable[Authorization],
    known: Known | None = None,
    subject: Subject | None = None,
) -> Cut:
    """The batch cut for these recipients; every authorization given is in force. See `cut_for`."""
    return cut_for(blocks, plan, entitlements(recipients, routes, authorizations, subject), known)


def cut_for(blocks: Blocks, plan: Plan, given: Entitlements, known: Known | None = None) -> Cut:
    """The batch cut for all who are entitled to some of it, in time linear in the rows handed out.

    Raises Configuration where a route's query fails, or asks a reference directory that is not there.
    """
    tree = Tree.of(blocks, plan)
    found = chosen(tree, given, known)
    codes = _concerned(found)
    views = Views.of(plan, [given.recipients[code] for code in codes], given)
    claimed = {name: _recoded(each, codes, len(given.recipients)) for name, each in found.items()}
    reach = reached(tree, claimed, views.wanted)
    asked = {name: _parted(each, len(codes)) for name, each in reach.items()}
    handed = {name: views.granted(name, theirs) for name, (theirs, _) in asked.items()}
    handed = {name: each for name, each in handed.items() if len(each)}
    lots = {name: Lot.of(each, len(codes)) for name, each in handed.items()}
    anybody = {name: everybody for name, (_, everybody) in asked.items()}
    return Cut(
        frames={name: _frame(tree, views, name, lots) for name in tree.frames if name in lots},
        ranges=_ranges(views, lots),
        unrouted=_counted({name: len(frame) - anybody.get(name, 0) for name, frame in tree.frames.items()}),
        unseen=_counted({name: count - _distinct(lots.get(name), count) for name, count in anybody.items()}),
        unauthorized=given.unauthorized,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """The claims on one block: `spans` has code, offset and length of those who get some, `offsets` is by code."""

    claimed: pl.Series
    spans: list[tuple[int, int, int]]
    offsets: pl.Series

    @classmethod
    def of(cls, claimed: pl.Series, recipients: int) -> Lot:
        """Sorted claims, seen recipient by recipient."""
        runs = codes_of(claimed).rle().struct.unnest().with_columns(offset=pl.col("len").cum_sum() - pl.col("len"))
        offsets = pl.repeat(0, recipients, dtype=pl.Int64, eager=True).scatter(runs["value"], runs["offset"])
        return cls(claimed, list(runs.select("value", "offset", "len").iter_rows()), offsets)


def _concerned(found: Mapping[str, Sequence[Chosen]]) -> list[int]:
    """The codes of those for whom a row was chosen, sorted."""
    codes = [codes_of(theirs).rle().struct.field("value") for each in found.values() for theirs, _ in each]
    return sorted(set(pl.concat(codes).unique())) if codes else []


def _recoded(found: Sequence[Chosen], codes: Sequence[int], recipients: int) -> pl.Series:
    """One series of claims, codes counted among those concerned only, with a last code for everybody together."""
    new = pl.repeat(0, recipients, dtype=pl.UInt32, eager=True).scatter(codes, range(len(codes)))
    parts = [claims(new.gather(codes_of(theirs)), places_of(theirs)) for theirs, _ in found]
    everybody = [claims(pl.repeat(len(codes), len(each), dtype=pl.UInt32, eager=True), each) for _, each in found]
    return united([*parts, *everybody])


def _parted(claimed: pl.Series, recipients: int) -> tuple[pl.Series, int]:
    """The claims of recipients, and how many rows everybody together has."""
    border = claimed.search_sorted(recipients * PLACES)
    return claimed.head(border), len(claimed) - border


def _frame(tree: Tree, views: Views, name: str, lots: Mapping[str, Lot]) -> pl.DataFrame:
    lot, source = lots[name], tree.frames[name]
    codes, places = codes_of(lot.claimed), places_of(lot.claimed)
    keys = [key for key in ("form", "part", "row") if key in source.columns and key not in views.columns[name]]
    own = source.select(*keys, *(each for each in views.columns[name] if each in source.columns))[places]
    return own.select(
        pl.lit(_named(codes, views.recipients)).alias("recipient"),
        *keys,
        pl.lit(_numbers(lot, codes)).alias("number"),
        pl.lit(_above(tree, views, name, lots, codes, places)).alias("above"),
        pl.exclude(keys),
    )


def _named(codes: pl.Series, recipients: Sequence[str]) -> pl.Series:
    return pl.Series(recipients, dtype=pl.Enum(recipients)).gather(codes)


def _numbers(lot: Lot, codes: pl.Series) -> pl.Series:
    """Each row's number among those of its recipient, from 1."""
    return pl.int_range(1, len(codes) + 1, dtype=pl.Int64, eager=True) - lot.offsets.gather(codes)


def _above(
    tree: Tree, views: Views, name: str, lots: Mapping[str, Lot], codes: pl.Series, places: pl.Series
) -> pl.Series:
    """The number of the nearest row above that the same recipient gets."""
    numbers = pl.repeat(None, len(codes), dtype=pl.Int64, eager=True)
    for ancestor, those in views.nearest[name].items():
        if ancestor is None:
            continue
        lot = lots[ancestor]
        mine = None if len(views.nearest[name]) == 1 else _where(codes, those, len(views.recipients))
        by, at = (codes, places) if mine is None else (codes.gather(mine), places.gather(mine))
        wanted = claims(by, tree.climb(name, ancestor, at))
        found = lot.claimed.search_sorted(wanted).cast(pl.Int64) - lot.offsets.gather(by) + 1
        numbers = found if mine is None else numbers.scatter(mine, found)
    return numbers


def _where(codes: pl.Series, those: Sequence[int], recipients: int) -> pl.Series:
    """Where the code is one of those."""
    return pl.repeat(False, recipients, dtype=pl.Boolean, eager=True).scatter(those, True).gather(codes).arg_true()


def _ranges(views: Views, lots: Mapping[str, Lot]) -> Ranges:
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for name, lot in lots.items():
        for code, offset, length in lot.spans:
            found.setdefault(code, {})[name] = (offset, length)
    return {views.recipients[code]: ranges for code, ranges in sorted(found.items())}


def _distinct(lot: Lot | None, most: int) -> int:
    """How many different rows are handed out, of at most so many."""
    if lot is None:
        return 0
    if any(length == most for _, _, length in lot.spans):
        return most
    return places_of(lot.claimed).n_unique()


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def parcel(
    blocks: Blocks, plan: Plan, routes: Collection[Route], authorizations: Collection[Authorization]
) -> dict[str, pl.DataFrame]:
    """What one recipient gets of a batch, cut for it alone."""
    recipients = {route.recipient for route in routes}
    done = cut(blocks, plan, recipients, routes, authorizations)
    return {
        name: frame for each in recipients for name, frame in shown(done.parcel(each), plan, authorizations).items()
    }
