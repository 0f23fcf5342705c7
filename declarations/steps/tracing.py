"""The way back: from a row of a delivered file to the batch, the form and the row that it came from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from declarations.errors import Invariant
from declarations.model import Delivery, Exchange, KeptParcel
from declarations.steps.shelf import Shelf
from declarations.steps.world import World

Manifests = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Traced:
    """A row of a delivered file, led back."""

    kept: KeptParcel  # of the batch it came from
    slice: str
    block: str
    form: int  # counts in the batch from 0
    row: int  # its id in the block of that slice


def manifests(world: World, delivery: Delivery) -> Manifests:
    """The manifests of a delivery's files, in order."""
    with world.archive.open(delivery.manifest) as source:
        read: Manifests = json.load(source)
    return read


class NoSuchRowError(Exception):
    """The file does not have that row."""


class Tracer:
    """Leads rows of one file of a delivery back; what it needs of the archive is read once."""

    def __init__(self, world: World, file: Exchange) -> None:
        if file.delivery_id is None or file.part is None:
            raise Invariant(f"exchange {file.id} is no file of a delivery")
        self._world = world
        self._part = file.part
        self.delivery: Delivery = world.ledger.delivery(file.delivery_id)
        self._manifests = manifests(world, self.delivery)
        carried = world.ledger.carried(self.delivery.id)
        self._parcels = {world.ledger.batch(kept.batch_id).reference: kept for kept in carried}
        self._rows: dict[int, list[tuple[str, dict[str, pl.DataFrame]]]] = {}

    def trace(self, block: str, number: int) -> Traced:
        """Where that row of a block came from; it is numbered in the file. Raises NoSuchRowError."""
        reference, nth = self._nth_of_batch(block, number)
        kept = self._parcels[reference]
        for slice_, own in self._cut(kept):
            frame = own.get(block)
            if frame is not None and nth < len(frame):
                return Traced(kept, slice_, block, frame["form"][nth], frame["row"][nth])
            nth -= 0 if frame is None else len(frame)
        raise Invariant(f"delivery {self.delivery.name}: its manifest counts other rows than its parcels hold")

    def _cut(self, kept: KeptParcel) -> list[tuple[str, dict[str, pl.DataFrame]]]:
        if kept.id not in self._rows:
            self._rows[kept.id] = list(Shelf(self._world, [kept]).rows(kept))
        return self._rows[kept.id]

    def _nth_of_batch(self, block: str, number: int) -> tuple[str, int]:
        """The batch of a row, and which of that batch's rows in the whole delivery it is, from 0."""
        passed: dict[str, int] = {}
        for part, reference, first, last in _spans(self._manifests, block):
            if part == self._part and first <= number <= last:
                return reference, passed.get(reference, 0) + number - first
            passed[reference] = passed.get(reference, 0) + last - first + 1
        raise NoSuchRowError


def parts_with(manifests: Manifests, reference: str, block: str, nths: Collection[int]) -> set[int]:
    """The files of a delivery that have one of these rows of a batch; they count in its parcel from 0."""
    parts: set[int] = set()
    passed = 0
    for part, batch, first, last in _spans(manifests, block):
        if batch == reference:
            if any(passed <= nth <= passed + last - first for nth in nths):
                parts.add(part)
            passed += last - first + 1
    return parts


def _spans(manifests: Manifests, block: str) -> Iterator[tuple[int, str, int, int]]:
    """Part, batch, first and last row, in the order of the files."""
    for manifest in manifests:
        for batch in manifest["batches"]:
            if block in batch["rows"]:
                span = batch["rows"][block]
                yield manifest["part"], batch["reference"], span["first"], span["last"]
