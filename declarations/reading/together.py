"""Forms that controls look at together, found again where a batch is read in slices."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from declarations.stages.read import Reading

AT_ONCE = 1000
"""Forms that are judged again at once, more where so many belong together: memory stays flat, and few passes do."""


@dataclass(frozen=True, slots=True)
class Torn:
    """Forms that belong together and lie in several slices: their numbers in the batch, and of the slices."""

    forms: frozenset[int]
    slices: tuple[int, ...]


def keys(reading: Reading) -> pl.DataFrame:
    """One row per form that may belong together with others: form, key; equal keys say that they may."""
    columns = reading.version.family.together
    if not columns:
        return pl.DataFrame(schema={"form": pl.Int64, "key": pl.UInt64})
    block = columns[0].partition(".")[0]
    named = [pl.col(column.partition(".")[2]) for column in columns]
    return reading.blocks[block].select("form", key=pl.struct(named).hash(seed=0))


def torn(by_slice: Iterable[pl.DataFrame]) -> tuple[Torn, ...]:
    """What belongs together and is not in one slice, by the keys of the slices in their order.

    Judged by slice, such forms were each judged without the others.
    """
    numbered = [frame.with_columns(slice=pl.lit(number, pl.Int64)) for number, frame in enumerate(by_slice)]
    if len(numbered) < 2:
        return ()
    groups = (
        pl.concat(numbered)
        .group_by("key")
        .agg("form", "slice")
        .filter(pl.col("slice").list.n_unique() > 1)
        .sort(pl.col("form").list.min())
    )
    found: list[Torn] = []
    forms, slices = set[int](), set[int]()
    for more, where in groups.select("form", "slice").iter_rows():
        if forms and len(forms) + len(more) > AT_ONCE:
            found.append(Torn(frozenset(forms), tuple(sorted(slices))))
            forms, slices = set(), set()
        forms |= set(more)
        slices |= set(where)
    return (*found, Torn(frozenset(forms), tuple(sorted(slices)))) if forms else tuple(found)


def only(reading: Reading, forms: Collection[int]) -> Reading:
    """The same reading with those forms alone."""
    wanted = pl.Series(sorted(forms), dtype=pl.Int64).implode()
    heads = tuple(head for head in reading.heads if head.number in forms)
    places = {(head.part, head.ordinal) for head in heads}
    return Reading(
        reading.version,
        {name: frame.filter(pl.col("form").is_in(wanted)) for name, frame in reading.blocks.items()},
        heads,
        tuple(each for each in reading.found if (each[0], each[1].form) in places),
    )


def joined(readings: Collection[Reading]) -> Reading:
    """Several readings of one batch, in their order, as one; their rows must be those of the batch."""
    first = next(iter(readings))
    return Reading(
        first.version,
        {name: pl.concat([each.blocks[name] for each in readings]) for name in first.blocks},
        tuple(head for each in readings for head in each.heads),
        tuple(found for each in readings for found in each.found),
    )
