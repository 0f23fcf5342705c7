"""The reference directory in the ledger: what lists, increments and replaced numbers do to the answers."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declarations.adapters.database import DatabaseLedger, migrate
from declarations.adapters.database.directory import DatabaseDirectory
from declarations.directory.delimited import BadLines
from declarations.directory.lists import Known, Loaded
from declarations.model import BatchStatus, Outcome
from tests.directory.given import HEADER, QUARTER, A, B, C, D, frames, inss, load, replaced
from tests.ledger.conftest import Shared, hasty
from tests.ledger.given import NOW, drop, recorded

CHANGES = f"{HEADER},action"
Answer = set[tuple[str, str, str]]


@pytest.fixture
def known(shared: Shared) -> DatabaseDirectory:
    """A directory in which nobody is known."""
    return DatabaseDirectory(shared.engine)


def ask(known: DatabaseDirectory, *persons: str, days: tuple[date, date] = QUARTER) -> Answer:
    """Who knows them: recipient, inss, quality."""
    return set(known.known(pl.Series(persons, dtype=pl.String), days).rows())


def test_nobody_knows_anybody_at_first(known: DatabaseDirectory) -> None:
    answer = known.known(pl.Series([A]), QUARTER)
    assert answer.schema == {"recipient": pl.String, "inss": pl.String, "quality": pl.String}
    assert answer.is_empty()


def test_each_institution_that_knows_a_person_is_told_with_the_quality(known: DatabaseDirectory) -> None:
    known.take_list(load("pensions"), frames(f"{A},pensioner,2020-01-01,", f"{B},survivor,2020-01-01,"))
    known.take_list(load("statistics"), frames(f"{A},sample,2020-01-01,"))
    assert ask(known, A, B, C) == {
        ("pensions", A, "pensioner"),
        ("statistics", A, "sample"),
        ("pensions", B, "survivor"),
    }


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2023-03-31,", True),
        ("2023-04-01,", False),
        ("2020-01-01,2022-12-31", False),
        ("2020-01-01,2023-01-01", True),
        ("2023-02-01,2023-02-01", True),
    ],
)
def test_a_person_is_known_in_every_quarter_that_the_period_touches(
    known: DatabaseDirectory, period: str, expected: bool
) -> None:
    known.take_list(load(), frames(f"{A},pensioner,{period}"))
    assert bool(ask(known, A)) is expected


def test_a_quality_with_two_periods_in_one_quarter_is_told_once(known: DatabaseDirectory) -> None:
    rows = (f"{A},pensioner,2023-01-01,2023-01-31", f"{A},pensioner,2023-03-01,")
    known.take_list(load(), frames(*rows))
    assert len(known.known(pl.Series([A, A]), QUARTER)) == 1


def test_a_new_list_takes_the_place_of_the_old_one(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,", f"{B},pensioner,2020-01-01,"))
    done = known.take_list(load(), frames(f"{B},pensioner,2020-01-01,", f"{C},pensioner,2020-01-01,"))
    assert (done, ask(known, A, B, C)) == (
        Loaded(rows=2, added=1, ended=1),
        {("pensions", B, "pensioner"), ("pensions", C, "pensioner")},
    )


def test_a_list_touches_no_other_institution(known: DatabaseDirectory) -> None:
    known.take_list(load("statistics"), frames(f"{A},sample,2020-01-01,"))
    known.take_list(load("pensions"), frames(f"{B},pensioner,2020-01-01,"))
    assert ask(known, A) == {("statistics", A, "sample")}


def test_of_a_row_given_twice_the_longest_period_counts(known: DatabaseDirectory) -> None:
    rows = [f"{A},pensioner,2020-01-01,{last}" for last in ("2021-01-01", "", "2022-01-01")]
    known.take_list(load(), frames(*rows))
    assert ask(known, A) == {("pensions", A, "pensioner")}


def test_increments_add_and_end_and_leave_the_rest(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(*(f"{each},pensioner,2020-01-01," for each in (A, B))))
    rows = (f"{C},pensioner,2022-01-01,,add", f"{A},pensioner,,2022-12-31,end")
    done = known.take_changes(load(), frames(*rows, header=CHANGES))
    assert (done, ask(known, A, B, C)) == (
        Loaded(rows=2, added=1, ended=1),
        {("pensions", B, "pensioner"), ("pensions", C, "pensioner")},
    )


def test_an_end_ends_only_the_quality_and_period_that_it_names(known: DatabaseDirectory) -> None:
    rows = (f"{A},pensioner,2020-01-01,", f"{A},pensioner,2021-01-01,", f"{A},survivor,2020-01-01,")
    known.take_list(load(), frames(*rows))
    known.take_changes(load(), frames(f"{A},pensioner,2020-01-01,2020-12-31,end", header=CHANGES))
    assert known.stats() == [Known("pensions", 3, 1, ("pensioner", "survivor"))]
    assert ask(known, A, days=(date(2020, 1, 1), date(2020, 12, 31))) == ask(known, A)
    known.take_changes(load(), frames(f"{A},pensioner,,2022-12-31,end", header=CHANGES))
    assert ask(known, A) == {("pensions", A, "survivor")}


def test_increments_given_twice_change_nothing_the_second_time(known: DatabaseDirectory) -> None:
    given = frames(f"{A},p,2020-01-01,,add", f"{B},p,2020-01-01,,add", f"{A},p,,2021-01-01,end", header=CHANGES)
    known.take_changes(load(), given)
    before = ask(known, A, B)
    known.take_changes(load(), given)
    assert (ask(known, A, B), known.stats()[0].rows) == (before, 2)


def test_an_institution_that_knows_the_old_number_is_found_by_the_new_one(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    known.take_numbers(load(None), [replaced(A, B)])
    assert ask(known, A, B) == {("pensions", A, "pensioner"), ("pensions", B, "pensioner")}


def test_an_institution_that_gives_the_old_number_later_is_found_by_the_new_one(known: DatabaseDirectory) -> None:
    known.take_numbers(load(None), [replaced(A, B)])
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    assert ask(known, B) == {("pensions", B, "pensioner")}


def test_two_old_numbers_of_one_person_find_each_other(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    known.take_numbers(load(None), [replaced(A, C)])
    known.take_numbers(load(None), [replaced(B, C), replaced(C, D)])
    assert ask(known, B) == {("pensions", B, "pensioner")}


def test_a_corrected_replacement_leads_to_the_corrected_number(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    known.take_numbers(load(None), [replaced(A, B, "2022-01-01")])
    known.take_numbers(load(None), [replaced(A, C, "2022-02-01")])
    assert {inss for _, inss, _ in ask(known, A, B, C)} == {A, C}


def test_a_person_is_ended_under_the_new_number_too(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    known.take_numbers(load(None), [replaced(A, B)])
    known.take_changes(load(), frames(f"{B},pensioner,,2021-12-31,end", header=CHANGES))
    assert ask(known, A) == set()


def test_numbers_that_go_in_a_circle_with_what_is_known_change_nothing(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    known.take_numbers(load(None), [replaced(A, B)])
    refused = known.take_numbers(load(None), [replaced(C, D, line=2), replaced(B, A, "2023-01-01", line=3)])
    assert isinstance(refused, BadLines)
    assert (refused.rows(), known.replaced(), len(known.loads(9))) == ([("3", "no way back to the same number")], 1, 2)


def test_a_list_that_fails_half_way_changes_nothing(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))

    def broken() -> pl.DataFrame:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        known.take_list(load(), (broken() if nth else frames(f"{B},p,2020-01-01,")[0] for nth in range(2)))
    assert ask(known, A, B) == {("pensions", A, "pensioner")}
    known.take_list(load(), frames(f"{C},pensioner,2020-01-01,"))
    assert ask(known, A, B, C) == {("pensions", C, "pensioner")}


def test_a_drop_is_taken_once_however_often_it_is_tried(known: DatabaseDirectory, ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    first = known.take_list(load(batch_id=batch.id), frames(f"{A},pensioner,2020-01-01,"))
    known.take_list(load(), frames(f"{B},pensioner,2020-01-01,"))
    assert known.take_list(load(batch_id=batch.id), frames(f"{A},pensioner,2020-01-01,")) == first
    assert ask(known, A, B) == {("pensions", B, "pensioner")}


def test_loads_are_told_newest_first_with_what_they_did(known: DatabaseDirectory) -> None:
    known.take_list(load(), frames(f"{A},pensioner,2020-01-01,"))
    later = replace(load(None, file="idflux.csv"), loaded_at=NOW + timedelta(hours=1))
    known.take_numbers(later, [replaced(A, B)])
    assert known.loads(9) == [(later, Loaded(1, 1, 0)), (load(), Loaded(1, 1, 0))]


def test_a_file_waits_for_the_earlier_ones_of_its_folder(known: DatabaseDirectory, ledger: DatabaseLedger) -> None:
    first, second, other = (
        recorded(ledger, drop(number, folder=folder, reference=f"DIRX.{folder}.20260423.{number:05}.R"))
        for number, folder in ((1, "990001"), (2, "990001"), (3, "990002"))
    )
    assert [known.behind_another(each) for each in (first, second, other)] == [False, True, False]
    ledger.advance(first, Outcome(BatchStatus.CLOSED), NOW)
    assert not known.behind_another(second)


days = st.dates(date(2020, 1, 1), date(2020, 1, 12))
rows = st.lists(
    st.tuples(st.integers(1, 6).map(inss), st.sampled_from(["p", "q"]), days, st.none() | days).filter(
        lambda row: row[3] is None or row[3] >= row[2]
    ),
    min_size=1,
    max_size=8,
)
Rows = list[tuple[str, str, date, date | None]]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(rows, rows, rows, st.lists(st.integers(1, 6), min_size=1, max_size=4), days, days)
def test_answers_are_those_of_a_slow_search_through_the_lists(
    old: Rows, new: Rows, more: Rows, chain: list[int], one: date, other: date
) -> None:
    period = (min(one, other), max(one, other))
    order = [inss(each) for each in dict.fromkeys(chain)]
    with tempfile.TemporaryDirectory() as folder:
        known = directory(Path(folder))
        known.take_list(load("pensions"), written(old))
        known.take_numbers(load(None), [replaced(*pair) for pair in itertools.pairwise(order)])
        known.take_list(load("pensions"), written(new))
        known.take_changes(load("statistics"), written(more))
        answer = ask(known, *(inss(each) for each in range(1, 8)), days=period)
    person = dict.fromkeys(order, order[-1])
    assert answer == {
        (recipient, asked, quality)
        for recipient, given in (("pensions", new), ("statistics", more))
        for number, quality, first, last in given
        for asked in (inss(each) for each in range(1, 8))
        if person.get(asked, asked) == person.get(number, number)
        and first <= period[1]
        and (last is None or last >= period[0])
    }


def written(given: Rows) -> list[pl.DataFrame]:
    return frames(*(f"{number},{quality},{first},{last or ''}" for number, quality, first, last in given))


def directory(folder: Path) -> DatabaseDirectory:
    """A directory of its own, in a copy of an empty ledger."""
    (folder / "ledger.sqlite").write_bytes(empty_ledger())
    return DatabaseDirectory(hasty(f"sqlite:///{folder}/ledger.sqlite"))


@cache
def empty_ledger() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        migrate(f"sqlite:///{folder}/ledger.sqlite")
        return (Path(folder) / "ledger.sqlite").read_bytes()
