"""The four-day rule: when a batch is late, counted in calendar days of Brussels and not in hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from declarations.errors import Invariant

BRUSSELS = ZoneInfo("Europe/Brussels")
"""Where calendar days begin and end."""

DAYS = 4
"""A batch is processed in less than this many calendar days."""


def brussels_date(moment: datetime) -> date:
    """The calendar day of a moment. Raises Invariant for a moment without a time zone."""
    return _utc(moment).astimezone(BRUSSELS).date()


def due(start: datetime) -> datetime:
    """The first moment, in UTC, at which a batch that started then is late."""
    day = brussels_date(start) + timedelta(days=DAYS)
    return datetime.combine(day, time.min, BRUSSELS).astimezone(UTC)


def calendar_days(start: datetime, end: datetime) -> int:
    """How many midnights of Brussels lie between the two moments."""
    return (brussels_date(end) - brussels_date(start)).days


def in_time(start: datetime, end: datetime) -> bool:
    """Whether a batch that started and ended then was processed in less than four calendar days."""
    return calendar_days(start, end) < DAYS


def hours(start: datetime, end: datetime) -> float:
    """The hours that really passed, whatever the clocks on the wall did."""
    return (_utc(end) - _utc(start)) / timedelta(hours=1)


def time_left(start: datetime, now: datetime) -> timedelta:
    """How long until a batch that started then is late; zero or negative where it is."""
    return due(start) - _utc(now)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise Invariant(f"the moment {moment.isoformat()} has no time zone; give it one where it is read")
    return moment.astimezone(UTC)
