"""What a parcel holds: the rows that were cut for its recipient, in the columns that it may get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from declarations.entitlement.authorizations import Authorization, merged
from declarations.extracts.values import ParcelRows
from declarations.families import Family, Version
from declarations.model import KeptParcel
from declarations.stages.shown import shown
from declarations.steps.shelf import Shelf


def holdings(
    shelf: Shelf, kept: KeptParcel, version: Version, granted: Sequence[Authorization]
) -> Iterator[ParcelRows]:
    """What it holds, slice by slice, in document order."""
    reference = shelf.batch(kept).reference
    tickets = shelf.tickets(kept) if may_see_employers(version.family, granted) else None
    for _, own in shelf.rows(kept):
        frames = shown(own, version.plan, granted)
        yield ParcelRows(reference, frames, _forms(own, frames, tickets, version))


def may_see_employers(family: Family, granted: Sequence[Authorization]) -> bool:
    """Whether a column is granted that tells forms apart (family.toml, `together`), the period aside."""
    telling = set(family.together) - {family.period}
    columns = merged(each.columns for each in granted)
    return any(f"{block}.{name}" in telling for block, names in columns.items() for name in names)


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
