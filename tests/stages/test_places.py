"""A finding is shown where it stands in the sender's own bytes."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from validators.places import Place, places


def test_an_element_is_found_by_its_location() -> None:
    source = io.BytesIO(b"<a>\n  <b/>\n  <c><d/></c>\n</a>")
    assert places(source, [((1, 2, 1), None)]) == {((1, 2, 1), None): Place((1, 2, 1), 3, 6)}


def test_a_zone_is_found_by_its_tag_with_its_text_as_written() -> None:
    source = io.BytesIO(b"<a><b><x>1</x><x>&#48;07 </x></b></a>")
    assert places(source, [((1, 1), "x")])[(1, 1), "x"] == Place((1, 1, 1), 1, 7, "1")


def test_columns_count_characters_and_not_bytes() -> None:
    source = io.BytesIO("<a><b>éé</b><c/></a>".encode())
    assert places(source, [((1, 2), None)])[(1, 2), None].column == 13


def test_what_is_not_there_is_left_out() -> None:
    assert places(io.BytesIO(b"<a/>"), [((1, 5), None), ((1,), "x")]) == {}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(counts=st.lists(st.integers(0, 4), min_size=1, max_size=5), line=st.booleans())
def test_every_element_is_found_where_it_was_written(counts: list[int], line: bool) -> None:
    end = "\n" if line else ""
    text, wanted = f"<r>{end}", {}
    for nth, count in enumerate(counts, start=1):
        before = text.rpartition("\n")
        wanted[((1, nth), None)] = (text.count("\n") + 1, len(before[2]) + 1)
        text += "<b>" + "<z/>" * count + f"</b>{end}"
    found = places(io.BytesIO((text + "</r>").encode()), wanted)
    assert {key: (place.line, place.column) for key, place in found.items()} == wanted
