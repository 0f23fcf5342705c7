"""Bad forms are cut out of a chunk and explained, the good ones around them are read at once."""

from __future__ import annotations

import io

import pytest

from declarations.bulk.reading import read_chunk
from declarations.errors import Invariant
from declarations.generate import Request, write
from declarations.stages.chunks import Chunk, frame
from tests.bulk.documents import chunk_by_chunk, difference, document, joined, slowly, version

OF = version("20231")


def with_faults(**faults: int) -> bytes:
    """Thirty forms, so many of them with each fault."""
    buffer = io.BytesIO()
    named = tuple((name.replace("_", "-"), count) for name, count in faults.items())
    write(Request(seed=5, employers=30, persons=90, faults=named), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("size", "prove"), [(1 << 30, True), (1 << 30, False), (100_000, False), (1, True)])
def test_bad_forms_among_good_ones_are_found_as_form_by_form(size: int, prove: bool) -> None:
    content = with_faults(missing_element=3, too_long=2, letters_in_a_number=1, unknown_element=2)
    readings = chunk_by_chunk(content, OF, size, prove)
    assert difference(joined(readings, OF), slowly(content, OF)) == ""
    assert sum(not head.schema_valid for reading in readings for head in reading.heads) == 8


def test_the_good_forms_of_a_chunk_with_bad_ones_are_read_at_once() -> None:
    (reading,) = chunk_by_chunk(with_faults(too_long=3), OF)
    assert reading.at_once
    assert reading.blocks["form"].height == 27


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_form_is_found_at_the_start_in_the_middle_and_at_the_end(place: int) -> None:
    pieces = document(4).split(b"<Border>")
    at = [0, len(pieces) // 2, len(pieces) - 2][place]
    pieces[at + 1] = b"7" + pieces[at + 1]
    content = b"<Border>".join(pieces)
    (reading,) = chunk_by_chunk(content, OF)
    assert difference(joined([reading], OF), slowly(content, OF)) == ""
    assert len(reading.found) == 1


def test_a_chunk_of_bad_forms_only_has_empty_blocks() -> None:
    content = document(4).replace(b"<TypeForm>SU</TypeForm>", b"")
    (reading,) = chunk_by_chunk(content, OF)
    assert difference(joined([reading], OF), slowly(content, OF)) == ""
    assert reading.blocks["form"].height == 0


def test_a_chunk_that_is_not_well_formed_is_our_own_fault() -> None:
    content = document(4)
    source = io.BytesIO(content)
    around = frame(source, "Form")
    data = content[around.start : content.rindex(b"</Form>")]
    with pytest.raises(Invariant, match="not well-formed"):
        read_chunk(data, Chunk(0, around.start, len(data), 1, 3), around, OF, OF.plan, 1, 0, 0)


def test_numbers_and_rows_are_counted_from_where_the_caller_says() -> None:
    content = document(4)
    source = io.BytesIO(content)
    around = frame(source, "Form")
    data = content[around.start : content.rindex(b"</Form>") + 7]
    reading = read_chunk(data, Chunk(7, around.start, len(data), 11, 3), around, OF, OF.plan, 2, 40, 7 << 32)
    assert [(head.number, head.part, head.ordinal) for head in reading.heads] == [(40, 2, 11), (41, 2, 12), (42, 2, 13)]
    assert reading.blocks["form"].select("form", "part", "row", "nth").rows() == [
        (40 + each, 2, (7 << 32) + each, 11 + each) for each in range(3)
    ]
    assert set(reading.blocks["reference"]["form_row"]) <= set(reading.blocks["form"]["row"])
