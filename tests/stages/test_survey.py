"""What stands beside the forms of a file is seen, wherever it stands."""

from __future__ import annotations

import io

import pytest

from declarations.stages.validate import survey


@pytest.mark.parametrize(
    ("inside", "strangers"),
    [
        ("<Form/>\n<Form/>\t", 0),
        ("<Form>text</Form>", 0),
        ("text<Form/><Form/>", 1),
        ("<Form/>text<Form/>", 1),
        ("<Form/><Form/>text", 1),
        ("<Form/><Form/>\u00a0", 1),
        ("<Other/><Form/><Other/>", 2),
        (f"<Form/>{' ' * 70_000}text{' ' * 70_000}<Form/>", 1),
    ],
)
def test_elements_and_texts_beside_the_forms_are_counted(inside: str, strangers: int) -> None:
    found = survey(io.BytesIO(f"<Root>{inside}</Root>".encode()), "Form")
    assert found.strangers == strangers
