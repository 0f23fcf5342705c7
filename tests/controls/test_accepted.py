"""What is right stays accepted: no control finds anything in declarations without faults."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from declarations.checking import check
from declarations.generate import Request, write

TODAY = date(2024, 1, 31)
QUARTERS = ("20151", "20164", "20172", "20183", "20194", "20211", "20222", "20231", "20233")
SAMPLES = Path(__file__).parents[2] / "sample_batches"


@pytest.mark.parametrize("seed", range(20, 23))
def test_nothing_is_found_in_generated_declarations_of_many_quarters(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "declarations.xml"
    with path.open("wb") as destination:
        write(Request(seed=seed, employers=45, persons=400, quarters=QUARTERS), destination)
    verdict = check([path], TODAY)
    assert (verdict.findings, verdict.accepted) == ((), 45)


@pytest.mark.parametrize("case", ["accepted", "four-parts", "two-quarters", "empty-and-zero-padded"])
def test_nothing_is_found_in_samples_that_are_accepted(case: str) -> None:
    parts = sorted((SAMPLES / case / "in").glob("*/IN/FI.*"))
    assert check(parts, date(2026, 4, 30)).findings == ()
