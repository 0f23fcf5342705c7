"""Files that leave: their numbers, what is sent, what recipients say of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, insert, select, update

from declarations.adapters.database.intake import insert_new
from declarations.adapters.database.tables import delivery, exchange, numbering
from declarations.adapters.database.values import (
    ALL_DELIVERIES,
    ALL_OUTGOING,
    deliveries,
    exchanges,
    outgoing_row,
    tell,
)
from declarations.errors import Invariant
from declarations.filenames import outgoing as stem_of
from declarations.model import Delivery, DeliveryStatus, Exchange, Outgoing, Parcel, Receipt
from declarations.sla import brussels_date

GO = "GO."
"""What stands before the stem in the name that a recipient quotes."""


def numbered(connection: Connection, outgoing: Outgoing, now: datetime) -> str:
    """The next free stem for such a file, on the Brussels day of that moment."""
    day, environment = brussels_date(now), outgoing.environment
    today = and_(numbering.c.day == day, numbering.c.environment == environment)
    count = update(numbering).where(today).values(last=numbering.c.last + 1).returning(numbering.c.last)
    number: int | None = connection.scalar(count)
    if number is None:
        connection.execute(insert_new(connection, numbering).values(day=day, environment=environment, last=0))
        number = connection.execute(count).scalar_one()
    return stem_of(outgoing.object, day, number, environment)


def sent(connection: Connection, exchange_id: int, now: datetime) -> None:
    """Note that a file lies in the outbox; its delivery becomes `sent` unless its receipt was faster."""
    left = update(exchange).where(exchange.c.id == exchange_id, exchange.c.sent_at.is_(None)).values(sent_at=now)
    row = connection.execute(left.returning(exchange.c.batch_id, exchange.c.delivery_id, exchange.c.name)).first()
    if row is None:
        return
    tell(connection, row.batch_id, now, "exchange sent", row.name)
    if row.delivery_id is None:
        return
    mine = delivery.c.id == row.delivery_id
    connection.execute(update(delivery).where(mine).values(sent_at=now))
    pending = delivery.c.status == DeliveryStatus.PENDING
    connection.execute(update(delivery).where(mine, pending).values(status=DeliveryStatus.SENT))


def dispatch(connection: Connection, given: Delivery, outgoing: Outgoing, now: datetime) -> Exchange | None:
    """Give a pending delivery its numbered exchange; None where it has one, or is no longer that parcel."""
    waits = (
        delivery.c.id == given.id,
        delivery.c.status == DeliveryStatus.PENDING,
        delivery.c.stem.is_(None),
        delivery.c.extract == given.parcel.extract,
    )
    if connection.scalar(select(delivery.c.id).where(*waits).with_for_update()) is None:
        return None
    stem = numbered(connection, outgoing, now)
    connection.execute(update(delivery).where(delivery.c.id == given.id).values(stem=stem))
    row = outgoing_row(outgoing, stem, now) | {"batch_id": given.batch_id, "delivery_id": given.id}
    exchange_id: int = connection.execute(insert(exchange).values(row).returning(exchange.c.id)).scalar_one()
    tell(connection, given.batch_id, now, "exchange decided", stem)
    return exchanges(connection, ALL_OUTGOING.where(exchange.c.id == exchange_id))[0]


def named(connection: Connection, folder: str, name: str) -> Delivery | None:
    """The delivery to that folder whose GO has that name; None where there is none."""
    if not name.startswith(GO):
        return None
    carried = ALL_DELIVERIES.join(exchange, exchange.c.delivery_id == delivery.c.id)
    here = carried.where(delivery.c.stem == name.removeprefix(GO), exchange.c.folder == folder)
    return next(iter(deliveries(connection, here)), None)


def receive(connection: Connection, batch_id: int, receipts: Iterable[Receipt], now: datetime) -> None:
    """Take the recipients' word; one on a file that we never sent there is noted and changes nothing."""
    for receipt in receipts:
        meant = named(connection, receipt.folder, receipt.name)
        if meant is None:
            tell(connection, batch_id, now, "receipt names no delivery", receipt.name)
        elif receipt.accepted:
            _confirm(connection, meant, now)
        else:
            _contest(connection, meant, receipt.codes, now)


def _confirm(connection: Connection, meant: Delivery, now: datetime) -> None:
    open_ones = (DeliveryStatus.PENDING, DeliveryStatus.SENT, DeliveryStatus.CONTESTED)
    change: dict[str, object] = {"status": DeliveryStatus.CONFIRMED, "confirmed_at": now, "last_error": None}
    if _changed(connection, meant, open_ones, change):
        tell(connection, meant.batch_id, now, "delivery confirmed", meant.parcel.recipient)


def _contest(connection: Connection, meant: Delivery, codes: tuple[str, ...], now: datetime) -> None:
    """What was confirmed stays confirmed."""
    said = ", ".join(codes)
    change: dict[str, object] = {"status": DeliveryStatus.CONTESTED, "last_error": said}
    if _changed(connection, meant, (DeliveryStatus.PENDING, DeliveryStatus.SENT), change):
        tell(connection, meant.batch_id, now, "delivery contested", f"{meant.parcel.recipient}: {said}")


def _changed(
    connection: Connection, meant: Delivery, stands: tuple[DeliveryStatus, ...], change: dict[str, object]
) -> bool:
    guard = (delivery.c.id == meant.id, delivery.c.status.in_(stands))
    return connection.execute(update(delivery).where(*guard).values(change)).rowcount == 1


def grant(connection: Connection, given: Delivery, parcel: Parcel, now: datetime) -> bool:
    """Turn a withheld delivery into that pending parcel. Raises Invariant where the parcel is another's."""
    if parcel.recipient != given.parcel.recipient or parcel.status is not DeliveryStatus.PENDING:
        raise Invariant(f"delivery {given.id}: the parcel granted is not pending for its recipient")
    change: dict[str, object] = {
        "status": DeliveryStatus.PENDING,
        "rows": parcel.rows,
        "authorizations": parcel.authorizations,
        "extract": parcel.extract,
        "size": parcel.size,
        "last_error": None,
    }
    granted = _changed(connection, given, (DeliveryStatus.WITHHELD,), change)
    if granted:
        tell(connection, given.batch_id, now, "delivery granted", parcel.recipient)
    return granted


def withhold(connection: Connection, given: Delivery, reason: str, now: datetime) -> bool:
    """Turn a pending delivery without an exchange into a withheld one, without its extract."""
    waits = (
        delivery.c.id == given.id,
        delivery.c.status == DeliveryStatus.PENDING,
        delivery.c.stem.is_(None),
    )
    change = {"status": DeliveryStatus.WITHHELD, "extract": None, "size": 0, "last_error": reason}
    withheld = connection.execute(update(delivery).where(*waits).values(change)).rowcount == 1
    if withheld:
        tell(connection, given.batch_id, now, "delivery withheld", f"{given.parcel.recipient}: {reason}")
    return withheld
