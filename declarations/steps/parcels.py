"""What a parcel holds: the rows that were cut for its recipient, in the columns that it may get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import polars as pl

from declarations.authorizations import Authorization, merged
from declarations.extracts.values import ParcelRows
from declarations.families import Family, Version
from declarations.model import KeptParcel
from declarations.stages.shown import shown
from declarations.steps.kept import CUT, kept_rows, tables
from declarations.steps.world import World


def holdings(
    world: World, kept: KeptParcel, version: Version, granted: Sequence[Authorization]
) -> Iterator[ParcelRows]:
    """What it holds, slice by slice, in document order."""
    batch = world.ledger.batch(kept.batch_id)
    tickets = _tickets(world, kept.batch_id) if may_see_employers(version.family, granted) else None
    for _, own in cut_rows(world, kept):
        frames = shown(own, version.plan, granted)
        yield ParcelRows(batch.reference, frames, _forms(own, frames, tickets, version))


def cut_rows(world: World, kept: KeptParcel) -> Iterator[tuple[str, dict[str, pl.DataFrame]]]:
    """Its rows by block, slice by slice, as they were cut: with `form` and `row` of the slice's blocks and `number`."""
    files = tables(world, kept.batch_id, CUT)
    for place, names in groupby(sorted(kept.parcel.ranges), key=lambda name: name.rpartition("/")[0]):
        rows = {name.rpartition("/")[2]: kept_rows(world, files[name], *kept.parcel.ranges[name]) for name in names}
        yield place.rpartition("/")[2], rows


def may_see_employers(family: Family, granted: Sequence[Authorization]) -> bool:
    """Whether a column is granted that tells forms apart (family.toml, `together`), the period aside."""
    telling = set(family.together) - {family.period}
    columns = merged(each.columns for each in granted)
    return any(f"{block}.{name}" in telling for block, names in columns.items() for name in names)


def _tickets(world: World, batch_id: int) -> pl.DataFrame:
    """One row per form of the batch: form, ticket."""
    forms = world.ledger.story(batch_id).forms
    schema = {"form": pl.Int64, "ticket": pl.String}
    return pl.DataFrame([(form.number, form.ticket) for form in forms], schema=schema, orient="row")


def _forms(
    own: Mapping[str, pl.DataFrame],
    frames: Mapping[str, pl.DataFrame],
    tickets: pl.DataFrame | None,
    version: Version,
) -> pl.DataFrame | None:
    """Which rows of the topmost block shown come from which form: ticket, first, last."""
    if tickets is None or not frames:
        return None
    topmost = next(block.name for block in version.plan.blocks if block.name in frames)
    grouped = own[topmost].group_by("form", maintain_order=True)
    spans = grouped.agg(first=pl.col("number").min(), last=pl.col("number").max())
    return spans.join(tickets, on="form", how="left", maintain_order="left").select("ticket", "first", "last")
