"""Leases, sightings, and how a drop enters the ledger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, Table, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from declarations.adapters.database.tables import (
    Direction,
    batch,
    clock,
    exchange,
    lease,
    sighting,
    stored_file,
)
from declarations.adapters.database.values import ALL_BATCHES, add, batches, tell
from declarations.model import Batch, BatchStatus, Drop, StoredFile, ticket


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insert that does nothing where the row is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def acquire(connection: Connection, resource: str, holder: str, now: datetime, seconds: float) -> bool:
    """Take or prolong a lease; False where another holder's runs on."""
    terms = {"holder": holder, "expires_at": now + timedelta(seconds=seconds)}
    free = or_(lease.c.holder == holder, lease.c.expires_at <= now)
    taken = connection.execute(update(lease).where(lease.c.resource == resource, free).values(terms))
    if taken.rowcount:
        return True
    entered = insert_new(connection, lease).values(resource=resource, **terms).returning(lease.c.resource)
    return connection.scalar(entered) is not None


def release(connection: Connection, resource: str, holder: str) -> None:
    """Give a lease back."""
    connection.execute(delete(lease).where(lease.c.resource == resource, lease.c.holder == holder))


def holds(connection: Connection, resource: str, holder: str, now: datetime) -> bool:
    """Whether the lease runs, and does so until the end of this transaction."""
    mine = select(lease.c.resource).where(
        lease.c.resource == resource, lease.c.holder == holder, lease.c.expires_at > now
    )
    return connection.scalar(mine.with_for_update()) is not None


def sight(connection: Connection, folder: str, box: str, names: Collection[str], now: datetime) -> dict[str, datetime]:
    """When each name was first seen there; names no longer listed are forgotten."""
    listed = set(names)
    known = _sighted(connection, folder, box)
    if gone := sorted(known.keys() - listed):
        _forget(connection, folder, box, gone)
    if fresh := sorted(listed - known.keys()):
        entered = [{"folder": folder, "box": box, "name": name, "first_seen_at": now} for name in fresh]
        connection.execute(insert_new(connection, sighting), entered)
        known = _sighted(connection, folder, box)
    return {name: known[name] for name in names}


def _sighted(connection: Connection, folder: str, box: str) -> dict[str, datetime]:
    query = select(sighting.c.name, sighting.c.first_seen_at)
    rows = connection.execute(query.where(sighting.c.folder == folder, sighting.c.box == box))
    return {row.name: row.first_seen_at for row in rows}


def _forget(connection: Connection, folder: str, box: str, names: list[str]) -> None:
    for start in range(0, len(names), 500):
        some = names[start : start + 500]
        here = (sighting.c.folder == folder, sighting.c.box == box, sighting.c.name.in_(some))
        connection.execute(delete(sighting).where(*here))


def record(connection: Connection, drop: Drop, holder: str, now: datetime, due: datetime) -> Batch | None:
    """Enter a drop as `received`; None where the lease on the inbox is lost.

    A drop that was entered before and still lies in the inbox is given back as it is: the call is safe to repeat.
    """
    if not holds(connection, f"inbox:{drop.folder}", holder, now):
        return None
    known = [each for each in _lying(connection, drop) if _same(each, drop)]
    return known[0] if known else _entered(connection, drop, now, due)


def _lying(connection: Connection, drop: Drop) -> list[Batch]:
    lying = ALL_BATCHES.where(
        batch.c.folder == drop.folder,
        batch.c.removed_at.is_(None),
        batch.c.kind == drop.kind,
        batch.c.reference == drop.reference,
    )
    return batches(connection, lying)


def _same(known: Batch, drop: Drop) -> bool:
    return (known.environment, known.name, known.first_seen_at, known.files) == (
        drop.environment,
        drop.name,
        drop.first_seen_at,
        drop.files,
    )


def _entered(connection: Connection, drop: Drop, now: datetime, due: datetime) -> Batch:
    occurrence = _next_occurrence(connection, drop)
    named = ticket(drop.kind, drop.folder, drop.reference, occurrence)
    row = _batch_row(drop, now) | {"occurrence": occurrence, "ticket": named}
    batch_id: int = connection.execute(insert(batch).values(row).returning(batch.c.id)).scalar_one()
    add(connection, stored_file, (_file_row(batch_id, *each) for each in enumerate(drop.files)))
    add(connection, exchange, (_exchange_row(batch_id, drop, file, now) for file in drop.files))
    add(connection, clock, [{"batch_id": batch_id, "started_at": drop.first_seen_at, "due_at": due}])
    tell(connection, batch_id, now, str(BatchStatus.RECEIVED), drop.name)
    tell(connection, batch_id, now, "exchange received", *(file.name for file in drop.files))
    return batches(connection, ALL_BATCHES.where(batch.c.id == batch_id))[0]


def _next_occurrence(connection: Connection, drop: Drop) -> int:
    last: int | None = connection.scalar(
        select(func.max(batch.c.occurrence)).where(
            batch.c.kind == drop.kind, batch.c.folder == drop.folder, batch.c.reference == drop.reference
        )
    )
    return (last or 0) + 1


def _batch_row(drop: Drop, now: datetime) -> dict[str, Any]:
    return {
        "kind": drop.kind,
        "folder": drop.folder,
        "environment": drop.environment,
        "reference": drop.reference,
        "name": drop.name,
        "status": BatchStatus.RECEIVED,
        "status_since": now,
        "first_seen_at": drop.first_seen_at,
        "received_at": now,
        "reason": drop.reason,
        "codes": (),
        "attempts": 0,
    }


def _file_row(batch_id: int, position: int, file: StoredFile) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "position": position,
        "kind": file.kind,
        "name": file.name,
        "part": file.part,
        "size": file.size,
        "sha256": file.sha256,
        "modified": file.modified,
    }


def _exchange_row(batch_id: int, drop: Drop, file: StoredFile, now: datetime) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "direction": Direction.IN,
        "name": file.name,
        "folder": drop.folder,
        "environment": drop.environment,
        "sha256": file.sha256,
        "size": file.size,
        "decided_at": now,
        "sent_at": now,
    }


def removed(connection: Connection, batch_id: int, now: datetime) -> None:
    """Note that the inbox is clear of it."""
    lying = (batch.c.id == batch_id, batch.c.removed_at.is_(None))
    connection.execute(update(batch).where(*lying).values(removed_at=now))
