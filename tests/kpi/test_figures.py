"""What is measured, and how it is rounded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.kpi.facts import Answered, Parcelled, Refused
from declarations.kpi.figures import QUANTILES, Scope, of_batches, share, spread
from declarations.kpi.report import OPERATOR, report
from declarations.kpi.sections import codes, pairs, parcels_total, refusals
from declarations.kpi.table import WITHHELD, Cell
from tests.kpi.logs import APRIL, NOON, Writer

SCOPE = Scope(APRIL.final_at)
HOURS = st.lists(st.floats(0, 500).map(lambda each: round(each, 2)), min_size=1, max_size=300)


def measured(given: Writer) -> dict[str, Cell]:
    return of_batches(list(given.log().counted()), SCOPE)


@settings(max_examples=40)
@given(HOURS)
def test_a_quantile_is_a_duration_that_occurred(values: list[float]) -> None:
    told = spread("hours", values, SCOPE)
    assert set(told.values()) <= set(values)
    assert told["hours_max"] == max(values)


@settings(max_examples=40)
@given(HOURS)
def test_as_many_as_the_quantile_says_took_no_longer(values: list[float]) -> None:
    told = spread("hours", values, SCOPE)
    for name, percent in QUANTILES:
        limit = told[f"hours_{name}"]
        assert isinstance(limit, float)
        assert 100 * sum(each <= limit for each in values) >= percent * len(values)


@settings(max_examples=40)
@given(HOURS)
def test_a_quantile_with_few_beyond_it_is_withheld_from_the_public(values: list[float]) -> None:
    told = spread("hours", values, Scope(APRIL.final_at, beyond=10))
    assert told["hours_max"] == WITHHELD
    assert (told["hours_p50"] == WITHHELD) == (len(values) // 2 < 10)


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, 0, None), (0, 7, 0), (1, 3, 33.33), (2, 3, 66.66), (99_999, 100_000, 99.99)]
)
def test_a_share_is_never_rounded_up(part: int, whole: int, percent: float | None) -> None:
    assert share(part, whole) == percent


def test_only_all_are_a_hundred_percent() -> None:
    assert share(100_000, 100_000) == 100


def test_what_is_open_is_in_no_share() -> None:
    given = Writer(as_of=NOON + timedelta(hours=30))
    given.batch(took=24)
    given.batch(took=None)
    told = of_batches(list(given.log().counted()), Scope(NOON + timedelta(hours=30)))
    assert (told["batches"], told["in_time"], told["open"], told["share"]) == (2, 1, 1, 100)


def test_a_batch_that_is_open_past_its_fourth_day_is_late() -> None:
    given = Writer()
    given.batch(took=None)
    assert (measured(given)["late"], measured(given)["share"]) == (1, 0)


def test_acknowledgments_are_measured_from_the_start_of_the_four_days() -> None:
    given = Writer()
    batch = given.batch()
    given.facts += [
        Answered(batch, "ACRF", NOON + timedelta(seconds=90)),
        Answered(batch, "NOTI", NOON + timedelta(hours=2)),
    ]
    assert (measured(given)["acrf_minutes_p50"], measured(given)["noti_hours_max"]) == (1.5, 2)


def test_the_first_time_counts_once_and_what_was_refused_counts_too() -> None:
    given = Writer()
    given.judged(given.batch(), 3, 3)
    given.judged(given.batch(), 4, 3)
    refused = given.batch(status="refused")
    given.facts.append(Refused(refused, ("125",), NOON))
    given.judged(given.batch(replaces=refused), 5, 5)
    told = measured(given)
    assert (told["first"], told["first_whole"], told["first_share"], told["again"]) == (3, 1, 33.33, 1)
    assert (told["forms"], told["forms_accepted"], told["forms_refused"]) == (12, 11, 1)


def test_anomalies_are_counted_for_a_thousand_forms() -> None:
    given = Writer()
    given.judged(given.batch(), 400, 390, c00036_008=6, c00024_004=1)
    given.judged(given.batch(), 100, 99, c00036_008=4)
    known = given.log()
    told = codes(list(known.counted()), known.codes).records()
    assert [(each["code"], each["count"], each["per_thousand"]) for each in told] == [
        ("00036-008", 10, 20.0),
        ("00024-004", 1, 2.0),
    ]


def test_each_reason_of_a_refusal_counts() -> None:
    given = Writer()
    for reasons in (("125",), ("125", "133")):
        given.facts.append(Refused(given.batch(status="refused"), reasons, NOON))
    assert refusals(given.log().counted()).rows == (("ACRF-125", 2), ("ACRF-133", 1))


def test_the_days_of_a_parcel_end_with_the_receipt_of_its_recipient() -> None:
    given = Writer()
    batch = given.batch(took=110)
    sent = NOON + timedelta(hours=1)
    given.facts += [
        Parcelled(batch, "pensions", 1, sent, sent + timedelta(hours=5)),
        Parcelled(batch, "statistics", 2, sent, sent + timedelta(hours=109)),
    ]
    quick, slow = (
        parcels_total(pairs(given.log().counted(), name), SCOPE).records()[0] for name in ("pensions", "statistics")
    )
    assert (quick["in_time"], quick["late"], quick["receipt_hours_max"]) == (1, 0, 5)
    assert (slow["in_time"], slow["late"], slow["receipt_hours_max"]) == (0, 1, 109)


def test_batches_of_tests_canceled_ones_and_repetitions_are_in_no_figure() -> None:
    given = Writer()
    given.batch(environment="T", took=200)
    given.batch(status="canceled", took=200)
    given.batch(duplicate_of=1, status="refused", took=200)
    table = report(given.log(), OPERATOR).table("total")
    assert table is not None
    assert table.column("batches") == [0]
