"""When deliveries may leave for a recipient."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.parties.party import Recipient, Window, open_window

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = frozenset(range(7))
MONDAY = frozenset({0})
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
moments = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))


def recipient(window: Window | None = None, first: date | None = None, last: date | None = None) -> Recipient:
    return Recipient(
        id="pensions",
        number="990001",
        name="Pensions",
        certificates=frozenset(),
        window=window,
        valid_from=first,
        valid_until=last,
    )


def here(text: str, fold: int = 0) -> datetime:
    """That moment on the clocks of Brussels; of an hour that comes twice, the second with `fold`."""
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS, fold=fold)


def is_open(window: Window, text: str) -> bool:
    return open_window(recipient(window), here(text))


def test_without_a_window_it_is_always_open() -> None:
    assert open_window(recipient(), here("2026-04-26T03:00"))


def test_a_window_is_open_from_its_first_minute_until_just_before_its_last() -> None:
    window = Window(WEEK, time(8), time(18))
    moments = ("07:59:59", "08:00", "17:59:59", "18:00")
    assert [is_open(window, f"2026-04-27T{each}") for each in moments] == [False, True, True, False]


def test_a_window_opens_only_on_its_days() -> None:
    window = Window(MONDAY, time(8), time(18))
    assert [is_open(window, f"2026-04-{day}T12:00") for day in (26, 27, 28)] == [False, True, False]


def test_a_window_over_midnight_ends_on_the_day_after_the_one_it_opens_on() -> None:
    window = Window(MONDAY, time(22), time(6))
    moments = ("27T21:59", "27T22:00", "28T05:59", "28T06:00", "27T05:00", "28T22:00")
    assert [is_open(window, f"2026-04-{each}") for each in moments] == [False, True, True, False, False, False]


def test_a_window_over_the_night_from_sunday_to_monday_is_open_on_monday_morning() -> None:
    assert is_open(Window(frozenset({6}), time(22), time(6)), "2026-04-27T05:00")


def test_a_window_until_midnight_is_closed_at_midnight() -> None:
    window = Window(MONDAY, time(20), time(0))
    assert [is_open(window, each) for each in ("2026-04-27T23:59:59", "2026-04-28T00:00")] == [True, False]


def test_a_window_that_ends_when_it_opens_lasts_a_whole_day() -> None:
    window = Window(MONDAY, time(9), time(9))
    moments = ("27T08:59", "27T09:00", "28T08:59", "28T09:00")
    assert [is_open(window, f"2026-04-{each}") for each in moments] == [False, True, True, False]


def test_a_window_goes_by_the_clocks_of_brussels_in_winter_and_in_summer() -> None:
    window = Window(WEEK, time(8), time(9))
    winter, summer = datetime(2026, 1, 15, 7, 30, tzinfo=UTC), datetime(2026, 7, 15, 6, 30, tzinfo=UTC)
    assert [open_window(recipient(window), each) for each in (winter, summer)] == [True, True]


def test_an_hour_that_the_clocks_skip_is_not_waited_for() -> None:
    window = Window(WEEK, time(2, 30), time(3, 30))
    before, after = here("2026-03-29T01:59"), here("2026-03-29T03:00")
    assert after - before == timedelta(hours=1, minutes=1)  # on the wall
    assert [open_window(recipient(window), each) for each in (before, after)] == [False, True]


def test_in_an_hour_that_the_clocks_repeat_it_is_open_twice() -> None:
    window = Window(WEEK, time(2, 15), time(2, 45))
    first, second = here("2026-10-25T02:30"), here("2026-10-25T02:30", fold=1)
    assert second.timestamp() - first.timestamp() == 3600
    assert [open_window(recipient(window), each) for each in (first, second)] == [True, True]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("04-30T23:59", False), ("05-01T00:00", True), ("05-31T23:59", True), ("06-01T00:00", False)],
)
def test_outside_its_validity_a_recipient_gets_nothing(moment: str, expected: bool) -> None:
    assert open_window(recipient(None, date(2026, 5, 1), date(2026, 5, 31)), here(f"2026-{moment}")) is expected


@given(times, times, moments)
def test_a_window_of_every_day_and_its_reverse_share_out_the_day(at: time, until: time, moment: datetime) -> None:
    if at != until:
        assert Window(WEEK, at, until).open_at(moment) is not Window(WEEK, until, at).open_at(moment)


@given(st.frozensets(st.integers(0, 6)), times, times, moments)
def test_a_window_is_as_open_as_those_of_its_days(
    days: frozenset[int], at: time, until: time, moment: datetime
) -> None:
    single = [Window(frozenset({day}), at, until).open_at(moment) for day in days]
    assert Window(days, at, until).open_at(moment) is any(single)
