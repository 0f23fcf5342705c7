"""Cutting files quickly: as exactly as the slow way, or not at all."""

from __future__ import annotations

import io
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from declarations.reading.cutting import Doubtful, exact_layout, quick_layout
from declarations.stages.chunks import spans
from tests.reading.documents import faulty, forms_of
from tests.worlds import document

ROOT = b'<?xml version="1.0"?><R xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
FEW = [b"<Form>x</Form>", b"<Form/>", b"<b/>", b"<Formula>1</Formula>", b"<Form >x</Form>", b"<Form>x</Form >"]
ELEMENTS = st.recursive(
    st.sampled_from(FEW),
    lambda inner: st.builds(
        lambda tag, content: b"<%s>%s</%s>" % (tag, b"".join(content), tag),
        st.sampled_from([b"Form", b"Formula", b"c"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


@given(size=st.integers(1, 60_000))
def test_chunks_of_any_size_are_whole_forms_one_after_the_other(size: int) -> None:
    content = faulty()
    layout = quick_layout(partial(io.BytesIO, content), "Form", size)
    found = tuple(layout.chunks)
    assert sum(chunk.forms for chunk in found) == 12
    for chunk in found:
        _, forms, _ = forms_of(content[chunk.offset : chunk.offset + chunk.length])
        assert len(forms) == chunk.forms
        assert chunk.length <= size or chunk.forms == 1 or len(content) < 1 << 20


def test_both_ways_find_the_same_forms() -> None:
    content = document(employers=40, persons=400)
    quick, exact = (way(partial(io.BytesIO, content), "Form", 1 << 30) for way in (quick_layout, exact_layout))
    assert (quick.around, tuple(quick.chunks)) == (exact.around, tuple(exact.chunks))


@pytest.mark.parametrize("window", [5, 64, 1000, 30_000])
def test_it_does_not_matter_how_much_is_looked_at_once(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    opener = partial(io.BytesIO, document(employers=4, persons=9))
    whole = tuple(quick_layout(opener, "Form", 1).chunks)
    monkeypatch.setattr("declarations.reading.cutting._WINDOW", window)
    assert tuple(quick_layout(opener, "Form", 1).chunks) == whole
    assert len(whole) == 4


@given(elements=st.lists(ELEMENTS, max_size=5))
@example([b"<Form>x</Form >", b"<Form>x</Form>"])
@example([b"<Form><Form >x</Form></Form>", b"<Form>x</Form>"])
def test_the_quick_way_is_as_exact_or_doubtful(elements: list[bytes]) -> None:
    content = ROOT + b"\n".join(elements) + b"</R>"
    try:
        quick = quick_layout(partial(io.BytesIO, content), "Form")
        (chunk,) = quick.chunks
    except Doubtful:
        return
    exact = list(spans(io.BytesIO(content), quick.around))
    assert (exact[0][0], exact[-1][1], len(exact)) == (chunk.offset, chunk.offset + chunk.length, chunk.forms)


@pytest.mark.parametrize(
    "odd",
    [
        b"<!-- a comment -->",
        b"<![CDATA[</Form>]]>",
        b"<?instruction?>",
        b"<Stranger/>",
        b"text",
        b"&entity;",
        b" " * 70_000,
    ],
)
def test_what_needs_a_closer_look_is_doubtful(odd: bytes) -> None:
    head, forms, tail = forms_of(document(employers=3, persons=6))
    with pytest.raises(Doubtful):
        tuple(quick_layout(partial(io.BytesIO, head + forms[0] + odd + forms[1] + tail), "Form").chunks)


@pytest.mark.parametrize("tail", [b"", b"</DmfAOriginal><More/>", b"</Other>", b"</DmfAOriginal><!-- end -->"])
def test_a_file_that_does_not_end_with_its_root_is_doubtful(tail: bytes) -> None:
    head, forms, _ = forms_of(document())
    with pytest.raises(Doubtful):
        tuple(quick_layout(partial(io.BytesIO, head + forms[0] + tail), "Form").chunks)
