"""distribute, post, conclude: parcels and answers leave, receipts close their batch, clocks stop."""

from __future__ import annotations

import io
import logging

from declarations import authorizations
from declarations.errors import Configuration, Retryable
from declarations.families import Family
from declarations.model import (
    BatchStatus,
    Delivery,
    DeliveryStatus,
    Exchange,
    Outcome,
    Outgoing,
)
from declarations.stages import accept as accepting
from declarations.steps.process import Cut
from declarations.steps.world import World, advanced, lease

log = logging.getLogger(__name__)


AT_ONCE = 200
"""Files and deliveries that one call takes."""


def distribute(world: World) -> int:
    """Send the parcels that are due, look again at the withheld ones; how many deliveries moved."""
    moved = sum(_granted(world, delivery) for delivery in world.ledger.withheld())
    for delivery in world.ledger.undispatched(AT_ONCE):
        moved += _dispatched(world, delivery)
    moved += post(world)
    for batch in world.ledger.distributed():
        moved += advanced(world, batch, Outcome(BatchStatus.DISTRIBUTED))
    return moved


def _dispatched(world: World, delivery: Delivery) -> bool:
    """Give it its name and its exchange, if what it was cut under is still in force."""
    batch = world.ledger.batch(delivery.batch_id)
    parcel = delivery.parcel
    family = accepting.family_of(batch, world.families)
    if _in_force(world, family, parcel.recipient) != set(parcel.authorizations):
        return world.ledger.withhold(delivery, "its authorizations are no longer those in force", world.clock())
    recipient = world.parties.recipients.get(parcel.recipient)
    if recipient is None or parcel.extract is None:
        return False
    with world.archive.open(parcel.extract) as source:
        signature = world.archive.put(io.BytesIO(world.signatures.sign(source)))
    outgoing = Outgoing(
        family.object, recipient.number, batch.environment, parcel.extract, parcel.size, signature.sha256
    )
    return world.ledger.dispatch(delivery, outgoing, world.clock()) is not None


def _in_force(world: World, family: Family, recipient: str) -> set[str]:
    """The ids of what that recipient may get today."""
    known = authorizations.authorizations(family.folder / "authorizations.toml")
    return {each.id for each in authorizations.in_force(known, recipient, world.today().date())}


def _granted(world: World, delivery: Delivery) -> bool:
    """Cut a withheld parcel again; it stays withheld while no authorization is in force."""
    batch = world.ledger.batch(delivery.batch_id)
    recipient = world.parties.recipients.get(delivery.parcel.recipient)
    family = accepting.family_of(batch, world.families)
    if recipient is None or not _in_force(world, family, recipient.id):
        return False
    parcel = Cut.of(world, batch).parcel(world, recipient)
    if parcel is None or parcel.status is DeliveryStatus.WITHHELD:
        return False
    return world.ledger.grant(delivery, parcel, world.clock())


def post(world: World) -> int:
    """Write the files that were decided into the outboxes; how many."""
    count = 0
    for folder in world.ledger.outboxes():
        with lease(world, f"outbox:{folder}") as mine:
            if mine:
                count += _posted_to(world, folder)
    return count


def _posted_to(world: World, folder: str) -> int:
    """A folder that does not answer keeps its own files waiting, and no other's."""
    count = 0
    for exchange in world.ledger.unsent(folder, AT_ONCE):
        if not _posted(world, exchange):
            break
        count += 1
    return count


def _posted(world: World, exchange: Exchange) -> bool:
    """FO, then FS, then GO; whoever looks first does not write twice."""
    folder, box = exchange.outgoing.folder, exchange.outgoing.environment.outbox
    try:
        if world.mailboxes.look(folder, box, f"GO.{exchange.stem}") is None:
            for kind, key in (("FO", exchange.outgoing.content), ("FS", exchange.outgoing.signature)):
                with world.archive.open(key) as source:
                    world.mailboxes.write(folder, box, f"{kind}.{exchange.stem}", source)
            world.mailboxes.write(folder, box, f"GO.{exchange.stem}", io.BytesIO())
    except (Retryable, Configuration) as fault:
        log.warning("file not sent", extra={"exchange": exchange.stem, "folder": folder, "error": str(fault)})
        return False
    world.ledger.sent(exchange, world.clock())
    log.info("sent", extra={"exchange": exchange.stem, "folder": folder})
    return True


def conclude(world: World) -> int:
    """Close the batches for which nothing is awaited any more, and stop their clocks."""
    moved = 0
    for batch, end in world.ledger.finished():
        if batch.status is BatchStatus.DISTRIBUTED and not advanced(world, batch, Outcome(BatchStatus.CLOSED)):
            continue
        world.ledger.stop_clock(batch, end)
        moved += 1
    return moved
