"""Every page in a real browser, in light and in dark, as narrow as a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import DARK, looked_at, needs_chromium
from tests.pages.samples import PAGES

pytestmark = needs_chromium

OVERVIEWS = ("sender", "recipient")
"""They are short."""


@pytest.mark.parametrize("options", [(), (DARK,)], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_and_nothing_is_wider_than_a_telephone(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    told = looked_at(tmp_path, PAGES[name](), *options)
    assert isinstance(told["texts"], int)
    assert isinstance(told["least"], float)
    assert told["texts"] > (40 if name in OVERVIEWS else 150)
    assert told["least"] >= 4.5
    assert (told["dark"], told["spilt"]) == (bool(options), 0)
