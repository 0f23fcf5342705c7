"""Every sample comes out as its `out/` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from declarations.demo.samples import Case, cases, observed
from declarations.steps.world import World
from tests.samples.make import RECIPES, ROOT
from tests.samples.run import installation, play

CASES = cases(ROOT)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All samples dropped, run and confirmed."""
    root = tmp_path_factory.mktemp("samples")
    with installation(root, ROOT) as world:
        play(world, root, CASES)
        yield world


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_sample_comes_out_as_its_out_folder_says(case: Case, played: World) -> None:
    assert observed(case, played) == case.expected()


def test_every_sample_is_made_by_a_recipe_and_explained_in_the_table() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {case.name for case in CASES} == {recipe.name for recipe in RECIPES}
    assert [
        recipe.name for recipe in RECIPES if f"[{recipe.name}]({recipe.name}) | {recipe.teaches}" not in table
    ] == []


def test_samples_hold_no_private_key() -> None:
    assert [path for path in Path(ROOT).rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()] == []
