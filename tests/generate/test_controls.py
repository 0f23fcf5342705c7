"""What the validation of production says of synthetic declarations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from declarations.checking import check
from declarations.generate import FAULTS, Request, write

TODAY = date(2023, 4, 30)
QUARTERS = ("20154", "20223", "20224", "20231")
TAUGHT = sorted(set(FAULTS) - {"not-well-formed"})


def requests() -> dict[str, Request]:
    """A declaration without faults for some quarters, and one for each fault: each of other employers."""
    plain = {quarter: Request(seed=1, employers=1, persons=150, quarter=quarter) for quarter in QUARTERS}
    bent = {
        fault: Request(
            seed=seed,
            employers=2 if fault == "same-person-in-two-forms" else 1,
            persons=8,
            quarter="20224",
            faults=((fault, 1),),
        )
        for seed, fault in enumerate(TAUGHT, 2)
    }
    return plain | bent


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The codes found in each of them."""
    folder = tmp_path_factory.mktemp("declarations")
    for name, request in requests().items():
        with (folder / name).open("wb") as destination:
            write(request, destination)
    found: dict[str, set[str]] = {name: set() for name in requests()}
    for finding in check([folder / name for name in found], TODAY).findings:
        found[Path(finding.file).name].add(finding.code)
    return found


@pytest.mark.parametrize("quarter", QUARTERS)
def test_nothing_is_found_in_a_declaration_without_faults(codes: dict[str, set[str]], quarter: str) -> None:
    assert codes[quarter] == set()


@pytest.mark.parametrize("fault", TAUGHT)
def test_each_fault_is_found_by_the_code_it_teaches(codes: dict[str, set[str]], fault: str) -> None:
    assert codes[fault] == {FAULTS[fault].partition(":")[0]}
