"""How the forms of each schema are read: whether many at once, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from declarations.bulk.fitness import unfit
from declarations.bulk.layout import Layout
from declarations.bulk.positions import Unprovable
from declarations.bulk.proof import Proof
from declarations.errors import Configuration
from declarations.families import Version, family
from declarations.lint.folder import Folder, line_of


def readings(folder: Path) -> Iterator[str]:
    """A line for each schema of the family in that folder, in which nothing is wrong; none where it cannot be used."""
    try:
        given = family(folder)
    except Configuration:
        return  # told as a problem
    for version in Folder(given).usable:
        yield f"{version.path.name}: {_how_read(version)}"


def _how_read(version: Version) -> str:
    """In words, with the line of the schema where one decides."""
    if reason := unfit(version.path):
        return f"read form by form: {reason}"
    try:
        Proof(version, Layout(version.plan))
    except Unprovable as fault:
        line = line_of(version.path, f'name="{fault.name}"') if fault.name else None
        return f"left to libxml2: line {line}: {fault}" if line else f"left to libxml2: {fault}"
    return "proven in bulk"
