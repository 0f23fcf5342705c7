"""Rows of the ledger as values of the model, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table, func, insert, select

from declarations.adapters.database.bulk import add_many
from declarations.adapters.database.tables import Direction, batch, delivery, event, exchange, form, parcel, stored_file
from declarations.model import (
    AnomalyCount,
    Artifact,
    Batch,
    Clock,
    Delivery,
    DeliveryStatus,
    Exchange,
    FormVerdict,
    KeptParcel,
    Outgoing,
    Packed,
    Parcel,
    StoredFile,
)

FEW = 1000
"""Rows that are entered with one statement, as SQLAlchemy makes it."""

CHUNK = 500
"""Batches whose rows are fetched with one statement."""


T = TypeVar("T")
AnyRow = Row[*tuple[Any, ...]]


def chunks(keys: list[T]) -> Iterator[list[T]]:
    """The keys in lists that fit one statement."""
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def batches(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Batch]:
    """The batches that a query over `batch` gives, in its order, with their files."""
    rows = connection.execute(query).all()
    files = _files(connection, [row.id for row in rows])
    return [batch_of(row, tuple(files.get(row.id, ()))) for row in rows]


def _files(connection: Connection, ids: list[int]) -> dict[int, list[StoredFile]]:
    found: dict[int, list[StoredFile]] = {}
    for some in chunks(ids):
        query = select(stored_file).where(stored_file.c.batch_id.in_(some))
        for row in connection.execute(query.order_by(stored_file.c.batch_id, stored_file.c.position)):
            file = StoredFile(row.kind, row.name, row.part, row.size, row.sha256, row.modified)
            found.setdefault(row.batch_id, []).append(file)
    return found


def batch_of(row: AnyRow, files: tuple[StoredFile, ...]) -> Batch:
    """A row of `batch`."""
    return Batch(
        id=row.id,
        kind=row.kind,
        folder=row.folder,
        environment=row.environment,
        reference=row.reference,
        occurrence=row.occurrence,
        name=row.name,
        status=row.status,
        first_seen_at=row.first_seen_at,
        received_at=row.received_at,
        files=files,
        reason=row.reason,
        codes=row.codes,
        attempts=row.attempts,
        last_error=row.last_error,
        held_from=row.held_from,
        removed_at=row.removed_at,
        replaces=row.replaces,
    )


def clock_of(row: AnyRow) -> Clock:
    """A row of `clock`."""
    return Clock(row.started_at, row.due_at, row.ended_at)


def count_of(row: AnyRow) -> AnomalyCount:
    """A row of `anomaly_count`."""
    return AnomalyCount(row.code, row.anomaly_class, row._mapping["count"])


def parcels(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[KeptParcel]:
    """The parcels that a query over `parcel` gives, in its order."""
    return [_parcel_of(row) for row in connection.execute(query)]


def _parcel_of(row: AnyRow) -> KeptParcel:
    ranges = {name: (offset, length) for name, (offset, length) in row.ranges.items()}
    given = Parcel(row.recipient, row.message, row.status, row.rows, row.cut_under, ranges, row.reason)
    return KeptParcel(row.id, row.batch_id, given, row.delivery_id)


def parcel_row(given: Parcel) -> dict[str, Any]:
    """The row of `parcel` for a cut, without what it belongs to."""
    return own_row(given)


def deliveries(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Delivery]:
    """The deliveries that a query over `delivery` gives, in its order."""
    return [_delivery_of(row) for row in connection.execute(query)]


def _delivery_of(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id,
        recipient=row.recipient,
        number=row.number,
        message=row.message,
        status=row.status,
        rows=row.rows,
        size=row.size,
        authorizations=row.authorizations,
        manifest=row.manifest,
        created_at=row.created_at,
        sent_at=row.sent_at,
        confirmed_at=row.confirmed_at,
        last_error=row.last_error,
        resent=row.resent,
    )


def delivery_row(packed: Packed, number: int, now: datetime) -> dict[str, Any]:
    """The row of `delivery` for what was packed."""
    return {
        "recipient": packed.recipient,
        "number": number,
        "message": packed.message,
        "status": DeliveryStatus.PENDING,
        "rows": packed.rows,
        "size": sum(file.size for file in packed.files),
        "authorizations": packed.authorizations,
        "manifest": packed.manifest,
        "created_at": now,
        "resent": 0,
    }


def exchanges(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Exchange]:
    """The outgoing files that a query over `exchange` gives, in its order."""
    return [_exchange_of(row) for row in connection.execute(query)]


def _exchange_of(row: AnyRow) -> Exchange:
    return Exchange(
        id=row.id,
        stem=row.name,
        outgoing=Outgoing(row.object, row.folder, row.environment, row.sha256, row.size, row.signature),
        batch_id=row.batch_id,
        delivery_id=row.delivery_id,
        decided_at=row.decided_at,
        sent_at=row.sent_at,
        part=row.part,
        confirmed_at=row.confirmed_at,
    )


def add(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Enter all of the rows; where they are many, the rest of them in bulk."""
    coming = iter(rows)
    if few := list(islice(coming, FEW)):
        connection.execute(insert(table), few)
    add_many(connection, table, coming)


def own_row(given: Artifact | FormVerdict | AnomalyCount | Parcel) -> dict[str, Any]:
    """A value's fields as they are; `asdict` copies what is in them, and takes five times as long."""
    return {name: getattr(given, name) for name in given.__slots__}


def tell(connection: Connection, batch_id: int, at: datetime, what: str, *details: str) -> None:
    """Add to a batch's story: one line for each detail."""
    add(connection, event, ({"batch_id": batch_id, "at": at, "what": what, "detail": detail} for detail in details))


def tell_of(connection: Connection, delivery_id: int, at: datetime, what: str, *details: str) -> None:
    """Add to a delivery's story, and so to that of every batch in it: one line for each detail."""
    rows = ({"delivery_id": delivery_id, "at": at, "what": what, "detail": detail} for detail in details)
    add(connection, event, rows)


def outgoing_row(outgoing: Outgoing, stem: str, now: datetime) -> dict[str, Any]:
    """The row of `exchange` for a file that leaves, without what it belongs to."""
    return {
        "direction": Direction.OUT,
        "name": stem,
        "object": outgoing.object,
        "folder": outgoing.folder,
        "environment": outgoing.environment,
        "sha256": outgoing.content,
        "size": outgoing.size,
        "signature": outgoing.signature,
        "decided_at": now,
    }


ALL_BATCHES = select(batch)
ALL_PARCELS = select(parcel)
ALL_DELIVERIES = select(delivery)
ALL_OUTGOING = select(exchange).where(exchange.c.object.is_not(None))
ACCEPTED = func.count().filter(form.c.accepted)
"""How many forms of a group were accepted."""
