"""A month in Brussels: its edges, and when its figures are final and public."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.errors import Configuration
from declarations.kpi.months import Month, final_month, month, month_of, public_month
from declarations.sla import due

MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_month_begins_and_ends_at_midnight_in_brussels() -> None:
    assert (Month(2026, 3).start, Month(2026, 3).end) == (
        moment("2026-03-01T00:00:00+01:00"),
        moment("2026-04-01T00:00:00+02:00"),
    )


def test_december_ends_with_the_year() -> None:
    assert Month(2026, 12).end == Month(2027, 1).start
    assert Month(2027, 1).before() == Month(2026, 12)


@pytest.mark.parametrize(
    ("number", "final", "public"),
    [
        (4, "2026-05-04T00:00:00+02:00", "2026-05-14T00:00:00+02:00"),
        (10, "2026-11-04T00:00:00+01:00", "2026-11-14T00:00:00+01:00"),
        (12, "2027-01-04T00:00:00+01:00", "2027-01-14T00:00:00+01:00"),
    ],
)
def test_figures_are_final_on_the_fourth_and_public_ten_days_later(number: int, final: str, public: str) -> None:
    assert (Month(2026, number).final_at, Month(2026, number).public_at) == (moment(final), moment(public))


@given(MOMENTS)
def test_nothing_of_a_month_is_open_once_it_is_final(start: datetime) -> None:
    assert due(start) <= month_of(start).final_at


@given(MOMENTS)
def test_a_moment_lies_in_its_month(at: datetime) -> None:
    assert month_of(at).start <= at < month_of(at).end
    assert month(str(month_of(at))) == month_of(at)


@given(MOMENTS)
def test_the_newest_final_month_is_final_and_the_next_is_not(now: datetime) -> None:
    found = final_month(now)
    assert found.final_at <= now < month_of(found.end).final_at
    assert public_month(now).public_at <= now


def test_the_public_waits_ten_days_longer() -> None:
    on = Month(2026, 4).final_at + timedelta(days=1)
    assert (final_month(on), public_month(on)) == (Month(2026, 4), Month(2026, 3))


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-00", "2026-4", "April", "2026-04-01", "1926-04"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Configuration, match="2026-04"):
        month(text)
