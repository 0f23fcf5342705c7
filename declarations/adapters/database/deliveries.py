"""Deliveries in the ledger: what is packed, sent, sent again, confirmed and contested."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, insert, select, update

from declarations.adapters.database.intake import insert_new
from declarations.adapters.database.tables import delivery, exchange, numbering, parcel
from declarations.adapters.database.values import (
    ALL_DELIVERIES,
    ALL_OUTGOING,
    add,
    deliveries,
    delivery_row,
    exchanges,
    outgoing_row,
    tell,
    tell_of,
)
from declarations.errors import Invariant
from declarations.filenames import outgoing as stem_of
from declarations.model import Delivery, DeliveryStatus, Exchange, Outgoing, Packed, ParcelStatus, Receipt
from declarations.sla import brussels_date

GO = "GO."
"""What stands before the stem in the name that a recipient quotes."""


class PackedAlready(Exception):
    """A parcel of it is in another delivery, or was cut anew: the transaction is undone."""


def numbered(connection: Connection, outgoing: Outgoing, now: datetime) -> str:
    """The next free stem for such a file in its folder, on the Brussels day of that moment.

    Each folder counts by itself: a name tells nobody what others get.
    """
    day, environment, folder = brussels_date(now), outgoing.environment, outgoing.folder
    today = and_(numbering.c.day == day, numbering.c.environment == environment, numbering.c.folder == folder)
    count = update(numbering).where(today).values(last=numbering.c.last + 1).returning(numbering.c.last)
    number: int | None = connection.scalar(count)
    if number is None:
        connection.execute(
            insert_new(connection, numbering).values(day=day, environment=environment, folder=folder, last=0)
        )
        number = connection.execute(count).scalar_one()
    return stem_of(outgoing.object, day, number, environment)


def next_number(connection: Connection, recipient: str) -> int:
    """The number of that recipient's next delivery."""
    last: int | None = connection.scalar(select(func.max(delivery.c.number)).where(delivery.c.recipient == recipient))
    return (last or 0) + 1


def pack(connection: Connection, packed: Packed, number: int, now: datetime) -> Delivery:
    """Enter a delivery with its numbered files. Raises PackedAlready where a parcel no longer waits as it was cut."""
    new = insert(delivery).values(delivery_row(packed, number, now)).returning(delivery.c.id)
    delivery_id: int = connection.execute(new).scalar_one()
    for kept in packed.parcels:
        waits = (
            parcel.c.id == kept.id,
            parcel.c.status == ParcelStatus.PENDING,
            parcel.c.delivery_id.is_(None),
            parcel.c.cut_under == kept.parcel.cut_under,
        )
        change = {"status": ParcelStatus.PACKED, "delivery_id": delivery_id}
        if connection.execute(update(parcel).where(*waits).values(change)).rowcount != 1:
            raise PackedAlready
    stems = [numbered(connection, file, now) for file in packed.files]
    add(
        connection,
        exchange,
        (
            outgoing_row(file, stem, now) | {"batch_id": None, "delivery_id": delivery_id, "part": part}
            for part, (file, stem) in enumerate(zip(packed.files, stems, strict=True), start=1)
        ),
    )
    tell_of(connection, delivery_id, now, "delivery decided", *stems)
    return one(connection, delivery_id)


def one(connection: Connection, delivery_id: int) -> Delivery:
    """That delivery. Raises Invariant where there is none."""
    found = deliveries(connection, ALL_DELIVERIES.where(delivery.c.id == delivery_id))
    if not found:
        raise Invariant(f"the ledger has no delivery {delivery_id}")
    return found[0]


def sent(connection: Connection, exchange_id: int, now: datetime) -> None:
    """Note that a file lies in the outbox; its delivery is `sent` with the last of its files."""
    left = update(exchange).where(exchange.c.id == exchange_id, exchange.c.sent_at.is_(None)).values(sent_at=now)
    row = connection.execute(left.returning(exchange.c.batch_id, exchange.c.delivery_id, exchange.c.name)).first()
    if row is None:
        return
    if row.batch_id is not None:
        tell(connection, row.batch_id, now, "exchange sent", row.name)
    if row.delivery_id is not None:
        tell_of(connection, row.delivery_id, now, "exchange sent", row.name)
        _left(connection, row.delivery_id, now)


def _left(connection: Connection, delivery_id: int, now: datetime) -> None:
    waiting = exists().where(exchange.c.delivery_id == delivery_id, exchange.c.sent_at.is_(None))
    whole = and_(delivery.c.id == delivery_id, ~waiting)
    connection.execute(update(delivery).where(whole, delivery.c.sent_at.is_(None)).values(sent_at=now))
    pending = delivery.c.status == DeliveryStatus.PENDING
    connection.execute(update(delivery).where(whole, pending).values(status=DeliveryStatus.SENT))


def resend(connection: Connection, given: Delivery, operator: str, now: datetime) -> bool:
    """Let every file of a delivery be written again, under the same names; False where some still waits."""
    waiting = exists().where(exchange.c.delivery_id == delivery.c.id, exchange.c.sent_at.is_(None))
    change = {"resent": delivery.c.resent + 1, "sent_at": None, "status": DeliveryStatus.PENDING, "confirmed_at": None}
    whole = (delivery.c.id == given.id, delivery.c.resent == given.resent, ~waiting)
    if connection.execute(update(delivery).where(*whole).values(change)).rowcount != 1:
        return False
    again = {"sent_at": None, "confirmed_at": None}
    connection.execute(update(exchange).where(exchange.c.delivery_id == given.id).values(again))
    tell_of(connection, given.id, now, "delivery sent again", f"by {operator}")
    return True


def entrust(
    connection: Connection, outgoing: Outgoing, key: str, now: datetime, batch_id: int | None
) -> Exchange | None:
    """Enter a file that no step of a batch gives; None where that key was entered before."""
    if connection.scalar(select(exchange.c.id).where(exchange.c.key == key)) is not None:
        return None
    row = outgoing_row(outgoing, numbered(connection, outgoing, now), now)
    entered = row | {"batch_id": batch_id, "delivery_id": None, "part": None, "key": key}
    exchange_id: int = connection.execute(insert(exchange).values(entered).returning(exchange.c.id)).scalar_one()
    if batch_id is not None:
        tell(connection, batch_id, now, "exchange decided", row["name"])
    return exchanges(connection, ALL_OUTGOING.where(exchange.c.id == exchange_id))[0]


def named(connection: Connection, folder: str, name: str) -> Exchange | None:
    """The file of a delivery to that folder whose GO has that name; None where there is none."""
    if not name.startswith(GO):
        return None
    here = (exchange.c.name == name.removeprefix(GO), exchange.c.folder == folder)
    found = exchanges(connection, ALL_OUTGOING.where(*here, exchange.c.delivery_id.is_not(None)))
    return next(iter(found), None)


def receive(connection: Connection, batch_id: int, receipts: Iterable[Receipt], now: datetime) -> None:
    """Take the recipients' word; one on a file that we never sent there is noted and changes nothing."""
    for receipt in receipts:
        meant = named(connection, receipt.folder, receipt.name)
        if meant is None or meant.delivery_id is None:
            tell(connection, batch_id, now, "receipt names no delivery", receipt.name)
        elif receipt.rejected:
            tell_of(connection, meant.delivery_id, now, "rows rejected", receipt.rejected)
        elif receipt.accepted:
            _confirm(connection, meant.id, meant.delivery_id, now)
        else:
            _contest(connection, meant.delivery_id, receipt.codes, now)


def _confirm(connection: Connection, exchange_id: int, delivery_id: int, now: datetime) -> None:
    """A delivery is confirmed with the last of its files, whatever was said of them before."""
    first = (exchange.c.id == exchange_id, exchange.c.confirmed_at.is_(None))
    connection.execute(update(exchange).where(*first).values(confirmed_at=now))
    missing = exists().where(exchange.c.delivery_id == delivery_id, exchange.c.confirmed_at.is_(None))
    whole = (delivery.c.id == delivery_id, delivery.c.status != DeliveryStatus.CONFIRMED, ~missing)
    change = {"status": DeliveryStatus.CONFIRMED, "confirmed_at": now, "last_error": None}
    if connection.execute(update(delivery).where(*whole).values(change)).rowcount:
        tell_of(connection, delivery_id, now, "delivery confirmed", "")


def _contest(connection: Connection, delivery_id: int, codes: tuple[str, ...], now: datetime) -> None:
    """What was confirmed stays confirmed."""
    said = ", ".join(codes)
    open_ones = delivery.c.status.in_((DeliveryStatus.PENDING, DeliveryStatus.SENT))
    change = {"status": DeliveryStatus.CONTESTED, "last_error": said}
    if connection.execute(update(delivery).where(delivery.c.id == delivery_id, open_ones).values(change)).rowcount:
        tell_of(connection, delivery_id, now, "delivery contested", said)
