"""The limits of an installation: what makes no sense is told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.errors import Configuration
from declarations.settings import Limits, load


def home(folder: Path, limits: str) -> Path:
    (folder / "settings.toml").write_text(f'[mailboxes]\nfolder = "boxes"\n[limits]\n{limits}\n', encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "limits",
    [
        "share_bytes = 0",
        "attempts = 2.5",
        "max_parts = true",
        "lease_seconds = -1",
        "lease_seconds = inf",
        "lease_seconds = nan",
        'in_hand = "many"',
    ],
)
def test_a_limit_that_makes_no_sense_is_a_wrong_setting(tmp_path: Path, limits: str) -> None:
    with pytest.raises(Configuration, match=rf"limits\.{limits.partition(' ')[0]} is no "):
        load(home(tmp_path, limits))


def test_seconds_may_be_whole_or_none(tmp_path: Path) -> None:
    given = load(home(tmp_path, "lease_seconds = 30\npushed_rest_seconds = 0\nshare_bytes = 1")).limits
    assert given == Limits(lease_seconds=30, pushed_rest_seconds=0, share_bytes=1)
