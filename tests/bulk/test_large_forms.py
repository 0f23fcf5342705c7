"""A form too large to be read at once gives the same blocks when its children are read some at a time."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.bulk.large import repeated
from declarations.bulk.reading import ChunkReading, Reader
from declarations.stages.chunks import Chunk, Frame, Unscannable, chunks, frame
from tests.bulk.documents import QUARTERS, bent, difference, document, joined, version

EXAMPLES = int(os.environ.get("DECLARATIONS_EXAMPLES", "12"))
SEEDS = st.integers(0, 1 << 30)
SIZES = st.sampled_from([1, 3_000, 20_000])


def only_form(content: bytes, of: str) -> tuple[Reader, Chunk, Frame]:
    """A reader for the one form of a document."""
    around = frame(io.BytesIO(content), version(of).family.form)
    (chunk,) = chunks(io.BytesIO(content), around)
    return Reader(version(of), around, version(of).plan), chunk, around


def in_pieces(content: bytes, of: str, size: int) -> ChunkReading | None:
    reader, chunk, _ = only_form(content, of)
    return reader.read_large(io.BytesIO(content), chunk, part=1, first_number=0, size=size)


def at_once(content: bytes, of: str) -> ChunkReading:
    reader, chunk, _ = only_form(content, of)
    data = content[chunk.offset : chunk.offset + chunk.length]
    return reader.read(data, chunk, part=1, first_number=0, first_row=0)


def differs(content: bytes, of: str, size: int) -> str:
    pieces = in_pieces(content, of, size)
    assert pieces is not None
    return difference(joined([pieces], version(of)), joined([at_once(content, of)], version(of)))


@settings(max_examples=max(EXAMPLES // 2, 6), derandomize=True)
@given(seed=SEEDS, quarter=st.sampled_from(QUARTERS), size=SIZES, indent=st.booleans())
def test_a_form_with_many_persons_is_the_same_in_pieces(seed: int, quarter: str, size: int, indent: bool) -> None:
    content = document(seed, quarter, employers=1, persons=9, indent=indent)
    assert not differs(content, quarter, size)


@settings(max_examples=EXAMPLES, derandomize=True)
@given(seed=SEEDS, size=SIZES)
def test_a_form_that_was_bent_is_the_same_in_pieces_or_not_read_in_pieces(seed: int, size: int) -> None:
    content = bent(seed, document(seed, "20231", employers=1, persons=6), times=2)
    try:
        pieces = in_pieces(content, "20231", size)
    except (Unscannable, ValueError):
        return
    if pieces is not None:
        assert not difference(joined([pieces], version("20231")), joined([at_once(content, "20231")], version("20231")))


def test_what_stands_behind_the_persons_keeps_its_place() -> None:
    content = document(3, "20231", employers=1, persons=8)
    vehicle = b"<CompanyVehicle><CompanyVehicleSequenceNbr>%d</CompanyVehicleSequenceNbr>"
    vehicle += b"<LicensePlate>1ABC123</LicensePlate></CompanyVehicle>"
    last = content.rindex(b"</NaturalPerson>") + len(b"</NaturalPerson>")
    content = content[:last] + vehicle % 1 + vehicle % 2 + content[last:]
    whole, pieces = at_once(content, "20231"), in_pieces(content, "20231", 3_000)
    assert pieces is not None, "it is not valid"
    first, second = pieces.blocks["company_vehicle"]["nth"]
    assert [first, second] == whole.blocks["company_vehicle"]["nth"].to_list()
    assert second == first + 1 > 8
    assert not differs(content, "20231", 3_000)


def test_persons_are_what_a_large_declaration_is_cut_at() -> None:
    child = repeated(version("20231").plan)
    assert child is not None
    assert child.tag == "NaturalPerson"


@pytest.mark.parametrize(
    ("before", "after", "persons"),
    [
        pytest.param(b"", b"", 1, id="one person only"),
        pytest.param(b"<NaturalPerson>", b"<NaturalPerson >", 5, id="tags that are not plain"),
        pytest.param(b"</INSS>", b"</INSS><!-- -->", 5, id="comments"),
        pytest.param(b"<INSS>", b"<INSS>x", 5, id="not valid"),
    ],
)
def test_a_form_that_cannot_be_cut_is_left_to_be_read_at_once(before: bytes, after: bytes, persons: int) -> None:
    content = document(5, "20231", employers=1, persons=persons)
    content = content.replace(before, after) if before else content
    assert in_pieces(content, "20231", 1) is None
