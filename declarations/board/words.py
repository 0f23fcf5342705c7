"""The board's wording: moments in Brussels, durations, and what statuses and events are called."""

from __future__ import annotations

from datetime import datetime, timedelta

from declarations.model import BatchStatus, DeliveryStatus, Environment, ParcelStatus
from declarations.operations import AlarmKind
from declarations.sla import BRUSSELS

FLOW = (
    BatchStatus.RECEIVED,
    BatchStatus.ACCEPTED,
    BatchStatus.NORMALIZED,
    BatchStatus.CONTROLLED,
    BatchStatus.SPLIT,
    BatchStatus.DISTRIBUTED,
    BatchStatus.CLOSED,
)
"""The way of a batch with which nothing is wrong."""

STATUS: dict[BatchStatus, str] = {
    BatchStatus.RECEIVED: "waits to be accepted",
    BatchStatus.ACCEPTED: "waits to be normalized",
    BatchStatus.NORMALIZED: "waits for its controls",
    BatchStatus.CONTROLLED: "waits to be split",
    BatchStatus.SPLIT: "waits to be distributed",
    BatchStatus.DISTRIBUTED: "waits for receipts",
    BatchStatus.CLOSED: "every recipient has confirmed",
    BatchStatus.REFUSED: "the file could not be processed",
    BatchStatus.REJECTED: "no form was accepted",
    BatchStatus.CANCELED: "the sender withdrew it",
    BatchStatus.HELD: "a fault of ours, for an operator",
}

ENVIRONMENT: dict[Environment, str] = {
    Environment.PRODUCTION: "production",
    Environment.CIRCUIT: "circuit test",
    Environment.SIMULATION: "simulation",
}

PARCEL: dict[ParcelStatus, str] = {
    ParcelStatus.PENDING: "waits for the next delivery",
    ParcelStatus.WITHHELD: "withheld: no authorization",
    ParcelStatus.PACKED: "in a delivery",
    ParcelStatus.VOID: "nothing in it concerned the recipient",
}

DELIVERY: dict[DeliveryStatus, str] = {
    DeliveryStatus.PENDING: "on its way",
    DeliveryStatus.SENT: "sent, no receipt yet",
    DeliveryStatus.CONFIRMED: "confirmed",
    DeliveryStatus.CONTESTED: "contested",
}

EVENT: dict[str, str] = {
    "received": "Received",
    "exchange received": "Files taken in",
    "accepted": "Accepted for processing",
    "refused": "Refused",
    "normalized": "Normalized: every form held against its schema",
    "controlled": "Controlled: every form accepted or refused",
    "rejected": "Rejected: no form was accepted",
    "split": "Split: each recipient's part cut",
    "distributed": "Distributed: every delivery written",
    "closed": "Closed",
    "canceled": "Canceled by its sender",
    "held": "Held for an operator",
    "freed": "Put back",
    "attempt failed": "An attempt failed",
    "exchange decided": "File decided on",
    "exchange sent": "File written to the outbox",
    "delivery confirmed": "Confirmed by the recipient",
    "delivery contested": "Contested by the recipient",
    "delivery withheld": "Withheld",
    "delivery granted": "Authorized after all",
    "delivery decided": "Delivery packed",
    "delivery sent again": "Delivery sent again",
}
"""Fixed texts of the ledger as people read them; the others stand as they are."""


ALARM: dict[str, str] = {
    AlarmKind.HALF: "50 % of the four days used",
    AlarmKind.MOST: "75 % of the four days used",
    AlarmKind.BREACH: "overdue",
    AlarmKind.HELD: "held for an operator",
    AlarmKind.STUCK: "does not move",
    AlarmKind.RECEIPT: "receipt overdue",
    AlarmKind.LINE: "server does not answer",
    AlarmKind.STOPPED: "delivery stopped before it left",
}


def alarm(kind: str) -> str:
    """What an alarm is about."""
    return ALARM.get(kind, kind)


def event(what: str) -> str:
    """What an event is called."""
    return EVENT.get(what) or what[:1].upper() + what[1:]


def moment(at: datetime) -> str:
    """`Thu 23 Apr 2026, 22:00`, in Brussels."""
    local = at.astimezone(BRUSSELS)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def short_moment(at: datetime, now: datetime) -> str:
    """The same without what is understood: the day when it is today, the year when it is this one."""
    local, today = at.astimezone(BRUSSELS), now.astimezone(BRUSSELS)
    if local.date() == today.date():
        return f"today {local:%H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def day_and_time(at: datetime) -> str:
    """`27 Apr 10:30`, in Brussels."""
    local = at.astimezone(BRUSSELS)
    return f"{local.day} {local:%b %H:%M}"


def day(at: datetime) -> str:
    """`Thursday 23 April 2026`, in Brussels."""
    local = at.astimezone(BRUSSELS)
    return f"{local:%A} {local.day} {local:%B %Y}"


def time_of_day(at: datetime) -> str:
    """`22:00:05`, in Brussels."""
    return f"{at.astimezone(BRUSSELS):%H:%M:%S}"


def duration(span: timedelta) -> str:
    """`2 d 3 h`, `3 h 20 min`, `5 min`, `12 s`: the two largest units that matter."""
    seconds = max(0, int(span.total_seconds()))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 batch`, `1,200 batches`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(octets: int) -> str:
    """`1.2 MB`, `34 kB`, `120 bytes`."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if octets >= least:
            return f"{octets / least:.1f} {unit}"
    return count(octets, "byte")
