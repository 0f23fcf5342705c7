"""What the ledger tells the operators' board: short reads over indexes, for any number of batches."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, event, func, or_, select, union_all

from declarations.adapters.database import lines, operations
from declarations.adapters.database.board_story import tale
from declarations.adapters.database.engine import engine, reading
from declarations.adapters.database.registers import decision
from declarations.adapters.database.tables import batch, clock, delivery, exchange, form, parcel
from declarations.board import values
from declarations.board.clock import HALF, THREE_QUARTERS, Mark, latest_start
from declarations.board.values import Found, Marks, Overview, Queue, Standing, Tale, Wanted
from declarations.model import (
    ENDED,
    OPEN,
    BatchStatus,
    DeliveryStatus,
    Environment,
    Kind,
    Line,
    ParcelStatus,
    delivery_called,
)

ENDED_WITHIN = timedelta(days=1)
LISTED = 15
PAGE = 50
MOST = 200

SHARES: dict[Mark, tuple[float, float]] = {
    Mark.OVERDUE: (1.0, 0),
    Mark.THREE_QUARTERS: (THREE_QUARTERS, 1.0),
    Mark.HALF: (HALF, THREE_QUARTERS),
    Mark.EARLY: (0, HALF),
}
"""Of its four days: the share that a marked batch has reached, and the one that it has not; 0 for none."""

RECEIPTS = "ACRF."
"""How the names of recipients' receipts begin: they are drops too, and no batches that anybody waits for."""

ROWS = select(batch, clock.c.due_at, clock.c.ended_at).join(clock, clock.c.batch_id == batch.c.id)
DECLARATIONS = and_(
    batch.c.kind.not_in((Kind.CANCELLATION, Kind.ODD)),  # so said, it tempts no planner away from the order wanted
    func.substr(batch.c.reference, 1, len(RECEIPTS)) != RECEIPTS,
)
PRODUCTION = batch.c.environment == Environment.PRODUCTION
RUNNING = and_(PRODUCTION, DECLARATIONS)


def open_board(url: str) -> DatabaseBoard:
    """The board's view of the ledger at that URL; nothing is connected yet."""
    database = engine(url)
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", _only_read)
    return DatabaseBoard(database)


def _only_read(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON").close()


class DatabaseBoard:
    """The ledger as `declarations.board.values.Source` reads it."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._database.dispose()

    def overview(self, now: datetime) -> Overview:
        """The first page."""
        with reading(self._database) as connection:
            return _overview(connection, now)

    def batches(self, wanted: Wanted, now: datetime) -> Found:
        """A page of that list: marked ones by the time they have left, others newest first."""
        with reading(self._database) as connection:
            return _listed(connection, wanted) if wanted.mark is None else _marked(connection, wanted.mark, now)

    def chosen(self, ids: Sequence[int]) -> tuple[values.Row, ...]:
        """Those batches that there are, oldest first."""
        with reading(self._database) as connection:
            return _rows(connection, ROWS.where(batch.c.id.in_(ids[:MOST])).order_by(batch.c.id))

    def search(self, text: str) -> Found:
        """Batches of that folder, with that ticket, answer or delivery, or that text in their reference."""
        with reading(self._database) as connection:
            return _search(connection, text)

    def queues(self) -> tuple[Queue, ...]:
        """The queue of every recipient that ever had a delivery or has a parcel waiting, by id."""
        with reading(self._database) as connection:
            return _queues(connection)

    def lines(self) -> tuple[Line, ...]:
        """The lines to all folders that were ever tried, by folder."""
        with reading(self._database) as connection:
            return tuple(lines.every(connection))

    def tale(self, batch_id: int) -> Tale | None:
        """All of one batch; None where there is none."""
        with reading(self._database) as connection:
            found = _rows(connection, ROWS.where(batch.c.id == batch_id))
            return tale(connection, found[0]) if found else None


def _overview(connection: Connection, now: datetime) -> Overview:
    since = now - ENDED_WITHIN
    newest = ROWS.where(DECLARATIONS).order_by(batch.c.id.desc()).limit(LISTED)
    return Overview(
        open=_standings(connection, batch.c.status.in_(OPEN)),
        ended=_standings(connection, and_(batch.c.status.in_(ENDED), batch.c.first_seen_at >= since)),
        ended_since=since,
        marks=_marks(connection, now),
        urgent=_earliest(connection, OPEN, RUNNING, LISTED),
        held=_earliest(connection, (BatchStatus.HELD,), DECLARATIONS, LISTED),
        newest=_rows(connection, newest),
        down=tuple(each for each in lines.every(connection) if each.down_since is not None),
        alarms=tuple(reversed(operations.standing_alarms(connection)[-LISTED:])),
    )


def _standings(connection: Connection, which: ColumnElement[bool]) -> tuple[Standing, ...]:
    grouped = select(batch.c.status, batch.c.environment, func.count(), func.min(batch.c.first_seen_at))
    everywhere = batch.c.environment.in_(tuple(Environment))
    query = grouped.where(which, everywhere, DECLARATIONS).group_by(batch.c.status, batch.c.environment)
    found: dict[BatchStatus, Standing] = {}
    for row in connection.execute(query):
        status, environment, number, oldest = row[0], row[1], row[2], row[3]
        known = found.get(status, Standing(status, 0))
        if environment is Environment.PRODUCTION:
            found[status] = replace(known, count=number, oldest=oldest)
        else:
            found[status] = replace(known, tests=known.tests + number)
    return tuple(found[status] for status in BatchStatus if status in found)


def _marks(connection: Connection, now: datetime) -> Marks:
    """Counted by arrival, from which the due moment follows: one index has it all."""
    shares = [batch.c.first_seen_at <= latest_start(now, share) for share in (1.0, THREE_QUARTERS, HALF)]
    reached = select(*(func.count().filter(each) for each in shares)).select_from(batch)
    row = connection.execute(reached.where(batch.c.status.in_(OPEN), shares[-1], RUNNING)).one()
    overdue, three_quarters, half = row[0], row[1], row[2]
    return Marks(overdue, three_quarters - overdue, half - three_quarters)


def _earliest(
    connection: Connection, statuses: Sequence[BatchStatus], which: ColumnElement[bool], most: int
) -> tuple[values.Row, ...]:
    """The batches in those statuses that arrived first. Each status has its own order, so they are merged."""
    arrived = [
        select(
            select(batch.c.id, batch.c.first_seen_at)
            .where(batch.c.status == status, which)
            .order_by(batch.c.first_seen_at)
            .limit(most)
            .subquery()
        )
        for status in statuses
    ]
    merged = union_all(*arrived).subquery()
    first = select(merged.c.id).order_by(merged.c.first_seen_at, merged.c.id).limit(most)
    return _rows(connection, ROWS.where(batch.c.id.in_(first)).order_by(batch.c.first_seen_at, batch.c.id))


def _marked(connection: Connection, mark: Mark, now: datetime) -> Found:
    reached, before = SHARES[mark]
    so_far = [batch.c.first_seen_at <= latest_start(now, reached)] if reached else []
    no_further = [batch.c.first_seen_at > latest_start(now, before)] if before else []
    return Found(_earliest(connection, OPEN, and_(RUNNING, *so_far, *no_further), MOST))


def _listed(connection: Connection, wanted: Wanted) -> Found:
    query = ROWS.where(DECLARATIONS)
    if wanted.status is not None:
        query = query.where(batch.c.status == wanted.status)
    if wanted.folder is not None:
        query = query.where(batch.c.folder == wanted.folder)
    if wanted.before is not None:
        query = query.where(batch.c.id < wanted.before)
    return _newest_first(connection, query)


def _newest_first(connection: Connection, query: Select[*tuple[Any, ...]]) -> Found:
    rows = _rows(connection, query.order_by(batch.c.id.desc()).limit(PAGE + 1))
    return Found(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


FOLDER = re.compile(r"[0-9]{6}")
TICKET = re.compile(r"[0-9A-Z]{13}")
REFERENCE = re.compile(r"(?:(?:FI|FS|FO|GO|TD)\.)?(?P<stem>[A-Z0-9]+\.(?P<folder>[0-9]{6})\.[0-9]{8}\.[0-9]{5}\.[RTS])")


def _search(connection: Connection, text: str) -> Found:
    """What was meant is tried first, from the narrowest on; a part of a reference is looked for last."""
    if not text:
        return Found(())
    for meant in _meanings(text):
        found = _newest_first(connection, ROWS.where(meant))
        if found.rows:
            return found
    return _newest_first(connection, ROWS.where(batch.c.reference.contains(text.upper(), autoescape=True)))


def _meanings(text: str) -> Iterable[ColumnElement[bool]]:
    if FOLDER.fullmatch(text):
        yield and_(batch.c.folder == text, DECLARATIONS)
    if TICKET.fullmatch(text.upper()):
        yield batch.c.ticket == text.upper()
        yield batch.c.id.in_(select(form.c.batch_id).where(form.c.ticket == text.upper()).limit(MOST))
    if named := REFERENCE.match(text):
        stem = named["stem"]
        yield and_(batch.c.kind.in_(tuple(Kind)), batch.c.folder == named["folder"], batch.c.reference == stem)
        yield or_(*(batch.c.id.in_(each) for each in _carried(exchange.c.name == stem)))
    if called := delivery_called(text):
        recipient, number = called
        those = and_(delivery.c.recipient == recipient, delivery.c.number == number)
        yield batch.c.id.in_(
            select(parcel.c.batch_id).join(delivery, delivery.c.id == parcel.c.delivery_id).where(those)
        )


def _carried(files: ColumnElement[bool]) -> tuple[Select[*tuple[Any, ...]], ...]:
    """The batches that files of ours answer, and those whose parcels they carry."""
    ours = and_(files, exchange.c.object.is_not(None))
    carrying = select(parcel.c.batch_id).join(exchange, exchange.c.delivery_id == parcel.c.delivery_id)
    return select(exchange.c.batch_id).where(ours, exchange.c.batch_id.is_not(None)), carrying.where(ours).limit(MOST)


def _queues(connection: Connection) -> tuple[Queue, ...]:
    waiting = _waiting(connection)
    unconfirmed = _unconfirmed(connection)
    last = _last_receipts(connection)
    known = sorted({*last, *(recipient for recipient, _ in (*waiting, *unconfirmed))})
    return tuple(_queue(each, waiting, unconfirmed, last.get(each)) for each in known)


Parcels = dict[tuple[str, ParcelStatus], tuple[int, datetime]]
Deliveries = dict[tuple[str, DeliveryStatus], tuple[int, datetime]]


def _queue(recipient: str, waiting: Parcels, unconfirmed: Deliveries, last: datetime | None) -> Queue:
    cut, since = waiting.get((recipient, ParcelStatus.PENDING), (0, None))
    withheld, _ = waiting.get((recipient, ParcelStatus.WITHHELD), (0, None))
    counts = {status: unconfirmed.get((recipient, status), (0, None)) for status in DeliveryStatus}
    moments = [moment for _, moment in counts.values() if moment is not None]
    return Queue(
        recipient=recipient,
        waiting=cut,
        waiting_since=since,
        withheld=withheld,
        sending=counts[DeliveryStatus.PENDING][0],
        sent=counts[DeliveryStatus.SENT][0],
        contested=counts[DeliveryStatus.CONTESTED][0],
        unconfirmed_since=min(moments, default=None),
        last_receipt_at=last,
    )


def _waiting(connection: Connection) -> Parcels:
    stands = and_(parcel.c.delivery_id.is_(None), parcel.c.status.in_((ParcelStatus.PENDING, ParcelStatus.WITHHELD)))
    grouped = select(
        parcel.c.recipient, parcel.c.status, func.count().label("number"), func.min(parcel.c.id).label("first")
    )
    oldest = grouped.where(stands).group_by(parcel.c.recipient, parcel.c.status).subquery()
    dated = select(oldest.c.recipient, oldest.c.status, oldest.c.number, batch.c.first_seen_at)
    query = dated.join(parcel, parcel.c.id == oldest.c.first).join(batch, batch.c.id == parcel.c.batch_id)
    return {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}


def _unconfirmed(connection: Connection) -> Deliveries:
    grouped = select(delivery.c.recipient, delivery.c.status, func.count(), func.min(delivery.c.created_at))
    query = grouped.where(delivery.c.confirmed_at.is_(None)).group_by(delivery.c.recipient, delivery.c.status)
    return {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}


def _last_receipts(connection: Connection) -> dict[str, datetime | None]:
    """For every recipient with a delivery: the moment at which its newest confirmed one was.

    Recipients are found by leaping over the index: there are few of them, and many deliveries.
    """
    first = select(func.min(delivery.c.recipient).label("recipient")).cte("leap", recursive=True)
    following = select(func.min(delivery.c.recipient)).where(delivery.c.recipient > first.c.recipient)
    leap = first.union_all(select(following.scalar_subquery()).where(first.c.recipient.is_not(None)))
    newest = select(delivery.c.confirmed_at).where(
        delivery.c.recipient == leap.c.recipient, delivery.c.confirmed_at.is_not(None)
    )
    last = newest.order_by(delivery.c.number.desc()).limit(1).scalar_subquery()
    query = select(leap.c.recipient, last).where(leap.c.recipient.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query)}


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[values.Row, ...]:
    """The batches of a query over ROWS; of the held ones with who proposed their release."""
    found = connection.execute(query).all()
    proposed = _proposers(connection, [row.id for row in found if row.status is BatchStatus.HELD])
    return tuple(_row(each, proposed.get(each.id)) for each in found)


def _proposers(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    undecided = and_(decision.c.batch_id.in_(ids), decision.c.decided_at.is_(None))
    query = select(decision.c.batch_id, decision.c.proposed_by).where(undecided).order_by(decision.c.id)
    return {row.batch_id: row.proposed_by for row in connection.execute(query)}


def _row(row: Row[*tuple[Any, ...]], proposed_by: str | None) -> values.Row:
    return values.Row(
        id=row.id,
        kind=row.kind,
        reference=row.reference,
        occurrence=row.occurrence,
        folder=row.folder,
        environment=row.environment,
        status=row.status,
        since=row.status_since,
        arrived_at=row.first_seen_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        codes=row.codes,
        attempts=row.attempts,
        last_error=row.last_error,
        proposed_by=proposed_by,
    )
