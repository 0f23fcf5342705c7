"""Files on disk that nobody has looked at: which schema each names and how it is laid out, or why it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from declarations.families import Version, families
from declarations.reading.cutting import Doubtful, Layout, quick_layout
from declarations.reading.job import FilePart
from declarations.reading.stretches import layout_of
from declarations.stages.name import named_version
from declarations.stages.read import PartSource
from declarations.stages.validate import survey
from validators.envelope import Limits, Refusal, inspect, well_formed

STRANGERS, NO_FORMS, NO_SCHEMA = "205", "157", "088"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that can be read; `closely` says whether the gate looked at all of it, and it is XML for sure."""

    part: FilePart
    layout: Layout | int  # the number of its forms where it can only be read as a whole
    closely: bool


def looked_at(part: int, path: Path, limits: Limits) -> Unread | Refusal:
    """That file, looked at as closely as it takes to read it in pieces.

    What is no XML in it is found by those who read it, what is doubtful by those who use its layout: then look closely.
    """
    with path.open("rb") as file:
        prolog = inspect(file, limits)
    if isinstance(prolog, Refusal):
        return prolog
    version = _version(path)
    if isinstance(version, Version):
        try:
            given = _file_part(part, path, version)
            return Unread(given, quick_layout(given.open, version.family.form), closely=False)
        except Doubtful:
            pass
    return closely_looked_at(part, path, limits)


def closely_looked_at(part: int, path: Path, limits: Limits) -> Unread | Refusal:
    """That file as the gate and the count of its forms find it."""
    with path.open("rb") as file:
        broken = well_formed(file, limits)
    if broken:
        return broken
    version = _version(path)
    if not isinstance(version, Version):
        return Refusal(version, "the file names no schema that is known")
    with path.open("rb") as file:
        found = survey(file, version.family.form)
    if found.strangers or not found.forms:
        return Refusal(STRANGERS if found.strangers else NO_FORMS, "the file has other children than forms, or none")
    given = _file_part(part, path, version)
    return Unread(given, layout_of(PartSource(part, version, given.open)), closely=True)


def _file_part(part: int, path: Path, version: Version) -> FilePart:
    return FilePart(part, path, version.family.folder, version.name)


def _version(path: Path) -> Version | str:
    """The schema it names, in whichever family has it; else the first family's code."""
    codes = []
    for family in families():
        with path.open("rb") as file:
            version = named_version(file, family)
        if isinstance(version, Version):
            return version
        codes.append(version)
    return next((code for code in codes if code != NO_SCHEMA), NO_SCHEMA)
