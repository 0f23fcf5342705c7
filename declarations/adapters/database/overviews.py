"""What the ledger tells one party of its own batches and deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from declarations.adapters.database.tables import batch, clock, delivery, exchange, form, parcel
from declarations.adapters.database.values import ACCEPTED, AnyRow, chunks
from declarations.kpi.overview import MOST, OwnAnswer, OwnBatch, OwnDelivery
from declarations.model import DeliveryStatus, Kind, ParcelStatus, delivery_name


def batches_of(connection: Connection, folder: str, since: datetime) -> tuple[OwnBatch, ...]:
    """That folder's batches whose four days began since then or have not ended, newest first."""
    recent = or_(clock.c.started_at >= since, clock.c.ended_at.is_(None))
    query = (
        select(batch, clock.c.started_at, clock.c.ended_at)
        .join(clock, clock.c.batch_id == batch.c.id)
        .where(batch.c.folder == folder, batch.c.kind == Kind.BATCH, recent)
    )
    rows = connection.execute(query.order_by(batch.c.id.desc()).limit(MOST)).all()
    ids = [row.id for row in rows]
    forms, answers = _forms(connection, ids), _answers(connection, ids)
    return tuple(_batch(row, forms.get(row.id, (0, 0)), answers.get(row.id, ())) for row in rows)


def _forms(connection: Connection, ids: list[int]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for some in chunks(ids):
        query = select(form.c.batch_id, func.count(), ACCEPTED).where(form.c.batch_id.in_(some))
        for batch_id, forms, accepted in connection.execute(query.group_by(form.c.batch_id)):
            found[batch_id] = (forms, accepted)
    return found


def _answers(connection: Connection, ids: list[int]) -> dict[int, tuple[OwnAnswer, ...]]:
    found: dict[int, tuple[OwnAnswer, ...]] = {}
    for some in chunks(ids):
        query = select(exchange.c.batch_id, exchange.c.name, exchange.c.sent_at).where(
            exchange.c.batch_id.in_(some), exchange.c.object.is_not(None)
        )
        for row in connection.execute(query.order_by(exchange.c.id)):
            found[row.batch_id] = (*found.get(row.batch_id, ()), OwnAnswer(f"FO.{row.name}", row.sent_at))
    return found


def _batch(row: AnyRow, forms: tuple[int, int], answers: tuple[OwnAnswer, ...]) -> OwnBatch:
    return OwnBatch(
        name=row.name,
        environment=row.environment,
        status=row.status,
        start=row.started_at,
        end=row.ended_at,
        codes=tuple(row.codes),
        forms=forms[0],
        accepted=forms[1],
        answers=answers,
    )


def deliveries_of(connection: Connection, recipient: str, since: datetime) -> tuple[OwnDelivery, ...]:
    """That recipient's deliveries made since then or not confirmed, newest first."""
    recent = or_(delivery.c.created_at >= since, delivery.c.status != DeliveryStatus.CONFIRMED)
    query = select(delivery).where(delivery.c.recipient == recipient, recent)
    rows = connection.execute(query.order_by(delivery.c.id.desc()).limit(MOST)).all()
    ids = [row.id for row in rows]
    files, carried = _files(connection, ids), _carried(connection, ids)
    return tuple(_delivery(row, files.get(row.id, ()), carried.get(row.id, 0)) for row in rows)


def _files(connection: Connection, ids: list[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for some in chunks(ids):
        query = select(exchange.c.delivery_id, exchange.c.name).where(exchange.c.delivery_id.in_(some))
        for row in connection.execute(query.order_by(exchange.c.part)):
            found[row.delivery_id] = (*found.get(row.delivery_id, ()), f"FO.{row.name}")
    return found


def _carried(connection: Connection, ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in chunks(ids):
        query = select(parcel.c.delivery_id, func.count()).where(parcel.c.delivery_id.in_(some))
        found.update(connection.execute(query.group_by(parcel.c.delivery_id)).all())
    return found


def _delivery(row: AnyRow, files: tuple[str, ...], batches: int) -> OwnDelivery:
    return OwnDelivery(
        name=delivery_name(row.recipient, row.number),
        status=row.status,
        files=files,
        rows=row.rows,
        size=row.size,
        batches=batches,
        created_at=row.created_at,
        sent_at=row.sent_at,
        confirmed_at=row.confirmed_at,
    )


def waiting_for(connection: Connection, recipient: str) -> int:
    """How many parcels wait for that recipient's next delivery."""
    waits = (parcel.c.recipient == recipient, parcel.c.status == ParcelStatus.PENDING, parcel.c.delivery_id.is_(None))
    return connection.execute(select(func.count()).select_from(parcel).where(*waits)).scalar_one()
