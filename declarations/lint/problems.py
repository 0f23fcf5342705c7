"""Looking through a whole family, from one check to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from declarations.errors import Configuration
from declarations.families import CARD, family
from declarations.lint.card import card
from declarations.lint.controls import code_lists, controls
from declarations.lint.folder import Folder, Problem
from declarations.lint.recipients import granted, routed
from declarations.lint.schemas import versions

CHECKS = (versions, card, controls, code_lists, routed, granted)


def problems(folder: Path) -> Iterator[Problem]:
    """Everything wrong with the family in that folder; nothing where it can be used as it is."""
    try:
        given = family(folder)
    except Configuration as fault:
        yield Problem(folder / CARD, None, str(fault), "nothing else was looked at")
        return
    looked_at = Folder(given)
    for check in CHECKS:
        yield from check(looked_at)
