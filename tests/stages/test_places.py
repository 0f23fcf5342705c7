"""A finding is shown where it stands in the sender's own bytes."""

from __future__ import annotations

import io
from random import Random

import pytest
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


@settings(max_examples=60, derandomize=True)
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


class Dribbling(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.most if size is None or size < 0 else min(size, self.most))


def forms(draw: Random, encoding: str) -> str:
    """A file of forms with lines ended in every way and characters of every width."""
    odd = "é\u20ac\U0001f600" if encoding == "UTF-8" else "é" if encoding != "US-ASCII" else "e"

    def gap() -> str:
        return "".join(draw.choices(["\n", "\r", "\r\n", " ", "\t", ""], k=draw.randint(0, 3)))

    def block(depth: int) -> str:
        zones = [f"<Zone>{gap()}{draw.choice(['', 'x', odd])}</Zone>", f"<Formula a='{odd}>'/>"]
        inner = [block(depth + 1) if depth < 3 and draw.random() < 0.4 else draw.choice(zones) for _ in range(3)]
        return "<Block>" + gap().join(inner) + f"</Block>{gap()}"

    told = f"<Form>{gap()}%s</Form>{gap()}"
    body = "".join(told % "".join(block(0) for _ in range(draw.randint(0, 3))) for _ in range(draw.randint(1, 6)))
    head = f'<?xml version="1.0" encoding="{encoding}"?>{gap()}' if draw.random() < 0.8 or encoding != "UTF-8" else ""
    mark = "\ufeff" if encoding == "UTF-8" and draw.random() < 0.3 else ""
    return f"{mark}{head}<Root>{gap()}{body}</Root>"


def some_places(draw: Random) -> set[tuple[tuple[int, ...], str | None]]:
    """Places that a file of forms may have."""
    found = set()
    for _ in range(6):
        below = tuple(draw.randint(1, 3) for _ in range(draw.randint(0, 4)))
        found.add(((1, draw.randint(1, 6), *below), draw.choice([None, "Zone"])))
    return found


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "WINDOWS-1252", "US-ASCII"])
@settings(max_examples=150, derandomize=True)
@given(seed=st.integers(0, 2**64 - 1), most=st.sampled_from([13, 64, 1 << 20]))
def test_parsing_only_the_forms_with_findings_finds_the_same(encoding: str, seed: int, most: int) -> None:
    draw = Random(seed)
    content = forms(draw, encoding).encode(encoding)
    wanted = some_places(draw)
    head = max(most, len(content.partition(b"?>")[0]) + 2)
    assert places(Dribbling(content, head), wanted, "Form") == places(io.BytesIO(content), wanted)


@pytest.mark.parametrize(
    "content",
    [
        "<R><!-- <Form> --><Form/><Form><z/></Form></R>",
        "<R><Form><![CDATA[</Form><Form>]]></Form><Form><z/></Form></R>",
        "<R><?skip <Form>?><Form><z/></Form><Form><z/></Form></R>",
        "<R><Form a='1'></Form><Form><z/></Form></R>",
        "<R><Form><Form><z/></Form></Form><Form><z/></Form></R>",
        "<R><Form></Form ><Form\n><z/></Form></R>",
    ],
)
def test_what_the_bytes_alone_do_not_tell_is_parsed_as_a_whole(content: str) -> None:
    wanted = [((1, 2, 1), None), ((1, 1, 1), None), ((1, 2), "z")]
    source = content.encode()
    assert places(io.BytesIO(source), wanted, "Form") == places(io.BytesIO(source), wanted)


def test_a_finding_on_the_root_is_found_too() -> None:
    source = b"<R>\n<Form></Form></R>"
    assert places(io.BytesIO(source), [((1,), None)], "Form") == {((1,), None): Place((1,), 1, 1)}
