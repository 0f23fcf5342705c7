"""What the ledger measures of itself: one transaction, counts and ages only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from declarations.adapters.database.facts import NOT_DECLARED
from declarations.adapters.database.registers import alarm
from declarations.adapters.database.tables import batch, clock, delivery, exchange, line, parcel
from declarations.metrics import Reading
from declarations.model import ENDED, OPEN, BatchStatus, DeliveryStatus, Environment, Kind, ParcelStatus
from declarations.operations import AlarmKind

DECLARED = (
    batch.c.kind == Kind.BATCH,
    *(~batch.c.reference.startswith(f"{object_}.") for object_ in sorted(NOT_DECLARED)),
)
"""Batches of declarations: receipts and lists of persons are none."""
UNCONFIRMED = tuple(status for status in DeliveryStatus if status is not DeliveryStatus.CONFIRMED)


def measured(connection: Connection, now: datetime, recently: timedelta) -> list[Reading]:
    """Every reading of `declarations.metrics.MEASURES`."""
    return [
        *_queues(connection, now),
        *_throughput(connection, now - recently),
        *_deliveries(connection, now),
        *_troubles(connection, now),
    ]


def _queues(connection: Connection, now: datetime) -> Iterator[Reading]:
    query = select(batch.c.status, func.count(), func.min(batch.c.first_seen_at)).where(batch.c.status.in_(OPEN))
    found = {status: (count, oldest) for status, count, oldest in connection.execute(query.group_by(batch.c.status))}
    for status in OPEN:
        count, oldest = found.get(status, (0, None))
        yield Reading("batches", count, {"status": str(status)})
        yield Reading("oldest_seconds", _age(oldest, now), {"status": str(status)})


def _throughput(connection: Connection, since: datetime) -> Iterator[Reading]:
    """By the clocks that started and ended: each is written once."""
    received = select(func.count()).select_from(clock).join(batch, batch.c.id == clock.c.batch_id)
    began = (clock.c.started_at >= since, *DECLARED)
    yield Reading("received_last_hour", connection.execute(received.where(*began)).scalar_one())
    ended = select(batch.c.status, func.count()).join(clock, clock.c.batch_id == batch.c.id)
    over = (clock.c.ended_at >= since, *DECLARED)
    found: dict[BatchStatus, int] = dict(connection.execute(ended.where(*over).group_by(batch.c.status)).all())
    yield from (Reading("ended_last_hour", found.get(status, 0), {"status": str(status)}) for status in ENDED)


def _deliveries(connection: Connection, now: datetime) -> Iterator[Reading]:
    open_ones = (parcel.c.status, func.count())
    waiting = select(*open_ones).where(parcel.c.delivery_id.is_(None)).group_by(parcel.c.status)
    parcels: dict[ParcelStatus, int] = dict(connection.execute(waiting).all())
    yield Reading("parcels_waiting", parcels.get(ParcelStatus.PENDING, 0))
    yield Reading("parcels_withheld", parcels.get(ParcelStatus.WITHHELD, 0))
    query = select(delivery.c.status, func.count(), func.min(delivery.c.created_at)).where(
        delivery.c.status.in_(UNCONFIRMED)
    )
    found = {status: (count, oldest) for status, count, oldest in connection.execute(query.group_by(delivery.c.status))}
    for status in UNCONFIRMED:
        count, oldest = found.get(status, (0, None))
        yield Reading("deliveries", count, {"status": str(status)})
        yield Reading("delivery_oldest_seconds", _age(oldest, now), {"status": str(status)})


def _troubles(connection: Connection, now: datetime) -> Iterator[Reading]:
    unsent = select(func.count(), func.min(exchange.c.decided_at)).where(exchange.c.sent_at.is_(None))
    count, oldest = connection.execute(unsent).one()
    yield Reading("files_waiting", count)
    yield Reading("files_oldest_seconds", _age(oldest, now))
    down = select(func.count()).select_from(line).where(line.c.down_since.is_not(None))
    yield Reading("recipients_down", connection.execute(down).scalar_one())
    running = select(func.count()).select_from(clock).join(batch, batch.c.id == clock.c.batch_id)
    late = (clock.c.ended_at.is_(None), clock.c.due_at <= now, batch.c.environment == Environment.PRODUCTION)
    yield Reading("overdue", connection.execute(running.where(*late)).scalar_one())
    standing = select(alarm.c.kind, func.count()).where(alarm.c.cleared_at.is_(None)).group_by(alarm.c.kind)
    alarms: dict[str, int] = dict(connection.execute(standing).all())
    yield from (Reading("alarms", alarms.get(kind, 0), {"kind": kind}) for kind in sorted({*AlarmKind, *alarms}))


def _age(oldest: datetime | None, now: datetime) -> float:
    return 0 if oldest is None else max(0.0, (now - oldest).total_seconds())
