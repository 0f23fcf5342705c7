"""Numbers that replace others: chains, corrections, circles."""

from __future__ import annotations

import io
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.directory.delimited import BadLines
from declarations.directory.renumbering import Renumbered, Replacement, followed, pairs
from tests.directory.given import A, B, C, D, inss, replaced, text

HEADER = "old,new,on"
numbers = st.integers(1, 12).map(inss)
replacements = st.lists(
    st.builds(Replacement, numbers, numbers, st.dates(date(2020, 1, 1), date(2020, 1, 9))).filter(
        lambda each: each.old != each.new
    ),
    max_size=12,
)


def follow(*given: Replacement, known: Renumbered | None = None) -> dict[str, str]:
    """What becomes the newest number of which, where all is well."""
    bad = BadLines()
    changed = followed(given, known or {}, bad)
    assert not bad.found, str(bad)
    return {old: new for old, (new, _) in changed.items()}


def lines(*given: Replacement, known: Renumbered | None = None) -> list[tuple[str, str]]:
    """What is wrong."""
    bad = BadLines()
    followed(given, known or {}, bad)
    return bad.rows()


def test_pairs_are_read_with_their_lines() -> None:
    bad = BadLines()
    found = list(pairs(io.BytesIO(text(f"{A},{B},2022-01-01", header=HEADER)), bad))
    assert (found, bad.found) == ([replaced(A, B)], {})


def test_bad_lines_are_told_by_number() -> None:
    bad = BadLines()
    rows = (f"{A},{B},2022-13-01", f"{A},{A},2022-01-01", f"{A[:-1]},{B},2022-01-01", f"{A},{B}")
    assert list(pairs(io.BytesIO(text(*rows, header=HEADER)), bad)) == []
    assert sorted(bad.rows()) == [
        ("2", "a day as YYYY-MM-DD"),
        ("3", "another new number than the old one"),
        ("4", "an INSS: 11 digits that check"),
        ("5", "3 fields, as in the header"),
    ]


def test_a_chain_is_followed_to_its_last_number() -> None:
    assert follow(replaced(A, B), replaced(B, C), replaced(C, D)) == {A: D, B: D, C: D}


def test_a_chain_may_stand_in_any_order() -> None:
    assert follow(replaced(C, D), replaced(A, B), replaced(B, C)) == {A: D, B: D, C: D}


def test_what_led_to_a_number_that_is_replaced_now_leads_further() -> None:
    assert follow(replaced(B, C), known={A: (B, date(2020, 1, 1))}) == {A: C, B: C}


def test_a_new_number_that_is_replaced_already_leads_to_the_newest() -> None:
    assert follow(replaced(A, B), known={B: (C, date(2020, 1, 1))}) == {A: C}


def test_the_later_of_two_replacements_counts() -> None:
    assert follow(replaced(A, C, "2022-02-01"), replaced(A, B, "2022-01-01")) == {A: C}


def test_what_is_known_already_changes_nothing() -> None:
    assert follow(replaced(A, B), replaced(B, C), known={A: (C, date(2022, 1, 1)), B: (C, date(2022, 1, 1))}) == {}


def test_two_new_numbers_for_one_on_one_day_are_refused() -> None:
    assert lines(replaced(A, B, line=2), replaced(A, C, line=3)) == [("3", "one new number for an old one on one day")]


def test_a_circle_is_refused_with_the_lines_that_lead_into_it() -> None:
    given = (replaced(A, B, line=2), replaced(B, C, line=3), replaced(C, B, line=4), replaced(D, inss(9), line=5))
    assert lines(*given) == [("2-4", "no way back to the same number")]


def test_a_circle_closed_by_what_is_known_is_refused() -> None:
    known = {A: (B, date(2022, 1, 1))}
    assert lines(replaced(B, A, "2023-01-01", line=7), known=known) == [("7", "no way back to the same number")]


@settings(max_examples=50)
@given(replacements)
def test_following_ends_at_a_number_that_nothing_replaces_or_is_refused(given: list[Replacement]) -> None:
    bad = BadLines()
    numbered = [Replacement(each.old, each.new, each.on, line) for line, each in enumerate(given, start=2)]
    changed = followed(numbered, {}, bad)
    if not bad.found:
        assert all(new not in changed for new, _ in changed.values())
        assert set(changed) == {each.old for each in given}


@settings(max_examples=50)
@given(replacements)
def test_a_file_that_was_followed_changes_nothing_the_second_time(given: list[Replacement]) -> None:
    bad = BadLines()
    changed = followed(given, {}, bad)
    if not bad.found:
        assert followed(given, changed, BadLines()) == {}
