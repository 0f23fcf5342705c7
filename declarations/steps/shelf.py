"""The cut rows of some parcels, taken from the archive once for all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby

import polars as pl

from declarations.model import Artifact, Batch, KeptParcel
from declarations.steps.kept import CUT, kept_rows, tables
from declarations.steps.world import World

APART = 10_000
"""Rows of others between two parcels that are read along; where more of them lie between, they are passed over."""


class Shelf:
    """Rows of these parcels, which lie side by side in the files of their batches.

    What two of them need from one stretch of a file is read with the first and let go with the last. In the order of
    recipients and batches, a thousand small parcels cost little more than one large; a large one is never held whole.
    """

    def __init__(self, world: World, parcels: Sequence[KeptParcel]) -> None:
        self._world = world
        self._books: dict[int, _Book] = {}
        self._stretches = _stretches(parcels)

    def batch(self, kept: KeptParcel) -> Batch:
        """The batch that the parcel is of."""
        return self._book(kept).batch

    def tickets(self, kept: KeptParcel) -> pl.DataFrame:
        """One row per form of its batch: form, ticket."""
        return self._book(kept).tickets

    def rows(self, kept: KeptParcel) -> Iterator[tuple[str, dict[str, pl.DataFrame]]]:
        """Its rows by block, slice by slice, as they were cut: `form` and `row` of the slice's blocks, `number`."""
        for place, names in groupby(sorted(kept.parcel.ranges), key=lambda name: name.rpartition("/")[0]):
            yield place.rpartition("/")[2], {name.rpartition("/")[2]: self._range(kept, name) for name in names}

    def _range(self, kept: KeptParcel, name: str) -> pl.DataFrame:
        offset, length = kept.parcel.ranges[name]
        own = self._stretches[kept.batch_id, name]
        stretch = own[bisect_right([each.start for each in own], offset) - 1]
        return stretch.rows(self._world, self._book(kept).files[name], offset, length)

    def _book(self, kept: KeptParcel) -> _Book:
        if kept.batch_id not in self._books:
            self._books[kept.batch_id] = _Book(self._world, kept.batch_id)
        return self._books[kept.batch_id]


class _Book:
    """What is asked of one batch, found out when it is first asked for."""

    def __init__(self, world: World, batch_id: int) -> None:
        self._world = world
        self._id = batch_id

    @cached_property
    def batch(self) -> Batch:
        return self._world.ledger.batch(self._id)

    @cached_property
    def files(self) -> dict[str, Artifact]:
        return tables(self._world, self._id, CUT)

    @cached_property
    def tickets(self) -> pl.DataFrame:
        forms = [(form.number, form.ticket) for form in self._world.ledger.forms(self._id)]
        return pl.DataFrame(forms, schema={"form": pl.Int64, "ticket": pl.String}, orient="row")


class _Stretch:
    """Some rows of a file, and how many parcels still need of them."""

    def __init__(self, start: int, end: int, wanted: int) -> None:
        self.start = start
        self._end = end
        self._wanted = wanted
        self._frame: pl.DataFrame | None = None

    def rows(self, world: World, file: Artifact, offset: int, length: int) -> pl.DataFrame:
        """A range within it. Asked for more often than announced, it is read again."""
        if self._frame is None:
            self._frame = kept_rows(world, file, self.start, self._end - self.start)
        found = self._frame.slice(offset - self.start, length)
        self._wanted -= 1
        if self._wanted <= 0:
            self._frame = None
        return found


def _stretches(parcels: Sequence[KeptParcel]) -> dict[tuple[int, str], list[_Stretch]]:
    """By batch and file, the stretches that the parcels need, in their order."""
    ranges: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for kept in parcels:
        for name, (offset, length) in kept.parcel.ranges.items():
            ranges.setdefault((kept.batch_id, name), []).append((offset, offset + length))
    return {key: list(_joined(sorted(each))) for key, each in ranges.items()}


def _joined(ranges: Sequence[tuple[int, int]]) -> Iterator[_Stretch]:
    start, end, wanted = *ranges[0], 0
    for first, last in ranges:
        if first - end > APART:
            yield _Stretch(start, end, wanted)
            start, wanted = first, 0
        end, wanted = max(end, last), wanted + 1
    yield _Stretch(start, end, wanted)
