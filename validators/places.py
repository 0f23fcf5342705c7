"""Where an element of an XML file stands: its line and column in the original bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO
from xml.parsers import expat

PIECE = 1 << 20

Location = tuple[int, ...]
"""The child-index path from the root, from 1: (1, 1, 8, 4)."""

Wanted = tuple[Location, str | None]
"""An element by its location, or, with a tag, the first child of that tag under it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One start tag in a file."""

    location: Location
    line: int  # from 1
    column: int  # from 1, in characters
    text: str | None = None  # what a zone holds, as written; None for an element asked for by its location alone


def places(source: BinaryIO, wanted: Iterable[Wanted]) -> dict[Wanted, Place]:
    """The place of each wanted element in a well-formed file; those not found are left out.

    One pass over the file, whatever the number wanted. Only for files that passed `validators.envelope`.
    """
    finder = _Finder(frozenset(wanted))
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = finder.start
    parser.EndElementHandler = finder.end
    finder.parser = parser
    while piece := source.read(PIECE):  # expat's own reading of a file is quadratic in long tokens
        parser.Parse(piece)
    parser.Parse(b"", True)
    return finder.found


class _Finder:
    def __init__(self, wanted: frozenset[Wanted]) -> None:
        self.wanted = wanted
        self.prefixes = {location[:depth] for location, _ in wanted for depth in range(len(location) + 1)}
        self.found: dict[Wanted, Place] = {}
        self.counts = [0]
        self.location: Location = ()
        self.zone: Wanted | None = None  # whose text is being gathered
        self.texts: list[str] = []
        self.skipped = 0  # depth below the last element that leads to something wanted
        self.parser: expat.XMLParserType

    def start(self, tag: str, _attributes: object) -> None:
        if self.skipped:
            self.skipped += 1
            return
        self.counts[-1] += 1
        here = (*self.location, self.counts[-1])
        self._keep((here, None), here)
        zone: Wanted = (self.location, tag.rpartition(":")[2])
        if self._keep(zone, here):
            self.zone, self.texts = zone, []
            self.parser.CharacterDataHandler = self.texts.append
        if here in self.prefixes:
            self.location = here
            self.counts.append(0)
        else:
            self.skipped = 1

    def _keep(self, wanted: Wanted, here: Location) -> bool:
        if wanted not in self.wanted or wanted in self.found:
            return False
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        self.found[wanted] = Place(here, line, column)
        return True

    def end(self, _tag: str) -> None:
        if self.zone is not None:
            self.found[self.zone] = replace(self.found[self.zone], text="".join(self.texts))
            self.zone = self.parser.CharacterDataHandler = None
        if self.skipped:
            self.skipped -= 1
            return
        self.counts.pop()
        self.location = self.location[:-1]
