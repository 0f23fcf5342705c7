"""split: controlled -> split; a batch is cut for all recipients at once, and cut anew where what decides it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from declarations import authorizations
from declarations.entitlements import AUTHORIZATIONS, ROUTES, Entitlements, entitlements
from declarations.families import Family
from declarations.model import Artifact, Batch, BatchStatus, Environment, KeptParcel, Outcome, Parcel, ParcelStatus
from declarations.routes import Route, Subject, routes
from declarations.stages import split as splitting
from declarations.steps.kept import keep_open, slices
from declarations.steps.process import message_of
from declarations.steps.world import World

CUT = "cut"
"""The kind of artifact that holds all recipients' rows of one block and slice."""

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

    def __str__(self) -> str:
        """In words, for the story of the batch."""
        text = f"{len(self.parcels)} parcels"
        if not self.unrouted:
            return text
        rows = ", ".join(f"{name} {count}" for name, count in sorted(self.unrouted.items()))
        return f"{text}; rows that concern nobody: {rows}"


def cut(world: World, batch: Batch, recipients: Collection[str], run: str) -> Cut:
    """A batch cut for these recipients; `run` sets the kept rows apart from those of another cut."""
    version = message_of(world, batch)
    given = entitled(world, version.family, recipients)
    accepted = {form.number for form in world.ledger.story(batch.id).forms if form.accepted}
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
    found.parcels = [_parcel(version.name, given, recipient, mine) for recipient, mine in sorted(ranges.items())]
    found.parcels += [_withheld(version.name, recipient) for recipient in given.unauthorized]
    return found


def entitled(world: World, family: Family, recipients: Collection[str]) -> Entitlements:
    """Who of them may get something today, and which routes lead to them."""
    period = family.period
    subject = None if family.person is None else Subject(family.person, period)
    granted = authorizations.all_in_force(
        authorizations.authorizations(family.folder / AUTHORIZATIONS), world.today().date()
    )
    return entitlements(recipients, _routes(family), granted, subject)


def _routes(family: Family) -> tuple[Route, ...]:
    return routes(family.folder / ROUTES)


def _parcel(message: str, given: Entitlements, recipient: str, ranges: dict[str, tuple[int, int]]) -> Parcel:
    rows = sum(length for _, length in ranges.values())
    return Parcel(recipient, message, ParcelStatus.PENDING, rows, given.cut_under(recipient), ranges)


def _withheld(message: str, recipient: str) -> Parcel:
    return Parcel(recipient, message, ParcelStatus.WITHHELD, reason=UNAUTHORIZED)


def cut_anew(world: World, stale: Iterable[KeptParcel]) -> int:
    """Cut these parcels again, batch by batch, under what is in force today; how many changed."""
    by_batch: dict[int, list[KeptParcel]] = {}
    for kept in stale:
        by_batch.setdefault(kept.batch_id, []).append(kept)
    return sum(_anew(world, world.ledger.batch(batch_id), some) for batch_id, some in by_batch.items())


def _anew(world: World, batch: Batch, stale: Sequence[KeptParcel]) -> int:
    given = entitled(world, message_of(world, batch).family, {kept.parcel.recipient for kept in stale})
    digests = {kept.parcel.recipient: given.cut_under(kept.parcel.recipient) for kept in stale}
    changed = [kept for kept in stale if _differs(kept, digests, given)]
    if not changed:
        return 0
    run = "-".join(sorted(digest[:8] for digest in {digests[kept.parcel.recipient] for kept in changed}))
    done = cut(world, batch, sorted(kept.parcel.recipient for kept in changed), run)
    found = {parcel.recipient: parcel for parcel in done.parcels}
    moved = 0
    for kept in changed:
        recipient = kept.parcel.recipient
        new = found.get(recipient) or Parcel(recipient, done.message, ParcelStatus.VOID, cut_under=digests[recipient])
        moved += world.ledger.recut(kept, new, done.artifacts, world.clock())
    return moved


def _differs(kept: KeptParcel, digests: dict[str, str], given: Entitlements) -> bool:
    """A withheld parcel stays so while nothing is in force; a waiting one while it is what today would cut."""
    recipient = kept.parcel.recipient
    if kept.parcel.status is ParcelStatus.WITHHELD:
        return recipient in given.recipients
    return kept.parcel.cut_under != digests[recipient]
