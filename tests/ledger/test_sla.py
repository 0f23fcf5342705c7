"""The four-day rule, against cases that were counted by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations import sla
from declarations.errors import Invariant

MACHINES = ("UTC", "Europe/Brussels", "America/New_York", "Asia/Tokyo")

# start in UTC, the first moment at which it is late in UTC
DUE = [
    # winter: Brussels is one hour ahead
    ("2026-01-12T09:00:00", "2026-01-15T23:00:00"),
    ("2026-01-12T22:59:59", "2026-01-15T23:00:00"),  # 23:59:59 in Brussels
    ("2026-01-12T23:00:00", "2026-01-16T23:00:00"),  # midnight in Brussels: the 13th
    ("2026-01-11T23:00:00", "2026-01-15T23:00:00"),
    # summer: two hours
    ("2026-07-06T09:00:00", "2026-07-09T22:00:00"),
    ("2026-07-06T21:59:59", "2026-07-09T22:00:00"),
    ("2026-07-06T22:00:00", "2026-07-10T22:00:00"),
    # clocks go forward on 29 March 2026 at 01:00 UTC
    ("2026-03-25T12:00:00", "2026-03-28T23:00:00"),  # due at the midnight before the change
    ("2026-03-26T12:00:00", "2026-03-29T22:00:00"),
    ("2026-03-28T12:00:00", "2026-03-31T22:00:00"),
    ("2026-03-28T23:30:00", "2026-04-01T22:00:00"),  # 00:30 on the 29th
    ("2026-03-29T00:30:00", "2026-04-01T22:00:00"),  # 01:30, half an hour before the change
    ("2026-03-29T01:30:00", "2026-04-01T22:00:00"),  # 03:30, half an hour after it
    ("2026-03-29T22:30:00", "2026-04-02T22:00:00"),  # 00:30 on the 30th, already in summer time
    # clocks go back on 25 October 2026 at 01:00 UTC
    ("2026-10-21T12:00:00", "2026-10-24T22:00:00"),  # due at the midnight before the change
    ("2026-10-22T12:00:00", "2026-10-25T23:00:00"),
    ("2026-10-25T00:30:00", "2026-10-28T23:00:00"),  # 02:30 for the first time
    ("2026-10-25T01:30:00", "2026-10-28T23:00:00"),  # 02:30 for the second time
    ("2026-10-25T22:30:00", "2026-10-28T23:00:00"),  # 23:30 on the 25th
    ("2026-10-25T23:30:00", "2026-10-29T23:00:00"),  # 00:30 on the 26th
    # the end of a year, a month, a leap year's February
    ("2026-12-30T10:00:00", "2027-01-02T23:00:00"),
    ("2026-12-31T22:59:00", "2027-01-03T23:00:00"),
    ("2026-12-31T23:00:00", "2027-01-04T23:00:00"),
    ("2026-04-28T10:00:00", "2026-05-01T22:00:00"),
    ("2028-02-26T10:00:00", "2028-02-29T23:00:00"),
    ("2028-02-28T10:00:00", "2028-03-02T23:00:00"),
    ("2028-02-29T10:00:00", "2028-03-03T23:00:00"),
    ("2026-02-26T10:00:00", "2026-03-01T23:00:00"),
]

# start, end, calendar days between them
DAYS = [
    ("2026-04-23T08:00:00", "2026-04-23T08:00:00", 0),
    ("2026-04-22T22:00:00", "2026-04-23T21:59:59", 0),  # one day from midnight to midnight
    ("2026-04-23T21:59:00", "2026-04-23T22:00:00", 1),  # one minute
    ("2026-04-23T08:00:00", "2026-04-26T21:59:59", 3),
    ("2026-04-23T08:00:00", "2026-04-26T22:00:00", 4),
    ("2026-04-22T22:00:00", "2026-04-26T21:59:59", 3),  # 95:59:59 hours and in time
    ("2026-04-23T21:59:00", "2026-04-26T22:00:00", 4),  # 72:01 hours and late
    ("2026-03-25T23:00:00", "2026-03-29T21:59:59", 3),  # 94:59:59 hours: spring
    ("2026-10-21T22:00:00", "2026-10-25T22:59:59", 3),  # 96:59:59 hours: autumn, and in time
    ("2026-12-29T10:00:00", "2027-01-01T10:00:00", 3),
    ("2028-02-27T10:00:00", "2028-03-01T10:00:00", 3),
    ("2027-02-26T10:00:00", "2027-03-02T10:00:00", 4),
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own clock stands in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(("start", "late"), DUE)
def test_a_batch_is_late_at_the_fourth_midnight_of_brussels(start: str, late: str) -> None:
    assert sla.due(moment(start)) == moment(late)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(("start", "end", "days"), DAYS)
def test_days_are_those_of_the_calendar_in_brussels(start: str, end: str, days: int) -> None:
    assert sla.calendar_days(moment(start), moment(end)) == days
    assert sla.in_time(moment(start), moment(end)) == (days <= 3)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-04-22T22:00:00", "2026-04-26T22:00:00", 96),
        ("2026-03-25T23:00:00", "2026-03-29T22:00:00", 95),
        ("2026-10-21T22:00:00", "2026-10-25T23:00:00", 97),
        ("2026-04-23T08:00:00", "2026-04-23T08:45:00", 0.75),
    ],
)
def test_four_days_are_not_always_ninety_six_hours(start: str, end: str, hours: float) -> None:
    in_brussels = [moment(text).astimezone(sla.BRUSSELS) for text in (start, end)]
    assert sla.hours(*in_brussels) == sla.hours(moment(start), moment(end)) == hours


def test_the_time_left_runs_out_at_the_due_moment() -> None:
    start, late = moment("2026-04-23T08:00:00"), moment("2026-04-26T22:00:00")
    assert sla.time_left(start, start) == timedelta(days=3, hours=14)
    assert sla.time_left(start, late) == timedelta(0)
    assert sla.time_left(start, late + timedelta(minutes=1)) == timedelta(minutes=-1)


@pytest.mark.parametrize("read", [sla.due, sla.brussels_date])
def test_a_moment_without_a_time_zone_is_refused(read: object) -> None:
    with pytest.raises(Invariant, match="no time zone"):
        read(datetime(2026, 4, 23, 8))  # type: ignore[operator]  # noqa: DTZ001


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(start=MOMENTS, minutes=st.integers(0, 8 * 24 * 60))
def test_a_batch_is_in_time_exactly_while_time_is_left(start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    assert sla.in_time(start, end) == (end < sla.due(start)) == (sla.time_left(start, end) > timedelta(0))


@given(start=MOMENTS)
def test_there_are_between_three_and_four_days_to_be_in_time(start: datetime) -> None:
    assert timedelta(hours=71) <= sla.time_left(start, start) <= timedelta(hours=97)
