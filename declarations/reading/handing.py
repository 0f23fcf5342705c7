"""What slices hold for each recipient, cut while they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from itertools import accumulate
from pathlib import Path

import polars as pl

from declarations.blocks import Plan
from declarations.entitlement.entitlements import ROUTES, Entitlements, entitled_on
from declarations.entitlement.routes import routes
from declarations.families import family
from declarations.reading.spill import Spill
from declarations.stages.acquaint import Known
from declarations.stages.split import accepted_only, cut_for

CUT, RANGES = "_cut.", "_ranges"
"""What is kept of a slice: by block the rows of all recipients, and where a recipient's rows lie."""

Given = tuple[Entitlements, Known | None]
"""Who may get what, and the reference directory that routes ask."""

Entitling = Callable[[Path], Given]
"""Called once in each process that reads, with the folder of the family."""


def offline(day: date, folder: Path) -> Given:
    """What the files of a family give on that day to those for whom nobody asks the reference directory."""
    recipients = {route.recipient for route in routes(folder / ROUTES)} - asking(folder)
    return entitled_on(day, folder, recipients, family(folder).subject), None


def asking(folder: Path) -> frozenset[str]:
    """The recipients with a route that asks the reference directory."""
    return frozenset(route.recipient for route in routes(folder / ROUTES) if route.directory or route.qualities)


def hand_out(
    blocks: Mapping[str, pl.DataFrame], accepted: Collection[int], plan: Plan, given: Given, spill: Spill, number: int
) -> dict[str, int]:
    """Cut the accepted forms of a slice and keep what comes of it; by block, how many rows are handed out."""
    done = cut_for(accepted_only(blocks, accepted), plan, *given)
    for block, frame in done.frames.items():
        spill.keep(f"{CUT}{block}", number, frame)
    places = [
        (recipient, block, *place) for recipient, ranges in done.ranges.items() for block, place in ranges.items()
    ]
    schema = {"recipient": pl.String, "block": pl.String, "offset": pl.Int64, "rows": pl.Int64}
    spill.keep(RANGES, number, pl.DataFrame(places, schema=schema, orient="row"))
    return {block: len(frame) for block, frame in done.frames.items()}


def ranges(spill: Spill, handed: Iterable[Mapping[str, int]]) -> pl.DataFrame:
    """Where each recipient's rows lie once the slices are put together: recipient, block, slice, offset, rows."""
    by_slice = list(handed)
    blocks = sorted({block for each in by_slice for block in each})
    starts = {block: list(accumulate((each.get(block, 0) for each in by_slice), initial=0)) for block in blocks}
    schema = {"block": pl.String, "start": pl.Int64}
    found = []
    for number in range(len(by_slice)):
        start = pl.DataFrame([(block, starts[block][number]) for block in blocks], schema=schema, orient="row")
        own = spill.kept(RANGES, number).join(start, on="block", how="left", maintain_order="left")
        slice_ = pl.lit(number, pl.Int64).alias("slice")
        found.append(own.select("recipient", "block", slice_, pl.col("offset") + pl.col("start"), "rows"))
    return pl.concat(found).sort("recipient", "block", "slice")
