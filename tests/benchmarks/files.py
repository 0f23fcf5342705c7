"""The files that benchmarks read: synthetic declarations, made once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from declarations.generate import FAULTS, Request, write

PERSONS_PER_MB = 263
PERSONS_PER_FORM = 20
NO_FORM_FAULTS = frozenset({"not-well-formed"})  # refuse the file, not a form


@dataclass(frozen=True, slots=True)
class Size:
    """How large a file is: persons and employers."""

    persons: int
    employers: int

    @classmethod
    def of(cls, megabytes: int) -> Size:
        """About so many MB."""
        persons = megabytes * PERSONS_PER_MB
        return cls(persons, max(1, persons // PERSONS_PER_FORM))


def made(folder: Path, size: Size, percent_bad: int = 0) -> Path:
    """The file of that size in the folder, with faults of every kind in so many of its forms."""
    path = folder / f"{size.employers}-{size.persons}-{percent_bad}.xml"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        faults = _faults(size.employers * percent_bad // 100)
        with unfinished.open("wb") as destination:
            write(Request(seed=7, employers=size.employers, persons=size.persons, faults=faults), destination)
        unfinished.rename(path)
    return path


def _faults(count: int) -> tuple[tuple[str, int], ...]:
    """So many faults, of every kind that a form can have in turn."""
    names = [name for name in FAULTS if name not in NO_FORM_FAULTS]
    return tuple((name, len(range(at, count, len(names)))) for at, name in enumerate(names) if at < count)
