"""What one party sees of its own every day: the batches that it sent, or the deliveries that it gets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from declarations.kpi.facts import written
from declarations.kpi.punctuality import Standing, standing
from declarations.model import BatchStatus, DeliveryStatus, Environment
from declarations.sla import due, time_left

DAYS = 30
"""How far back an overview goes; what is still open is told however old it is."""
MOST = 5_000
"""Batches or deliveries that it tells, the newest."""
FORMAT = 1
"""Of the JSON."""


class Stage(StrEnum):
    """Where a batch stands, as its sender needs to know it: what is our own affair is `in process`."""

    RECEIVED = "received"
    IN_PROCESS = "in process"
    DELIVERED = "delivered"  # and not confirmed by every recipient
    CLOSED = "closed"
    REFUSED = "refused"
    REJECTED = "rejected"
    CANCELED = "canceled"


_STAGES = {
    BatchStatus.RECEIVED: Stage.RECEIVED,
    BatchStatus.ACCEPTED: Stage.IN_PROCESS,
    BatchStatus.NORMALIZED: Stage.IN_PROCESS,
    BatchStatus.CONTROLLED: Stage.IN_PROCESS,
    BatchStatus.SPLIT: Stage.IN_PROCESS,
    BatchStatus.HELD: Stage.IN_PROCESS,
    BatchStatus.DISTRIBUTED: Stage.DELIVERED,
    BatchStatus.CLOSED: Stage.CLOSED,
    BatchStatus.REFUSED: Stage.REFUSED,
    BatchStatus.REJECTED: Stage.REJECTED,
    BatchStatus.CANCELED: Stage.CANCELED,
}


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """A file of ours about a batch: `FO.NOTI.999999.20260423.00002.R`."""

    name: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnBatch:
    """A batch, for its sender."""

    name: str  # of its GO
    environment: Environment
    status: BatchStatus
    start: datetime
    end: datetime | None
    codes: tuple[str, ...] = ()  # ACRF codes it was refused for
    forms: int = 0
    accepted: int = 0
    answers: tuple[OwnAnswer, ...] = ()

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        return _STAGES[self.status]

    def standing(self, now: datetime) -> Standing | None:
        """Whether it is in time; None where nothing is promised: in test environments."""
        if self.environment is not Environment.PRODUCTION:
            return None
        return standing(self.start, self.end, now)

    def left(self, now: datetime) -> timedelta | None:
        """How long until it is late; None where it has ended or nothing is promised."""
        promised = self.environment is Environment.PRODUCTION and self.end is None
        return time_left(self.start, now) if promised else None


@dataclass(frozen=True, slots=True)
class OwnDelivery:
    """A delivery, for its recipient."""

    name: str  # `pensions-000123`
    status: DeliveryStatus
    files: tuple[str, ...]  # names of its FO files
    rows: int
    size: int  # bytes
    batches: int  # of which it has parcels
    created_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None

    @property
    def awaits_receipt(self) -> bool:
        """Whether it lies with the recipient and was not confirmed."""
        return self.sent_at is not None and self.confirmed_at is None


@dataclass(frozen=True, slots=True)
class Overview:
    """What a party sees, newest first."""

    number: str
    as_of: datetime
    batches: tuple[OwnBatch, ...] = ()
    deliveries: tuple[OwnDelivery, ...] = ()
    waiting: int = 0  # parcels that its next delivery will bring

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.batches or self.deliveries or self.waiting)


def as_json(overview: Overview) -> str:
    """The overview for programs."""
    now = overview.as_of
    told = {
        "format": FORMAT,
        "number": overview.number,
        "as_of": written(now),
        "batches": [_batch(each, now) for each in overview.batches],
        "deliveries": [_delivery(each) for each in overview.deliveries],
        "parcels_waiting": overview.waiting,
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _batch(each: OwnBatch, now: datetime) -> dict[str, object]:
    promised = each.standing(now)
    return {
        "name": each.name,
        "environment": str(each.environment),
        "stage": str(each.stage),
        "codes": [f"ACRF-{code}" for code in each.codes],
        "forms": each.forms,
        "forms_accepted": each.accepted,
        "answers": [{"name": answer.name, "sent_at": _moment(answer.sent_at)} for answer in each.answers],
        "start": written(each.start),
        "end": _moment(each.end),
        "due": written(due(each.start)) if promised else None,
        "standing": str(promised) if promised else None,
    }


def _delivery(each: OwnDelivery) -> dict[str, object]:
    return {
        "name": each.name,
        "status": str(each.status),
        "files": list(each.files),
        "rows": each.rows,
        "bytes": each.size,
        "batches": each.batches,
        "created_at": written(each.created_at),
        "sent_at": _moment(each.sent_at),
        "confirmed_at": _moment(each.confirmed_at),
        "awaits_receipt": each.awaits_receipt,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)


def counted(batches: Iterable[OwnBatch], now: datetime) -> dict[Standing, int]:
    """How many of the batches that something is promised for stand how."""
    found = [each.standing(now) for each in batches]
    return {kind: found.count(kind) for kind in Standing}


def open_first(batches: Sequence[OwnBatch]) -> list[OwnBatch]:
    """The batches that are open, the first due first; then the others, newest first."""
    still = sorted((each for each in batches if each.end is None), key=lambda each: each.start)
    return still + [each for each in batches if each.end is not None]
