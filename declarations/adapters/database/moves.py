"""How a batch moves on: one guarded change of status, with all that was decided in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from declarations.adapters.database.deliveries import numbered, receive
from declarations.adapters.database.intake import insert_new
from declarations.adapters.database.tables import anomaly_count, artifact, batch, exchange, form, parcel
from declarations.adapters.database.values import add, outgoing_row, own_row, parcel_row, tell
from declarations.errors import Invariant
from declarations.model import CANCELABLE, FOLLOWS, Artifact, Batch, BatchStatus, Outcome, Outgoing


class MovedOn(Exception):
    """The batch, or the one it cancels, no longer stands where it must: the transaction is undone."""


def check(batch_id: int, status: BatchStatus, following: BatchStatus) -> None:
    """Raises Invariant where that status never follows."""
    if following not in FOLLOWS[status]:
        raise Invariant(f"batch {batch_id} stands {status}: {following} does not follow")


def advance(connection: Connection, moved: Batch, outcome: Outcome, now: datetime) -> None:
    """Take the outcome whole. Raises MovedOn where the batch, or the one it cancels, has moved on."""
    check(moved.id, moved.status, outcome.status)
    codes = {"codes": outcome.codes} if outcome.codes else {}
    held = {"held_from": moved.status if outcome.status is BatchStatus.HELD else None}
    replaces = {} if outcome.replaces is None else {"replaces": outcome.replaces}
    guard = and_(batch.c.id == moved.id, batch.c.status == moved.status)
    _change(connection, guard, outcome.status, now, codes | held | replaces)
    tell(connection, moved.id, now, str(outcome.status), outcome.note)
    if outcome.cancels is not None:
        _cancel(connection, outcome.cancels, moved.name, now)
    _keep(connection, moved.id, outcome)
    receive(connection, moved.id, outcome.receipts, now)
    _answer(connection, moved.id, outcome.answers, now)


def _change(
    connection: Connection, guard: ColumnElement[bool], status: BatchStatus, now: datetime, more: dict[str, Any]
) -> None:
    fresh = {"status": status, "status_since": now, "attempts": 0, "last_error": None}
    if connection.execute(update(batch).where(guard).values(fresh | more)).rowcount != 1:
        raise MovedOn


def _cancel(connection: Connection, batch_id: int, by: str, now: datetime) -> None:
    reach = sorted(CANCELABLE)
    held = and_(batch.c.status == BatchStatus.HELD, batch.c.held_from.in_(reach))
    guard = and_(batch.c.id == batch_id, or_(batch.c.status.in_(reach), held))
    _change(connection, guard, BatchStatus.CANCELED, now, {"held_from": None})
    tell(connection, batch_id, now, str(BatchStatus.CANCELED), by)


def _keep(connection: Connection, batch_id: int, outcome: Outcome) -> None:
    owner = {"batch_id": batch_id}
    add(connection, artifact, (owner | own_row(each) for each in outcome.artifacts))
    add(connection, form, (owner | own_row(each) for each in outcome.forms))
    add(connection, anomaly_count, (owner | own_row(each) for each in outcome.counts))
    add(connection, parcel, (owner | parcel_row(each) for each in outcome.parcels))


def _answer(connection: Connection, batch_id: int, answers: Iterable[Outgoing], now: datetime) -> None:
    stems = [(each, numbered(connection, each, now)) for each in answers]
    add(connection, exchange, (outgoing_row(each, stem, now) | {"batch_id": batch_id} for each, stem in stems))
    tell(connection, batch_id, now, "exchange decided", *(stem for _, stem in stems))


def derived(connection: Connection, given: Batch, artifacts: Iterable[Artifact]) -> bool:
    """Enter what was derived of a batch that still stands there, once; False where it has moved on."""
    stands = select(batch.c.id).where(batch.c.id == given.id, batch.c.status == given.status)
    if connection.scalar(stands.with_for_update()) is None:
        return False
    for each in artifacts:
        connection.execute(insert_new(connection, artifact).values({"batch_id": given.id} | own_row(each)))
    return True


def stumble(connection: Connection, stumbled: Batch, error: str, now: datetime) -> None:
    """Count a failed attempt of a batch that still stands there."""
    guard = (batch.c.id == stumbled.id, batch.c.status == stumbled.status)
    change = {"attempts": batch.c.attempts + 1, "last_error": error}
    if connection.execute(update(batch).where(*guard).values(change)).rowcount:
        tell(connection, stumbled.id, now, "attempt failed", error)


def hold(connection: Connection, stumbled: Batch, error: str, now: datetime) -> None:
    """Count a failed attempt, and hold the batch until an operator frees it."""
    check(stumbled.id, stumbled.status, BatchStatus.HELD)
    guard = (batch.c.id == stumbled.id, batch.c.status == stumbled.status)
    change = {
        "attempts": batch.c.attempts + 1,
        "last_error": error,
        "status": BatchStatus.HELD,
        "status_since": now,
        "held_from": stumbled.status,
    }
    if connection.execute(update(batch).where(*guard).values(change)).rowcount:
        tell(connection, stumbled.id, now, str(BatchStatus.HELD), error)
