"""What is counted of a clock and of pauses, and how batches are put together for runs: by value alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.operations import (
    BUNDLE_BATCHES,
    BUNDLE_BYTES,
    SMALL_BYTES,
    AlarmKind,
    Pause,
    Waiting,
    bundled,
    paused,
    same_person,
    warned,
)
from declarations.sla import due

START = datetime(2026, 4, 23, 8, 0, tzinfo=UTC)
HALF, MOST, BREACH = AlarmKind.HALF, AlarmKind.MOST, AlarmKind.BREACH


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (START, ()),
        (datetime(2026, 4, 25, 2, 59, 59, tzinfo=UTC), ()),
        (datetime(2026, 4, 25, 3, 0, tzinfo=UTC), (HALF,)),  # due 26 April 22:00 UTC, 86 hours after the start
        (datetime(2026, 4, 26, 0, 29, 59, tzinfo=UTC), (HALF,)),
        (datetime(2026, 4, 26, 0, 30, tzinfo=UTC), (HALF, MOST)),
        (datetime(2026, 4, 26, 21, 59, 59, tzinfo=UTC), (HALF, MOST)),
        (datetime(2026, 4, 26, 22, 0, tzinfo=UTC), (HALF, MOST, BREACH)),
    ],
)
def test_half_and_three_quarters_of_the_four_days_are_said_then_the_breach(
    moment: datetime, said: tuple[AlarmKind, ...]
) -> None:
    assert warned(START, due(START), moment) == said


def pause(since: float, until: float) -> Pause:
    return Pause(1, "990001", "server down", hours(since), hours(until), "jan", hours(100))


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ([], 0),
        ([pause(1, 3)], 2),
        ([pause(1, 3), pause(2, 4)], 3),
        ([pause(2, 4), pause(1, 3)], 3),
        ([pause(1, 9), pause(2, 4)], 8),
        ([pause(-5, 1)], 1),
        ([pause(9, 20)], 1),
        ([pause(-5, 20)], 10),
        ([pause(11, 12)], 0),
        ([pause(1, 2), pause(3, 4), pause(5, 6)], 3),
    ],
)
def test_what_lies_in_pauses_counts_once_and_within_the_batchs_time(pauses: list[Pause], expected: float) -> None:
    assert paused(START, hours(10), pauses) == timedelta(hours=expected)


@given(spans=st.lists(st.tuples(st.integers(-20, 40), st.integers(-20, 40))))
def test_no_pauses_ever_come_to_more_than_the_time_itself(spans: list[tuple[int, int]]) -> None:
    found = paused(START, hours(10), [pause(min(span), max(span)) for span in spans])
    covered = {hour for span in spans for hour in range(max(0, min(span)), min(10, max(span)))}
    assert found == timedelta(hours=len(covered))


def test_the_signed_text_of_a_pause_names_every_field_of_it() -> None:
    text = pause(1, 2).signed_text()
    assert text == (
        b'{"attributed_to":"990001","batch_id":1,"entered_at":"2026-04-27T12:00:00.000000+00:00","operator":"jan",'
        b'"reason":"server down","since":"2026-04-23T09:00:00.000000+00:00",'
        b'"until":"2026-04-23T10:00:00.000000+00:00"}'
    )


@pytest.mark.parametrize(("one", "other", "same"), [("jan", "Jan ", True), ("jan", "els", False), ("ß", "SS", True)])
def test_a_name_is_the_same_whatever_its_case(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


def waiting(number: int, size: int = 9000, attempts: int = 0) -> Waiting:
    return Waiting(number, f"DMFA.000101.20260423.{number:05}.R", START, size, attempts)


def test_small_batches_go_together_and_a_large_one_alone() -> None:
    runs = bundled([waiting(1), waiting(2, SMALL_BYTES), waiting(3)])
    assert [(run.name, run.large) for run in runs] == [("bundle__1-3", False), ("batch__2", True)]


def test_what_has_failed_before_goes_alone() -> None:
    runs = bundled([waiting(1), waiting(2, attempts=1), waiting(3)])
    assert [run.name for run in runs] == ["bundle__1-3", "batch__2"]
    assert not runs[1].large


def test_a_lone_small_batch_is_named_as_one() -> None:
    assert [run.name for run in bundled([waiting(7)])] == ["batch__7"]


@given(sizes=st.lists(st.integers(0, 3 * SMALL_BYTES), max_size=200))
def test_every_batch_is_in_one_run_and_no_bundle_is_too_big(sizes: list[int]) -> None:
    runs = bundled(waiting(number, size) for number, size in enumerate(sizes, start=1))
    assert sorted(each.batch_id for run in runs for each in run.batches) == list(range(1, len(sizes) + 1))
    for run in runs:
        assert len(run.batches) <= BUNDLE_BATCHES
        assert len(run.batches) == 1 or sum(each.size for each in run.batches) <= BUNDLE_BYTES
