"""Reading chunk by chunk gives what reading form by form gives, cell for cell."""

from __future__ import annotations

import io
import os
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from declarations.stages.validate import survey
from tests.bulk.documents import (
    BROKEN,
    QUARTERS,
    SAME,
    bent,
    chunk_by_chunk,
    difference,
    document,
    joined,
    slowly,
    version,
)
from validators.envelope import Limits, well_formed

EXAMPLES = int(os.environ.get("DECLARATIONS_EXAMPLES", "12"))
SEEDS = st.integers(0, 1 << 30)


def differs(content: bytes, quarter: str, size: int = 1 << 30, prove: bool = True) -> str:
    of = version(quarter)
    return difference(joined(chunk_by_chunk(content, of, size, prove), of), slowly(content, of))


@settings(max_examples=max(EXAMPLES // 5, 5), derandomize=True)
@given(seed=SEEDS, quarter=st.sampled_from(QUARTERS), size=st.sampled_from([1, 10_000, 1 << 30]), indent=st.booleans())
def test_a_valid_document_gives_the_same_blocks(seed: int, quarter: str, size: int, indent: bool) -> None:
    content = document(seed, quarter, employers=6, persons=20, indent=indent)
    assert differs(content, quarter, size) == ""


@settings(max_examples=EXAMPLES, derandomize=True)
@given(seed=SEEDS, quarter=st.sampled_from(QUARTERS), prove=st.booleans())
def test_a_document_that_was_bent_gives_the_same_blocks_and_findings(seed: int, quarter: str, prove: bool) -> None:
    content = bent(seed, document(seed % 50, quarter), times=3)
    assume(well_formed(io.BytesIO(content), Limits()) is None)
    assume(not survey(io.BytesIO(content), "Form").strangers)
    assert differs(content, quarter, prove=prove) == ""


@pytest.mark.parametrize("name", [*SAME, *BROKEN])
def test_each_way_to_bend_a_document_gives_the_same_with_and_without_proof(name: str) -> None:
    content = (SAME | BROKEN)[name](Random(name), document(3))
    of = version("20231")
    slow = slowly(content, of)
    assert difference(joined(chunk_by_chunk(content, of, prove=True), of), slow) == ""
    assert difference(joined(chunk_by_chunk(content, of, prove=False), of), slow) == ""


@pytest.mark.parametrize("name", [name for name in SAME if name not in {"signs", "zeros", "time zones"}])
def test_a_document_written_otherwise_is_still_read_at_once(name: str) -> None:
    content = SAME[name](Random(name), document(3))
    assert all(reading.at_once for reading in chunk_by_chunk(content, version("20231")))
