"""What the ledger knows of a month as facts: one pass, batch by batch, each as it was at a given moment.

What is written once and dated is read from the events: a later export as of the same moment tells the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from declarations.adapters.database.operations import pauses
from declarations.adapters.database.registers import alarm
from declarations.adapters.database.tables import (
    anomaly_count,
    batch,
    clock,
    delivery,
    event,
    exchange,
    form,
    parcel,
    stored_file,
)
from declarations.adapters.database.values import ACCEPTED, AnyRow, chunks
from declarations.filenames import FileName, parse
from declarations.kpi.facts import (
    Answered,
    Ended,
    Fact,
    Found,
    Judged,
    Outage,
    Parcelled,
    Paused,
    Received,
    Refused,
)
from declarations.model import BatchStatus, Kind, ParcelStatus
from declarations.operations import AlarmKind, Pause

NOT_DECLARED = frozenset({"ACRF", "DIRX"})
"""Objects of what institutions drop: receipts, and lists of the persons they know."""
ANSWERS = frozenset({"ACRF", "NOTI"})
TOLD = ("exchange sent", str(BatchStatus.REFUSED), str(BatchStatus.CONTROLLED), str(BatchStatus.REJECTED))
DELIVERED = ("exchange sent", "delivery confirmed")

Genuine = Callable[[Pause, str], bool]
"""Whether a signature on a pause holds."""


def of_batches(
    connection: Connection, start: datetime, end: datetime, as_of: datetime, genuine: Genuine
) -> Iterator[Fact]:
    """The facts of the batches whose four days began between these moments, as known at `as_of`."""
    began = and_(clock.c.started_at >= start, clock.c.started_at < end, clock.c.started_at <= as_of)
    query = select(batch.c.id).join(clock, clock.c.batch_id == batch.c.id).where(began, batch.c.kind == Kind.BATCH)
    for some in chunks(list(connection.scalars(query.order_by(batch.c.id)))):
        known = _Known.of(connection, some, as_of)
        for row in connection.execute(_BATCHES.where(batch.c.id.in_(some)).order_by(batch.c.id)):
            yield from _facts(connection, row, known, genuine)


_BATCHES = select(batch, clock.c.started_at, clock.c.ended_at).join(clock, clock.c.batch_id == batch.c.id)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of some batches, by their ids."""

    as_of: datetime
    events: Mapping[int, list[AnyRow]]
    forms: Mapping[int, list[AnyRow]]
    counts: Mapping[int, list[AnyRow]]
    parcels: Mapping[int, list[AnyRow]]
    deliveries: Mapping[int, tuple[datetime | None, datetime | None]]  # when sent whole, when confirmed
    pauses: Mapping[int, list[tuple[Pause, str]]]

    @classmethod
    def of(cls, connection: Connection, ids: list[int], as_of: datetime) -> _Known:
        judged = select(form.c.batch_id, func.count().label("forms"), ACCEPTED.label("accepted"))
        carried = select(parcel, delivery.c.created_at).join(
            delivery, delivery.c.id == parcel.c.delivery_id, isouter=True
        )
        parcels = _rows(connection, carried.where(parcel.c.batch_id.in_(ids)).order_by(parcel.c.recipient))
        told = select(event).where(event.c.batch_id.in_(ids), event.c.what.in_(TOLD), event.c.at <= as_of)
        packed = {row.delivery_id for rows in parcels.values() for row in rows if row.delivery_id is not None}
        counts = select(anomaly_count).where(anomaly_count.c.batch_id.in_(ids))
        return cls(
            as_of=as_of,
            events=_rows(connection, told.order_by(event.c.id)),
            forms=_rows(connection, judged.where(form.c.batch_id.in_(ids)).group_by(form.c.batch_id)),
            counts=_rows(connection, counts.order_by(anomaly_count.c.code, anomaly_count.c.anomaly_class)),
            parcels=parcels,
            deliveries=_deliveries(connection, sorted(packed), as_of),
            pauses=_pauses(connection, ids, as_of),
        )


def _pauses(connection: Connection, ids: list[int], as_of: datetime) -> dict[int, list[tuple[Pause, str]]]:
    found: dict[int, list[tuple[Pause, str]]] = {}
    for entered, signature in pauses(connection, ids):
        if entered.entered_at <= as_of:
            found.setdefault(entered.batch_id, []).append((entered, signature))
    return found


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = {}
    for row in connection.execute(query):
        found.setdefault(row.batch_id, []).append(row)
    return found


def _deliveries(
    connection: Connection, ids: list[int], as_of: datetime
) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When each was sent whole and when it was confirmed, the first time: one may be sent again later."""
    found: dict[int, tuple[datetime | None, datetime | None]] = {}
    for some in chunks(ids):
        files = _grouped(
            connection.execute(select(exchange.c.delivery_id, exchange.c.name).where(exchange.c.delivery_id.in_(some)))
        )
        told = select(event).where(event.c.delivery_id.in_(some), event.c.what.in_(DELIVERED), event.c.at <= as_of)
        events = _grouped(connection.execute(told.order_by(event.c.id)))
        for each in some:
            found[each] = _passed([row.name for row in files.get(each, ())], events.get(each, ()))
    return found


def _grouped(rows: Iterable[AnyRow]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.delivery_id, []).append(row)
    return found


def _passed(names: list[str], events: Iterable[AnyRow]) -> tuple[datetime | None, datetime | None]:
    sent: dict[str, datetime] = {}
    confirmed: datetime | None = None
    for row in events:
        if row.what == "exchange sent":
            sent.setdefault(row.detail, row.at)
        else:
            confirmed = confirmed or row.at
    whole = bool(names) and sent.keys() >= set(names)
    return (max(sent.values()) if whole else None), confirmed


def _facts(connection: Connection, row: AnyRow, known: _Known, genuine: Genuine) -> Iterator[Fact]:
    name = parse(row.name)
    named = name if isinstance(name, FileName) else None
    if named is not None and named.object in NOT_DECLARED:
        return
    yield Received(
        batch=row.id,
        sender=row.folder,
        environment=str(row.environment),
        family=named.object if named else "",
        reference=named.reference if named else "",
        start=row.started_at,
        replaces=row.replaces,
        duplicate_of=_original(connection, row) if row.occurrence > 1 else None,
    )
    yield from _decided(row, known)
    yield from (_parcelled(each, known) for each in known.parcels.get(row.id, ()) if _awaited(each, known.as_of))
    yield from (
        Paused(row.id, each.attributed_to, each.since, each.until, genuine(each, signature))
        for each, signature in known.pauses.get(row.id, ())
    )
    if row.ended_at is not None and row.ended_at <= known.as_of:
        yield Ended(row.id, str(row.status), row.ended_at)


def _decided(row: AnyRow, known: _Known) -> Iterator[Fact]:
    """Answers and verdicts, each the first time."""
    told: set[str] = set()
    for each in known.events.get(row.id, ()):
        what = each.detail.partition(".")[0] if each.what == "exchange sent" else each.what
        if what in told:
            continue
        told.add(what)
        if what in ANSWERS:
            yield Answered(row.id, what, each.at)
        elif what == BatchStatus.REFUSED:
            yield Refused(row.id, tuple(row.codes), each.at)
        elif what in (BatchStatus.CONTROLLED, BatchStatus.REJECTED):
            yield from (Judged(row.id, it.forms, it.accepted, each.at) for it in known.forms.get(row.id, ()))
            yield from (_found(it) for it in known.counts.get(row.id, ()))


def _found(row: AnyRow) -> Found:
    return Found(row.batch_id, row.code, row.anomaly_class, row._mapping["count"])


def _awaited(row: AnyRow, as_of: datetime) -> bool:
    """A parcel that nobody may have is no part of anything; one that was packed is, whatever came of it later."""
    packed = row.created_at is not None and row.created_at <= as_of
    return packed or row.status in (ParcelStatus.PENDING, ParcelStatus.PACKED)


def _parcelled(row: AnyRow, known: _Known) -> Parcelled:
    if row.created_at is None or row.created_at > known.as_of:
        return Parcelled(row.batch_id, row.recipient, None, None, None)
    return Parcelled(row.batch_id, row.recipient, row.delivery_id, *known.deliveries[row.delivery_id])


def _original(connection: Connection, row: AnyRow) -> int | None:
    """The earliest batch with the same reference and the same files; None where the bytes are others."""
    same = (batch.c.kind == row.kind, batch.c.folder == row.folder, batch.c.reference == row.reference)
    earlier = select(batch.c.id).where(*same, batch.c.occurrence < row.occurrence).order_by(batch.c.occurrence)
    own = _bytes(connection, row.id)
    return next((each for each in connection.scalars(earlier).all() if _bytes(connection, each) == own), None)


def _bytes(connection: Connection, batch_id: int) -> set[tuple[str, str]]:
    files = select(stored_file.c.name, stored_file.c.sha256).where(stored_file.c.batch_id == batch_id)
    return {(name, sha256) for name, sha256 in connection.execute(files)}


def outages(connection: Connection, start: datetime, end: datetime, as_of: datetime) -> list[Outage]:
    """The outages that touch that time, as known at `as_of`: those that lasted until an alarm told of them.

    The party is the folder's name, or `ours`.
    """
    told = select(alarm.c.subject, alarm.c.detail, alarm.c.raised_at, alarm.c.cleared_at).where(
        alarm.c.kind == AlarmKind.LINE, alarm.c.raised_at < min(end, as_of)
    )
    rows = connection.execute(told.order_by(alarm.c.raised_at, alarm.c.subject)).all()
    touching = [row for row in rows if row.cleared_at is None or row.cleared_at > start]
    return [
        Outage(row.subject, _down_since(row), row.cleared_at if row.cleared_at and row.cleared_at <= as_of else None)
        for row in touching
    ]


_SINCE = re.compile(r"down since (\S+?): ")


def _down_since(row: AnyRow) -> datetime:
    """The first failure, as the alarm tells it; the alarm itself comes after some patience."""
    told = _SINCE.match(row.detail)
    return datetime.fromisoformat(told[1]) if told else row.raised_at
