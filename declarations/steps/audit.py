"""Who saw what of a person: every exchange that carried data of it, found in what is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from declarations.blocks import Plan
from declarations.model import Artifact, Batch, KeptParcel, Kind, StoredFile, Story
from declarations.stages import accept as accepting
from declarations.steps.kept import kept, tables
from declarations.steps.process import message_of
from declarations.steps.shelf import Shelf
from declarations.steps.tracing import manifests, parts_with
from declarations.steps.world import World

AT_ONCE = 500

Rows = dict[str, dict[str, pl.Series]]
"""Slice -> block -> the ids of the rows that are about the person."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One exchange that carried data of the person.

    party    the number of the sender or recipient, and `name` what it is called
    file     the name of the GO
    columns  by block, what a recipient was shown; empty for what a sender sent or was answered
    basis    under which authorizations: id, purpose, legal basis
    """

    at: datetime | None
    direction: str  # "in" or "out"
    party: str
    name: str
    file: str
    batch: str
    delivery: str = ""
    confirmed_at: datetime | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    basis: tuple[str, ...] = ()


def passages(world: World, numbers: Collection[str], progress: Callable[[int], None]) -> Iterator[Passage]:
    """Every exchange that carried data of whoever has, or had, one of these INSS numbers, batch by batch."""
    last = 0
    while batches := world.ledger.after(last, AT_ONCE):
        for batch in batches:
            if batch.kind is Kind.BATCH:
                yield from _of_batch(world, batch, numbers)
            progress(1)
        last = batches[-1].id


def _of_batch(world: World, batch: Batch, numbers: Collection[str]) -> Iterator[Passage]:
    blocks = tables(world, batch.id, "block")
    rows = _rows(world, batch, numbers) if blocks else {}
    if not rows and not _in_bytes(world, batch, numbers):
        return
    story = world.ledger.story(batch.id)
    sender = world.parties.senders.get(batch.folder)
    name = sender.name if sender else ""
    yield Passage(batch.first_seen_at, "in", batch.folder, name, batch.name, batch.reference)
    yield from _answers(world, story, name, numbers)
    if rows:
        for parcel in story.parcels:
            yield from _extracts(world, batch, parcel, rows)


def _rows(world: World, batch: Batch, numbers: Collection[str]) -> Rows:
    """The person's own rows and all below them."""
    family = accepting.family_of(batch, world.families)
    if family.person is None:
        return {}
    block, _, column = family.person.partition(".")
    found: Rows = {}
    artifacts = tables(world, batch.id, "block")
    for name in sorted(artifacts):
        slice_, _, at = name.partition("/")
        if at == block:
            frame = kept(world, artifacts[name])
            own = frame.filter(pl.col(column).is_in(list(numbers)))["row"]
            if len(own):
                plan = message_of(world, batch).plan
                frames = {at.partition("/")[2]: artifact for at, artifact in artifacts.items() if at.startswith(slice_)}
                found[slice_] = _below(world, plan, block, own, frames)
    return found


def _below(
    world: World, plan: Plan, block: str, own: pl.Series, frames: Mapping[str, Artifact]
) -> dict[str, pl.Series]:
    found = {block: own}
    for each in plan.blocks:
        if each.parent in found:
            above = found[each.parent]
            rows = kept(world, frames[each.name]).filter(pl.col(f"{each.parent}_row").is_in(above.implode()))["row"]
            if len(rows):
                found[each.name] = rows
    return found


def _in_bytes(world: World, batch: Batch, numbers: Collection[str]) -> bool:
    """Whether a number stands in a file of which no table was made: a refused one, or a form that breaks the schema."""
    either = "|".join(number.lstrip("0") for number in numbers)
    wanted = re.compile(rf"(?<![0-9])0*(?:{either})(?![0-9])".encode("ascii"))
    return any(_holds(world, file, wanted) for file in batch.files if file.kind == "FI")


def _holds(world: World, file: StoredFile, wanted: re.Pattern[bytes]) -> bool:
    with world.archive.open(file.sha256) as source:
        rest = b""
        while piece := source.read(1 << 20):
            if wanted.search(rest + piece):
                return True
            rest = piece[-64:]
    return False


def _answers(world: World, story: Story, name: str, numbers: Collection[str]) -> Iterator[Passage]:
    """A NOTI that tells a finding on the person has its number among the keys."""
    batch = story.batch
    for exchange in story.exchanges:
        if exchange.outgoing.object != "NOTI":
            continue
        with world.archive.open(exchange.outgoing.content) as source:
            content = source.read()
        if any(number.encode("ascii") in content for number in numbers):
            file = f"GO.{exchange.stem}"
            yield Passage(exchange.sent_at, "out", batch.folder, name, file, batch.reference)


def _extracts(world: World, batch: Batch, parcel: KeptParcel, rows: Rows) -> Iterator[Passage]:
    """The files of the delivery that carries the parcel, where a row of the person is in them."""
    if parcel.delivery_id is None:
        return
    blocks = _carried(world, parcel, rows)
    if not blocks:
        return
    delivery = world.ledger.delivery(parcel.delivery_id)
    told = manifests(world, delivery)
    recipient = world.parties.recipients.get(parcel.parcel.recipient)
    for file in world.ledger.files_of(delivery.id):
        here = {block for block, nths in blocks.items() if file.part in parts_with(told, batch.reference, block, nths)}
        if here:
            yield Passage(
                at=file.sent_at,
                direction="out",
                party=file.outgoing.folder,
                name=recipient.name if recipient else parcel.parcel.recipient,
                file=f"GO.{file.stem}",
                batch=batch.reference,
                delivery=delivery.name,
                confirmed_at=file.confirmed_at,
                columns=_shown(told[0], here),
                basis=_basis(told[0]),
            )


def _carried(world: World, parcel: KeptParcel, rows: Rows) -> dict[str, list[int]]:
    """The rows of the person in the parcel: block -> which of the parcel's rows they are, from 0."""
    found: dict[str, list[int]] = {}
    passed: Counter[str] = Counter()
    for slice_, own in Shelf(world, [parcel]).rows(parcel):
        for block, frame in own.items():
            wanted = rows.get(slice_, {}).get(block)
            if wanted is not None:
                here = frame["row"].is_in(wanted.implode()).arg_true() + passed[block]
                found.setdefault(block, []).extend(here.to_list())
            passed[block] += len(frame)
    return {block: nths for block, nths in found.items() if nths}


def _shown(manifest: Mapping[str, Any], blocks: Collection[str]) -> dict[str, tuple[str, ...]]:
    return {
        each["block"]: tuple(column["name"] for column in each["columns"] if column["type"] != "row")
        for each in manifest["blocks"]
        if each["block"] in blocks
    }


def _basis(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{each['id']}: {each['purpose']}; {each['legal_basis']}" for each in manifest["authorizations"])
