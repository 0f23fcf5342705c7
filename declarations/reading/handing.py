"""What slices hold for each recipient, cut while they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
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
) -> int:
    """Cut the accepted forms of a slice and keep what comes of it; how many rows are handed out.

    Their `row` is counted from 0 in the slice.
    """
    done = cut_for(accepted_only(blocks, accepted), plan, *given)
    for block, frame in done.frames.items():
        spill.keep(f"{CUT}{block}", number, frame)
    places = [
        (recipient, block, *place) for recipient, ranges in done.ranges.items() for block, place in ranges.items()
    ]
    schema = {"recipient": pl.String, "block": pl.String, "offset": pl.Int64, "rows": pl.Int64}
    spill.keep(RANGES, number, pl.DataFrame(places, schema=schema, orient="row"))
    return sum(len(frame) for frame in done.frames.values())


def ranges(spill: Spill, rows: Sequence[Mapping[str, int]]) -> pl.DataFrame:
    """Where each recipient's rows lie: recipient, block, slice, offset and rows in the file of both, first_row.

    first_row  the id in the batch of the first row that the slice has of the block
    rows       of each slice, how many each block has
    """
    found = []
    first: Counter[str] = Counter()
    for number, more in enumerate(rows):
        start = pl.col("block").replace_strict(dict(first), default=0, return_dtype=pl.Int64).alias("first_row")
        slice_ = pl.lit(number, pl.Int64).alias("slice")
        found.append(spill.kept(RANGES, number).select("recipient", "block", slice_, "offset", "rows", start))
        first.update(more)
    return pl.concat(found).sort("recipient", "block", "slice")


def deliver(spill: Spill, folder: Path) -> None:
    """Move what was cut into that folder: `<block>.<slice>.arrow`, and `_ranges.parquet`."""
    folder.mkdir(exist_ok=True)
    for path in spill.folder.glob(f"{CUT}*.arrow"):
        path.replace(folder / path.name.removeprefix(CUT))
    ranges = f"{RANGES}.parquet"
    (spill.folder / ranges).replace(folder / ranges)
