"""The four-day rule as figures count it, against cases counted by hand, on machines anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.kpi.cases import all_computed, cases, expected

CASES = cases()


def test_there_are_at_least_sixty_cases_and_no_name_twice() -> None:
    names = {case["name"] for case in CASES}
    assert len(names) == len(CASES) >= 60


@pytest.fixture(scope="module")
def here() -> dict[str, dict[str, object]]:
    return all_computed()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_case_comes_to_what_was_counted_by_hand(case: dict[str, object], here: dict[str, dict[str, object]]) -> None:
    assert here[str(case["name"])] == expected(case)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_clock_of_the_machine_changes_nothing(zone: str, here: dict[str, dict[str, object]]) -> None:
    program = [sys.executable, "-m", "tests.kpi.cases"]
    told = subprocess.run(program, capture_output=True, check=True, text=True, env={**os.environ, "TZ": zone})
    assert json.loads(told.stdout) == here
