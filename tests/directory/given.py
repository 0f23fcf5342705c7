"""Persons with good numbers, and files that name them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import polars as pl

from declarations.directory.lists import Load, listed, survey
from declarations.directory.renumbering import Replacement
from validators.identifiers import complete_inss

NOW = datetime(2026, 4, 23, 8, 30, tzinfo=UTC)
QUARTER = (date(2023, 1, 1), date(2023, 3, 31))
HEADER = "inss,quality,from,until"


def inss(number: int) -> str:
    """The number of the person so numbered."""
    return complete_inss(f"{number:09d}", born_2000=False)


A, B, C, D = (inss(850101000 + number) for number in range(1, 5))


def text(*rows: str, header: str = HEADER) -> bytes:
    """A file with these lines."""
    return "\n".join((header, *rows, "")).encode()


def frames(*rows: str, header: str = HEADER) -> list[pl.DataFrame]:
    """What a good file says."""
    content = text(*rows, header=header)
    found = survey(io.BytesIO(content))
    assert not found.bad.found, str(found.bad)
    return list(listed(io.BytesIO(content)))


def load(recipient: str | None = "pensions", batch_id: int | None = None, file: str = "list.csv") -> Load:
    """A load of that recipient's file."""
    return Load(recipient, "anna", file, "0" * 64, NOW, batch_id)


def replaced(old: str, new: str, on: str = "2022-01-01", line: int = 2) -> Replacement:
    """A line of a file of replaced numbers."""
    return Replacement(old, new, date.fromisoformat(on), line)
