"""split: controlled -> split; a batch is cut for all recipients at once, and cut anew where what decides it changed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from declarations.entitlement.entitlements import Entitlements, entitled_on
from declarations.families import Family
from declarations.model import Artifact, Batch, BatchStatus, Environment, KeptParcel, Outcome, Parcel, ParcelStatus
from declarations.stages import split as splitting
from declarations.steps.kept import CUT, keep_open, slices
from declarations.steps.process import message_of, version_named
from declarations.steps.world import World

UNAUTHORIZED = "no authorization in force"


def split(world: World, batch: Batch) -> Outcome:
    """Cut the accepted forms for each recipient; test environments reach none."""
    if batch.environment is not Environment.PRODUCTION:
        return Outcome(BatchStatus.SPLIT, "a test environment reaches no recipient")
    done = cut(world, batch, world.parties.recipients, "first")
    return Outcome(BatchStatus.SPLIT, str(done), artifacts=tuple(done.artifacts), parcels=tuple(done.parcels))


@dataclass(slots=True)
class Cut:
    """What cutting a batch gives: parcels, the kept rows they point at, and what reaches nobody."""

    message: str
    artifacts: list[Artifact] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    unrouted: Counter[str] = field(default_factory=Counter)  # rows by block
    unseen: Counter[str] = field(default_factory=Counter)  # rows that concern somebody who may see nothing of them

    def __str__(self) -> str:
        """In words, for the story of the batch."""
        texts = [f"{len(self.parcels)} parcels"]
        texts += _listed("rows that concern nobody", self.unrouted)
        texts += _listed("rows of which nobody may see anything", self.unseen)
        return "; ".join(texts)


def _listed(what: str, rows: Counter[str]) -> list[str]:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(rows.items()) if count)
    return [f"{what}: {counts}"] if counts else []


def cut(world: World, batch: Batch, recipients: Collection[str], run: str) -> Cut:
    """A batch cut for these recipients; `run` sets the kept rows apart from those of another cut."""
    version = message_of(world, batch)
    given = entitled(world, version.family, recipients)
    accepted = {form.number for form in world.ledger.forms(batch.id) if form.accepted}
    found = Cut(version.name)
    ranges: dict[str, dict[str, tuple[int, int]]] = {}
    for number, blocks in slices(world, batch):
        done = splitting.cut_for(splitting.accepted_only(blocks, accepted), version.plan, given, world.directory.known)
        for block, frame in done.frames.items():
            found.artifacts.append(keep_open(world, CUT, f"{run}/{number}/{block}", frame.drop("recipient")))
        for recipient, spans in done.ranges.items():
            mine = ranges.setdefault(recipient, {})
            mine.update({f"{run}/{number}/{block}": span for block, span in spans.items()})
        found.unrouted.update(done.unrouted)
        found.unseen.update(done.unseen)
    found.parcels = [_parcel(version.name, given, recipient, mine) for recipient, mine in sorted(ranges.items())]
    found.parcels += [_withheld(version.name, recipient) for recipient in given.unauthorized]
    return found


def entitled(world: World, family: Family, recipients: Collection[str] | None = None) -> Entitlements:
    """Who of them (everybody, where None) may get something today, and which routes lead to them."""
    if recipients is None:
        recipients = world.parties.recipients
    return entitled_on(world.today().date(), family.folder, recipients, family.subject)


def _parcel(message: str, given: Entitlements, recipient: str, ranges: dict[str, tuple[int, int]]) -> Parcel:
    rows = sum(length for _, length in ranges.values())
    return Parcel(recipient, message, ParcelStatus.PENDING, rows, given.cut_under(recipient), ranges)


def _withheld(message: str, recipient: str) -> Parcel:
    return Parcel(recipient, message, ParcelStatus.WITHHELD, reason=UNAUTHORIZED)


def cut_anew(world: World, stale: Iterable[KeptParcel]) -> int:
    """Cut those of these parcels again that today would be cut otherwise, batch by batch; how many changed."""
    by_message: dict[str, list[KeptParcel]] = {}
    for kept in stale:
        by_message.setdefault(kept.parcel.message, []).append(kept)
    by_batch: dict[int, list[KeptParcel]] = {}
    for message, some in by_message.items():
        for kept in _changed(some, entitled(world, version_named(world, message).family)):
            by_batch.setdefault(kept.batch_id, []).append(kept)
    return sum(_anew(world, world.ledger.batch(batch_id), some) for batch_id, some in by_batch.items())


def _changed(parcels: Iterable[KeptParcel], given: Entitlements) -> Iterator[KeptParcel]:
    """A withheld parcel stays so while nothing is in force; a waiting one while it is what today would cut."""
    today: dict[str, str] = {}
    for kept in parcels:
        recipient = kept.parcel.recipient
        if kept.parcel.status is ParcelStatus.WITHHELD:
            if recipient in given.authorizations:
                yield kept
            continue
        if recipient not in today:
            today[recipient] = given.cut_under(recipient)
        if kept.parcel.cut_under != today[recipient]:
            yield kept


def _anew(world: World, batch: Batch, stale: Sequence[KeptParcel]) -> int:
    """The kept rows of each run have names of their own: what an earlier cut points at stays as it is."""
    done = cut(world, batch, sorted(kept.parcel.recipient for kept in stale), secrets.token_hex(6))
    found = {parcel.recipient: parcel for parcel in done.parcels}
    given = entitled(world, message_of(world, batch).family)
    moved = 0
    for kept in stale:
        recipient = kept.parcel.recipient
        nothing = Parcel(recipient, done.message, ParcelStatus.VOID, cut_under=given.cut_under(recipient))
        moved += world.ledger.recut(kept, found.get(recipient) or nothing, done.artifacts, world.clock())
    return moved
