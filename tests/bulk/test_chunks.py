"""Where the forms of a file begin and end."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.stages import chunks as cutting
from declarations.stages.chunks import Unscannable, chunks, frame, lines_before, spans

HEAD = b'<?xml version="1.0" encoding="UTF-8"?><Root>'


def forms(content: bytes) -> list[bytes]:
    """The forms that are found in a file."""
    source = io.BytesIO(content)
    return [content[start:end] for start, end in spans(source, frame(source, "Form"))]


def sizes(content: bytes, size: int) -> list[int]:
    """How many forms each chunk has."""
    source = io.BytesIO(content)
    return [chunk.forms for chunk in chunks(source, frame(source, "Form"), size)]


@pytest.mark.parametrize(
    "form",
    [
        b"<Form></Form>",
        b"<Form/>",
        b"<Form />",
        b"<Form\n></Form\n>",
        b'<Form a="/>" b=\'">\'>x</Form>',
        b'<Form a="x"/>',
        b"<Form><!-- </Form> --></Form>",
        b"<Form><![CDATA[</Form>]]]]><![CDATA[>]]></Form>",
        b"<Form><?pi </Form> ?></Form>",
        b"<Form><!-- <![CDATA[ --></Form>",
        b"<Form><Form>a</Form><Form/><Form>b</Form></Form>",
        b"<Form><A><Form><Form></Form></Form></A></Form>",
        b"<Form><Formula></Formula><Form-1/><Form.a/></Form>",
        b"<Form><a:Form xmlns:a='u'></a:Form></Form>",
        b"<Form>a > b</Form>",
        b"<Form>\xc3\xa9</Form>",
    ],
)
def test_a_form_is_found_from_its_first_to_its_last_byte(form: bytes) -> None:
    content = (
        HEAD + b"\n <!-- <Form> -->" + form + b"<!-- </Form> --><?pi <Form>?>" + form + form + b"</Root>\n<!-- x -->"
    )
    assert forms(content) == [form] * 3


@settings(max_examples=60, derandomize=True)
@given(
    pieces=st.lists(
        st.sampled_from(
            [b"<!-- </Form> -->", b"<![CDATA[</Form>]]>", b"<A/>", b"<Form>x</Form>", b"<Form a='>'/>", b"text"]
        )
    ),
    window=st.integers(1, 40),
)
def test_where_a_window_ends_makes_no_difference(pieces: list[bytes], window: int) -> None:
    form = b"<Form>" + b"".join(pieces) + b"</Form>"
    content = HEAD + (form + b" ") * 3 + b"</Root>"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "_WINDOW", window)
        assert forms(content) == [form] * 3


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"<Form/><Other/></Root>",
        HEAD + b"<Form/>text</Root>",
        HEAD + b"<Other><Form/></Other></Root>",
        HEAD + b"<Form/><![CDATA[ ]]></Root>",
        HEAD + b"<Formula/></Root>",
        HEAD + b"<Form></Root>",
        HEAD + b"<Form/>",
        HEAD + b"<Form/><!-- ",
        b"<Root/>",
        b"<Root xmlns='u'><Form/></Root>",
        "<Root><Form/></Root>".encode("utf-16"),
        b"<!DOCTYPE Root><Root><Form/></Root>",
        b"",
    ],
)
def test_a_file_that_cannot_be_cut_at_its_forms_is_told_so(content: bytes) -> None:
    with pytest.raises(Unscannable):
        forms(content)


def test_a_chunk_has_the_forms_that_fit_and_one_at_least() -> None:
    content = HEAD + b"<Form/>" * 3 + b"<Form>%s</Form>" % (b"x" * 100) + b"<Form/>" * 4 + b"</Root>"
    assert sizes(content, 21) == [3, 1, 3, 1]


def test_chunks_count_the_forms_and_bytes_of_the_file() -> None:
    content = HEAD + b"\n<Form/>" * 5 + b"</Root>"
    source = io.BytesIO(content)
    found = list(chunks(source, frame(source, "Form"), 20))
    assert [chunk.first_form for chunk in found] == [1, 3, 5]
    assert {content[chunk.offset : chunk.offset + chunk.length] for chunk in found} == {b"<Form/>\n<Form/>", b"<Form/>"}
    assert [lines_before(source, chunk.offset) for chunk in found] == [1, 3, 5]


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "WINDOWS-1252", "US-ASCII"])
def test_a_chunk_in_its_frame_is_a_file_again(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><!-- > --><R a="/>"><Form/></R>'.encode()
    around = frame(io.BytesIO(content), "Form")
    assert around.head == f'<?xml version="1.0" encoding="{encoding}"?><R a="/>">'.encode()
    assert (around.tail, around.encoding) == (b"</R>", encoding)


def test_a_byte_order_mark_is_no_part_of_a_chunk() -> None:
    assert forms(b"\xef\xbb\xbf" + HEAD + b"<Form/></Root>") == [b"<Form/>"]
