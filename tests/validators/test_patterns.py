"""What repeats in a pattern, and whether it can cost too much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.patterns import Repetition, repetition


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"", Repetition()),
        (r"XXX|\d", Repetition()),
        (r"\d{11}|0", Repetition(most=11)),
        (r"[+-]?\d{1,15}", Repetition(most=15)),
        (r"(\d{3}\.){4}", Repetition(most=12)),
        (r"(\d{2}){0,3}|\d{5}", Repetition(most=6)),
        (r"[\s\S]*\S[\s\S]*", Repetition(unbounded=True)),
        (r"a+(b|c)?", Repetition(unbounded=True)),
        (r"\d{3,}", Repetition(unbounded=True)),
        (r"(a+)?", Repetition(unbounded=True)),
        (r"(a+)+", Repetition(unbounded=True, nested=True)),
        (r"((x|y*)z){2}", Repetition(unbounded=True, nested=True, most=2)),
        (r"(a+){1,9}", Repetition(unbounded=True, nested=True, most=9)),
        (r"[(*+)]{2}\(\*\+", Repetition(most=2)),
        (r"[a-z-[aeiou]]{3}\]", Repetition(most=3)),
        (r"[\]*]\p{L}\P{Lu}{4}", Repetition(most=4)),
        (r"\\+", Repetition(unbounded=True)),
    ],
)
def test_how_a_pattern_repeats(pattern: str, expected: Repetition) -> None:
    assert repetition(pattern) == expected


@given(st.text(alphabet=r"a\[](){},123|*+?-^", max_size=30))
def test_any_text_is_read_to_an_end(text: str) -> None:
    assert repetition(text).most >= 1
