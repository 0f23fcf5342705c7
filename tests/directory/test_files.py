"""An institution's file of persons: what is good, and which lines are not."""

from __future__ import annotations

import io
from datetime import date

import pytest

from declarations.directory.lists import listed, survey
from declarations.errors import Invariant
from tests.directory.given import HEADER, A, B, frames, text


def faults(*rows: str, header: str = HEADER) -> list[tuple[str, str]]:
    return [
        (lines, expected.split(":")[0]) for lines, expected in survey(io.BytesIO(text(*rows, header=header))).bad.rows()
    ]


def test_a_whole_list_is_read_as_persons_with_a_quality_and_a_period() -> None:
    (frame,) = frames(f"{A},pensioner,2020-01-01,", f"{B},child,2020-01-01,2021-12-31")
    assert frame.rows() == [
        (A, "pensioner", date(2020, 1, 1), None, "add"),
        (B, "child", date(2020, 1, 1), date(2021, 12, 31), "add"),
    ]


def test_a_column_of_actions_makes_a_file_of_increments() -> None:
    with_actions = text(f"{A},pensioner,2020-01-01,,add", header=f"{HEADER},action")
    assert [survey(io.BytesIO(each)).increments for each in (text(f"{A},x,2020-01-01,"), with_actions)] == [False, True]


def test_an_end_needs_no_first_day() -> None:
    (frame,) = frames(f"{A},pensioner,,2022-12-31,end", header=f"{HEADER},action")
    assert frame.rows() == [(A, "pensioner", None, date(2022, 12, 31), "end")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"{A[:-1]},p,2020-01-01,", "an INSS"),
        (f"{A[:-1]}{9 - int(A[-1])},p,2020-01-01,", "an INSS"),
        (f"0{A},p,2020-01-01,", "an INSS"),
        (",p,2020-01-01,", "an INSS"),
        (f"{A},,2020-01-01,", "a quality"),
        (f"{A},pen sioner,2020-01-01,", "a quality"),
        (f"{A},{'p' * 33},2020-01-01,", "a quality"),
        (f"{A},p,,", "a first day as YYYY-MM-DD (of an end it may be left out)"),
        (f"{A},p,2020-1-1,", "a first day as YYYY-MM-DD (of an end it may be left out)"),
        (f"{A},p,2020-02-30,", "a first day as YYYY-MM-DD (of an end it may be left out)"),
        (f"{A},p,01-01-2020,", "a first day as YYYY-MM-DD (of an end it may be left out)"),
        (f"{A},p,2020-01-01,9999", "a last day as YYYY-MM-DD (or nothing, but not of an end)"),
        (f"{A},p,2020-01-02,2020-01-01", "a last day that is not before the first"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_what_was_expected(row: str, expected: str) -> None:
    assert faults(f"{B},pensioner,2020-01-01,", row) == [("3", expected)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"{A},p,2020-01-01,,remove", "an action"),
        (f"{A},p,2020-01-01,,", "an action"),
        (f"{A},p,2020-01-01,,end", "a last day as YYYY-MM-DD (or nothing, but not of an end)"),
    ],
)
def test_a_bad_increment_is_told_by_its_number(row: str, expected: str) -> None:
    assert faults(row, header=f"{HEADER},action") == [("2", expected)]


def test_every_bad_line_is_told_for_all_that_is_wrong_with_it() -> None:
    told = faults("1,p q,x,y", f"{A},p,2020-01-01,", "2,p,2020-01-01,", "only one")
    assert {expected: lines for lines, expected in told} == {
        "4 fields, as in the header": "5",
        "an INSS": "2 4",
        "a quality": "2",
        "a first day as YYYY-MM-DD (of an end it may be left out)": "2",
        "a last day as YYYY-MM-DD (or nothing, but not of an end)": "2",
    }


def test_no_number_of_a_person_is_ever_quoted() -> None:
    bad = survey(io.BytesIO(text(f"{A}1,{B},{A},{B}"))).bad
    assert not any(number in str(bad) for number in (A, B))


def test_an_empty_list_is_a_fault_and_not_a_list_of_nobody() -> None:
    assert faults() == [("1", "at least one row after the header")]


def test_a_file_that_changed_since_it_was_judged_is_not_taken() -> None:
    with pytest.raises(Invariant, match="changed between"):
        list(listed(io.BytesIO(text(f"{A},p,2020,"))))
