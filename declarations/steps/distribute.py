"""distribute, conclude: parcels become deliveries and leave; receipts close their batch, clocks stop."""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from declarations.extracts.gate import Expected, gate
from declarations.extracts.values import Label, Part
from declarations.extracts.write import before_sealing, write_delivery
from declarations.families import Family
from declarations.model import (
    BatchStatus,
    Environment,
    KeptParcel,
    Outcome,
    Outgoing,
    Packed,
    delivery_name,
)
from declarations.parties.party import Recipient, open_window
from declarations.steps.parcels import holdings, may_see_employers
from declarations.steps.post import post
from declarations.steps.process import version_named
from declarations.steps.shelf import Shelf
from declarations.steps.split import cut_anew, entitled
from declarations.steps.world import World, advanced, lease, prolonged, told

log = logging.getLogger(__name__)

AT_ONCE = 10_000
"""Parcels that one delivery takes at most."""

TOGETHER = 250_000
"""Rows of small parcels, of however many recipients, that are read from the archive together."""


def distribute(world: World) -> int:
    """Pack the parcels that are due, look again at the withheld ones, send; how many moved."""
    moved = cut_anew(world, world.ledger.withheld())
    moved += sum(_served(world, some) for some in _groups(world))
    moved += post(world)
    for batch in world.ledger.distributed():
        moved += advanced(world, batch, Outcome(BatchStatus.DISTRIBUTED))
    return moved


def _groups(world: World) -> Iterator[list[Recipient]]:
    """Those whose window is open and for whom parcels wait, some at a time: what they get is read together."""
    group: list[Recipient] = []
    rows = 0
    for recipient_id, waiting in world.ledger.awaiting().items():
        recipient = world.parties.recipients.get(recipient_id)
        if recipient is None or not open_window(recipient, world.clock()):
            continue
        if group and rows + waiting > TOGETHER:
            yield group
            group, rows = [], 0
        group.append(recipient)
        rows += waiting
    if group:
        yield group


def _served(world: World, recipients: Sequence[Recipient]) -> int:
    """Pack what waits for these recipients; how many deliveries and new cuts."""
    with ExitStack() as leases:
        mine = [each for each in recipients if leases.enter_context(lease(world, f"recipient:{each.id}"))]
        waiting = {each.id: world.ledger.waiting(each.id, AT_ONCE) for each in mine}
        moved = cut_anew(world, (kept for some in waiting.values() for kept in some))
        if moved:
            return moved
        shelf = Shelf(world, [kept for some in waiting.values() for kept in some])
        return sum(_packed_all(world, each, waiting[each.id], shelf) for each in mine)


def _packed_all(world: World, recipient: Recipient, waiting: Sequence[KeptParcel], shelf: Shelf) -> int:
    """Pack what waits for one recipient, the parcels of one version of the message together; how many deliveries."""
    if not prolonged(world, f"recipient:{recipient.id}"):
        return 0
    try:
        by_message = groupby(sorted(waiting, key=_message), key=_message)
        return sum(_packed(world, recipient, message, list(kept), shelf) for message, kept in by_message)
    except Exception as fault:  # noqa: BLE001  one recipient's failure never stops the others
        log.error("delivery failed", extra={"recipient": recipient.id, "error": told(fault)})
        return 0


def _message(kept: KeptParcel) -> str:
    return kept.parcel.message


def _packed(world: World, recipient: Recipient, message: str, kept: Sequence[KeptParcel], shelf: Shelf) -> bool:
    """One delivery of these parcels: written, read back, sealed, signed, and entered with its names."""
    version = version_named(world, message)
    granted = entitled(world, version.family).authorizations[recipient.id]
    number = world.ledger.next_number(recipient.id)
    label = Label(
        delivery=delivery_name(recipient.id, number),
        family=version.family.name,
        message=message,
        recipient=recipient.id,
        number=recipient.number,
        created_on=world.today().date(),
    )
    with world.archive.scratch() as scratch:
        rows = (piece for each in kept for piece in holdings(shelf, each, version, granted))
        parts = write_delivery(label, rows, version.plan, granted, recipient.format, scratch, _most_bytes(recipient))
        batches = [shelf.batch(each).reference for each in kept if each.parcel.rows]
        forms = may_see_employers(version.family, granted)
        expected = Expected(label, recipient.format, _rows(kept), batches, forms)
        faults = gate([part.path for part in parts], version.plan, granted, expected)
        if faults:
            _stop(world, label, faults)
            return False
        world.ledger.calm(_stopped(label), world.clock())
        files = tuple(_outgoing(world, version.family, recipient, part) for part in parts)
    manifests = json.dumps([json.loads(part.manifest) for part in parts], ensure_ascii=False)
    packed = Packed(
        recipient=recipient.id,
        message=message,
        parcels=tuple(kept),
        files=files,
        manifest=world.archive.put(io.BytesIO(manifests.encode())).sha256,
        rows=sum(each.parcel.rows for each in kept),
        authorizations=tuple(each.id for each in granted),
    )
    return world.ledger.pack(packed, number, world.clock()) is not None


def _most_bytes(recipient: Recipient) -> int | None:
    """How large a file may be before it is sealed, where that is wanted."""
    sealed = recipient.seal is not None and recipient.most_bytes is not None
    return before_sealing(recipient.most_bytes or 0) if sealed else recipient.most_bytes


def _outgoing(world: World, family: Family, recipient: Recipient, part: Part) -> Outgoing:
    """A finished file, sealed where the recipient wants it, and signed."""
    path = part.path
    if recipient.seal is not None:
        path = Path(f"{part.path}.sealed")
        world.sealing.seal(part.path, path, recipient.seal)
    with path.open("rb") as source:
        stored = world.archive.put(source)
    with world.archive.open(stored.sha256) as source:
        signature = world.archive.put(io.BytesIO(world.signatures.sign(source)))
    return Outgoing(
        family.object, recipient.number, Environment.PRODUCTION, stored.sha256, stored.size, signature.sha256
    )


def _rows(kept: Sequence[KeptParcel]) -> Counter[str]:
    """By block, how many rows the cut says there are: not a word of it comes from the writer."""
    rows: Counter[str] = Counter()
    for each in kept:
        for name, (_, length) in each.parcel.ranges.items():
            rows[name.rpartition("/")[2]] += length
    return rows


def _stop(world: World, label: Label, faults: Sequence[str]) -> None:
    """What was read back is not what may leave: the parcels wait, and somebody has to look."""
    detail = "; ".join(faults[:3])
    log.error("delivery stopped", extra={"delivery": label.delivery, "faults": len(faults), "detail": detail})
    world.ledger.alarm(_stopped(label), "stopped", label.delivery, detail, world.clock())


def _stopped(label: Label) -> str:
    return f"stopped:{label.delivery}"


def conclude(world: World) -> int:
    """Close the batches for which nothing is awaited any more, and stop their clocks."""
    moved = 0
    for batch, end in world.ledger.finished():
        if batch.status is BatchStatus.DISTRIBUTED and not advanced(world, batch, Outcome(BatchStatus.CLOSED)):
            continue
        world.ledger.stop_clock(batch, end)
        moved += 1
    return moved
