"""What a process that reads is told before it starts; light, since it is read before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from declarations.reading.crew import Recruits, cores

if TYPE_CHECKING:
    from declarations.reading.handing import Entitling
    from declarations.reading.stretches import Stretch


ALONE_BYTES = 100 << 20
"""What one process reads before others help: each takes a second to start."""


class Keeping(StrEnum):
    """What a reading is for."""

    VERDICTS = "verdicts"
    BLOCKS = "blocks"  # and verdicts


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file on disk, with the schema that it names."""

    part: int  # from 1
    path: Path
    family: Path  # its folder
    version: str

    def open(self) -> BinaryIO:
        """The file, from its start."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True)
class Gathering:
    """A block, or something else that slices have, to be put into one file. The number counts such tasks.

    starts  for each slice, what its rows and those of their parents start at
    """

    number: int
    name: str
    starts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one slice, in figures; the rest lies in the folder."""

    number: int  # of the slice
    forms: int
    accepted: int
    broken: int  # by the schema
    findings: int
    rows: Mapping[str, int]  # of each block
    handed: int = 0  # rows, to all recipients together


@dataclass(frozen=True, slots=True)
class Job:
    """Files to be read as the parts of one batch; what is read goes into the folder.

    entitling  with blocks, what gives the entitlements to cut them for recipients (`reading.handing`)
    """

    parts: tuple[FilePart, ...]
    today: date
    folder: Path
    keeping: Keeping
    entitling: Entitling | None = None

    def __call__(self) -> Callable[[Stretch | Gathering], Told]:
        """What does it, ready for work."""
        from declarations.reading.work import Work

        return Work(self)


def processes_for(files: Iterable[Path]) -> int:
    """How many processes read files that are judged together."""
    return cores() if sum(file.stat().st_size for file in files) > ALONE_BYTES else 1


class Helpers(Recruits["Stretch | Gathering", Told]):
    """Those who will help to read files, if that takes any; for a crew that does a `Job`.

    Start them before anything heavy is imported: they are ready half a second earlier.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        """As many as the files take."""
        processes = processes_for(files)
        super().__init__(processes if processes > 1 else 0, "declarations.reading.work")
