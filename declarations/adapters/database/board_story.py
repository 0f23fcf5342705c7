"""What the ledger tells the board of one batch, its deliveries and alarms included."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, or_, select

from declarations.adapters.database import operations
from declarations.adapters.database.registers import alarm
from declarations.adapters.database.stories import one
from declarations.adapters.database.tables import (
    anomaly_count,
    batch,
    clock,
    delivery,
    event,
    exchange,
    form,
    parcel,
)
from declarations.adapters.database.values import ALL_DELIVERIES, AnyRow, clock_of, count_of, deliveries
from declarations.board import values
from declarations.board.values import Crossing, Forms, Shipment, Tale
from declarations.model import AnomalyCount, Clock, Delivery, Event
from declarations.operations import Alarm, AlarmKind

MOST_EVENTS = 400
MOST_FILES = 200
MOST_COUNTS = 100
MOST_TICKETS = 20
OF_BATCHES = (AlarmKind.HALF, AlarmKind.MOST, AlarmKind.BREACH, AlarmKind.HELD, AlarmKind.STUCK)
OF_DELIVERIES = (AlarmKind.RECEIPT, AlarmKind.STOPPED)


def tale(connection: Connection, row: values.Row) -> Tale:
    """All of one batch."""
    carried = _deliveries(connection, row.id)
    told, untold = _events(connection, row.id, carried)
    replacing = select(batch.c.id).where(batch.c.replaces == row.id).order_by(batch.c.id)
    return Tale(
        row=row,
        batch=one(connection, row.id),
        clock=_clock(connection, row.id),
        forms=_forms(connection, row.id),
        counts=_counts(connection, row.id),
        events=told,
        crossings=_crossings(connection, row.id, carried),
        shipments=_shipments(connection, row.id, carried),
        decisions=tuple(operations.decisions(connection, row.id)),
        pauses=tuple(each for each, _ in operations.pauses(connection, (row.id,))),
        alarms=_alarms(connection, row.id, carried),
        replaced_by=tuple(connection.scalars(replacing)),
        untold=untold,
    )


def _deliveries(connection: Connection, batch_id: int) -> dict[int, Delivery]:
    carrying = select(parcel.c.delivery_id).where(parcel.c.batch_id == batch_id)
    return {each.id: each for each in deliveries(connection, ALL_DELIVERIES.where(delivery.c.id.in_(carrying)))}


def _clock(connection: Connection, batch_id: int) -> Clock:
    return clock_of(connection.execute(select(clock).where(clock.c.batch_id == batch_id)).one())


def _forms(connection: Connection, batch_id: int) -> Forms:
    mine = form.c.batch_id == batch_id
    counted = select(form.c.accepted, func.count()).where(mine).group_by(form.c.accepted)
    numbers = {row[0]: row[1] for row in connection.execute(counted)}
    refused = select(form.c.ticket).where(mine, form.c.accepted.is_(False)).order_by(form.c.number)
    tickets = tuple(connection.scalars(refused.limit(MOST_TICKETS))) if numbers.get(False) else ()
    return Forms(numbers.get(True, 0), numbers.get(False, 0), tickets)


def _counts(connection: Connection, batch_id: int) -> tuple[AnomalyCount, ...]:
    query = select(anomaly_count).where(anomaly_count.c.batch_id == batch_id)
    often = query.order_by(anomaly_count.c["count"].desc(), anomaly_count.c.code).limit(MOST_COUNTS)
    return tuple(count_of(row) for row in connection.execute(often))


def _events(connection: Connection, batch_id: int, carried: dict[int, Delivery]) -> tuple[tuple[Event, ...], int]:
    """The newest events of the batch and of its deliveries, oldest first, and how many older ones there are."""
    about = event.c.batch_id == batch_id
    if carried:
        about = or_(about, event.c.delivery_id.in_(sorted(carried)))
    number = connection.scalar(select(func.count()).select_from(event).where(about)) or 0
    newest = select(event).where(about).order_by(event.c.id.desc()).limit(MOST_EVENTS)
    found = [_event(row, carried) for row in connection.execute(newest)]
    return tuple(reversed(found)), number - len(found)


def _event(row: AnyRow, carried: dict[int, Delivery]) -> Event:
    """An event of a delivery names it."""
    if row.delivery_id is None:
        return Event(row.at, row.what, row.detail)
    return Event(row.at, row.what, ": ".join(filter(None, (carried[row.delivery_id].name, row.detail))))


def _crossings(connection: Connection, batch_id: int, carried: dict[int, Delivery]) -> tuple[Crossing, ...]:
    of = exchange.c.batch_id == batch_id
    if carried:
        of = or_(of, exchange.c.delivery_id.in_(sorted(carried)))
    query = select(exchange).where(of).order_by(exchange.c.id).limit(MOST_FILES)
    return tuple(_crossing(row) for row in connection.execute(query))


def _crossing(row: AnyRow) -> Crossing:
    outgoing = row.object is not None
    return Crossing(
        name=f"FO.{row.name}" if outgoing else row.name,
        outgoing=outgoing,
        size=row.size,
        sha256=row.sha256,
        decided_at=row.decided_at,
        sent_at=row.sent_at,
        confirmed_at=row.confirmed_at,
    )


def _shipments(connection: Connection, batch_id: int, carried: dict[int, Delivery]) -> tuple[Shipment, ...]:
    query = select(parcel.c.recipient, parcel.c.status, parcel.c.rows, parcel.c.reason, parcel.c.delivery_id)
    rows = connection.execute(query.where(parcel.c.batch_id == batch_id).order_by(parcel.c.recipient))
    return tuple(
        Shipment(recipient, status, number, reason, carried.get(delivery_id))
        for recipient, status, number, reason, delivery_id in rows
    )


def _alarms(connection: Connection, batch_id: int, carried: dict[int, Delivery]) -> tuple[Alarm, ...]:
    """Those that stand and those that are over, about the batch and its deliveries."""
    mine = and_(alarm.c.kind.in_(OF_BATCHES), alarm.c.subject == str(batch_id))
    theirs = and_(alarm.c.kind.in_(OF_DELIVERIES), alarm.c.subject.in_([each.name for each in carried.values()]))
    return tuple(operations.alarms(connection, or_(mine, theirs)))
