"""What the ledger tells: the queues, the ends, and the whole story of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Table, and_, exists, func, or_, select, union

from declarations.adapters.database.tables import (
    anomaly_count,
    artifact,
    batch,
    clock,
    delivery,
    event,
    exchange,
    form,
    parcel,
)
from declarations.adapters.database.values import (
    ALL_BATCHES,
    ALL_DELIVERIES,
    ALL_OUTGOING,
    ALL_PARCELS,
    AnyRow,
    batches,
    chunks,
    clock_of,
    count_of,
    deliveries,
    exchanges,
    parcels,
)
from declarations.errors import Invariant
from declarations.model import (
    ENDED,
    Artifact,
    Batch,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    Environment,
    Event,
    FormVerdict,
    KeptParcel,
    Kind,
    ParcelStatus,
    Story,
)

T = TypeVar("T")

SETTLED = (ParcelStatus.WITHHELD, ParcelStatus.VOID)
"""A parcel that nobody may have is not awaited."""


def one(connection: Connection, batch_id: int) -> Batch:
    """That batch. Raises Invariant where there is none."""
    found = batches(connection, ALL_BATCHES.where(batch.c.id == batch_id))
    if not found:
        raise Invariant(f"the ledger has no batch {batch_id}")
    return found[0]


def standing(connection: Connection, status: BatchStatus, limit: int) -> list[Batch]:
    """Batches in that status, oldest first; of the received, cancellations first."""
    first = [batch.c.kind != Kind.CANCELLATION] if status is BatchStatus.RECEIVED else []
    return batches(connection, ALL_BATCHES.where(batch.c.status == status).order_by(*first, batch.c.id).limit(limit))


def unremoved(connection: Connection, folder: str) -> list[Batch]:
    """Batches of that folder whose files may still lie in the inbox, oldest first."""
    lying = and_(batch.c.folder == folder, batch.c.removed_at.is_(None))
    return batches(connection, ALL_BATCHES.where(lying).order_by(batch.c.id))


def after(connection: Connection, batch_id: int, limit: int) -> list[Batch]:
    """The batches that were entered after that one, in order."""
    return batches(connection, ALL_BATCHES.where(batch.c.id > batch_id).order_by(batch.c.id).limit(limit))


def find(connection: Connection, text: str) -> list[Batch]:
    """Batches whose reference or name contains the text in either case, newest first."""
    named = or_(*(column.icontains(text, autoescape=True) for column in (batch.c.reference, batch.c.name)))
    return batches(connection, ALL_BATCHES.where(named).order_by(batch.c.id.desc()))


def namesakes(connection: Connection, like: Batch) -> list[Batch]:
    """Batches (kind GO) of the same folder and reference, first occurrence first."""
    same = (batch.c.kind == Kind.BATCH, batch.c.folder == like.folder, batch.c.reference == like.reference)
    return batches(connection, ALL_BATCHES.where(*same).order_by(batch.c.occurrence))


def distributed(connection: Connection) -> list[Batch]:
    """Batches in `split` of which no parcel waits and every delivery has been sent, oldest first."""
    mine = parcel.c.batch_id == batch.c.id
    waits = exists().where(mine, parcel.c.status == ParcelStatus.PENDING)
    leaving = exists().where(mine, parcel.c.delivery_id == delivery.c.id, delivery.c.status == DeliveryStatus.PENDING)
    done = ALL_BATCHES.where(batch.c.status == BatchStatus.SPLIT, ~waits, ~leaving)
    return batches(connection, done.order_by(batch.c.id))


def finished(connection: Connection) -> list[tuple[Batch, datetime]]:
    """Batches in `distributed`, or ended with a running clock, for which nothing is awaited, and since when."""
    candidates = union(
        select(batch.c.id).where(batch.c.status == BatchStatus.DISTRIBUTED),
        select(clock.c.batch_id).where(clock.c.ended_at.is_(None)),
    )
    unsent = exists().where(exchange.c.batch_id == batch.c.id, exchange.c.sent_at.is_(None))
    mine = parcel.c.batch_id == batch.c.id
    waits = exists().where(mine, parcel.c.status == ParcelStatus.PENDING)
    unconfirmed = delivery.c.status != DeliveryStatus.CONFIRMED
    open_ones = exists().where(mine, parcel.c.delivery_id == delivery.c.id, unconfirmed)
    done = ALL_BATCHES.where(
        batch.c.id.in_(candidates),
        batch.c.status.in_((BatchStatus.DISTRIBUTED, *ENDED)),
        or_(batch.c.status == BatchStatus.CANCELED, and_(~unsent, ~waits, ~open_ones)),
    )
    found = batches(connection, done.order_by(batch.c.id))
    ends = _ends(connection, [each.id for each in found])
    return [(each, ends[each.id]) for each in found]


def _ends(connection: Connection, ids: list[int]) -> dict[int, datetime]:
    """When the last thing awaited came; where nothing was, or the batch was canceled, when it took its status."""
    out = exchange.c.object.is_not(None)
    answered = select(func.max(exchange.c.sent_at)).where(exchange.c.batch_id == batch.c.id, out)
    confirmed = select(func.max(delivery.c.confirmed_at)).where(
        parcel.c.batch_id == batch.c.id, parcel.c.delivery_id == delivery.c.id
    )
    query = select(
        batch.c.id, batch.c.status, batch.c.status_since, answered.scalar_subquery(), confirmed.scalar_subquery()
    )
    ends: dict[int, datetime] = {}
    for some in chunks(ids):
        for batch_id, status, since, *moments in connection.execute(query.where(batch.c.id.in_(some))):
            came = [] if status is BatchStatus.CANCELED else [moment for moment in moments if moment is not None]
            ends[batch_id] = max(came, default=since)
    return ends


def overdue(connection: Connection, now: datetime) -> list[Batch]:
    """Production batches whose clock runs and whose due moment has passed, longest overdue first."""
    running = ALL_BATCHES.join(clock, clock.c.batch_id == batch.c.id).where(clock.c.ended_at.is_(None))
    late = running.where(clock.c.due_at <= now, batch.c.environment == Environment.PRODUCTION)
    return batches(connection, late.order_by(clock.c.due_at, batch.c.id))


def recent(connection: Connection, limit: int) -> list[Story]:
    """The newest batches, newest first, with their clock, anomaly counts, parcels and deliveries."""
    found = batches(connection, ALL_BATCHES.order_by(batch.c.id.desc()).limit(limit))
    ids = [each.id for each in found]
    clocks = _by_batch(connection, clock, ids, clock_of)
    counts = _by_batch(connection, anomaly_count, ids, count_of)
    cut = _parcels(connection, ids)
    carried = _deliveries(connection, [each.delivery_id for kept in cut.values() for each in kept])
    return [
        Story(
            batch=each,
            clock=next(iter(clocks.get(each.id, ())), None),
            counts=tuple(counts.get(each.id, ())),
            parcels=(mine := tuple(cut.get(each.id, ()))),
            deliveries=_carrying(mine, carried),
        )
        for each in found
    ]


def story(connection: Connection, batch_id: int) -> Story:
    """All of one batch. Raises Invariant where there is none."""
    ids = [batch_id]
    outgoing = ALL_OUTGOING.where(exchange.c.batch_id == batch_id).order_by(exchange.c.id)
    cut = tuple(_parcels(connection, ids).get(batch_id, ()))
    carried = _deliveries(connection, [each.delivery_id for each in cut])
    told = or_(event.c.batch_id == batch_id, event.c.delivery_id.in_(sorted(carried)))
    return Story(
        batch=one(connection, batch_id),
        clock=next(iter(_by_batch(connection, clock, ids, clock_of).get(batch_id, ())), None),
        events=tuple(
            _event(row, carried) for row in connection.execute(select(event).where(told).order_by(event.c.id))
        ),
        forms=tuple(forms(connection, batch_id)),
        counts=tuple(_by_batch(connection, anomaly_count, ids, count_of).get(batch_id, ())),
        exchanges=tuple(exchanges(connection, outgoing)),
        parcels=cut,
        deliveries=_carrying(cut, carried),
        artifacts=tuple(artifacts(connection, batch_id)),
    )


def told_of(connection: Connection, delivery_id: int) -> list[Event]:
    """The story of one delivery."""
    mine = select(event).where(event.c.delivery_id == delivery_id).order_by(event.c.id)
    return [_event(row, {}) for row in connection.execute(mine)]


def forms(connection: Connection, batch_id: int) -> list[FormVerdict]:
    """The verdicts on its forms, in order."""
    return _by_batch(connection, form, [batch_id], _form).get(batch_id, [])


def artifacts(connection: Connection, batch_id: int) -> list[Artifact]:
    """What was derived from it so far, by kind and name."""
    return _by_batch(connection, artifact, [batch_id], _artifact).get(batch_id, [])


def _by_batch(connection: Connection, table: Table, ids: list[int], value: Callable[[AnyRow], T]) -> dict[int, list[T]]:
    """The rows of those batches as values, in the order of the primary key."""
    found: dict[int, list[T]] = {}
    for some in chunks(ids):
        for row in connection.execute(select(table).where(table.c.batch_id.in_(some)).order_by(*table.primary_key)):
            found.setdefault(row.batch_id, []).append(value(row))
    return found


def _parcels(connection: Connection, ids: list[int]) -> dict[int, list[KeptParcel]]:
    found: dict[int, list[KeptParcel]] = {}
    for some in chunks(ids):
        for each in parcels(connection, ALL_PARCELS.where(parcel.c.batch_id.in_(some)).order_by(parcel.c.id)):
            found.setdefault(each.batch_id, []).append(each)
    return found


def _deliveries(connection: Connection, ids: Iterable[int | None]) -> dict[int, Delivery]:
    wanted = sorted({each for each in ids if each is not None})
    return {
        each.id: each
        for some in chunks(wanted)
        for each in deliveries(connection, ALL_DELIVERIES.where(delivery.c.id.in_(some)))
    }


def _carrying(cut: tuple[KeptParcel, ...], carried: Mapping[int, Delivery]) -> tuple[Delivery, ...]:
    """The deliveries that carry those parcels, in their order."""
    return tuple(carried[each.delivery_id] for each in cut if each.delivery_id is not None)


def _event(row: AnyRow, carried: Mapping[int, Delivery]) -> Event:
    """What was told of a delivery is told of each batch in it, with the recipient's name."""
    whose = f"{carried[row.delivery_id].recipient}: " if row.delivery_id in carried else ""
    return Event(row.at, row.what, f"{whose}{row.detail}".removesuffix(": "))


def _form(row: AnyRow) -> FormVerdict:
    return FormVerdict(row.number, row.part, row.ordinal, row.ticket, row.accepted, row.anomalies)


def _artifact(row: AnyRow) -> Artifact:
    return Artifact(row.kind, row.name, row.sha256, row.rows)
