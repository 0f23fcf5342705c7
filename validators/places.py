"""Where an element of an XML file stands: its line and column in the original bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO
from xml.parsers import expat

from validators.cuts import CHUNK, Piece, Uneven, declared_encoding, pieces

_ROOT = b"<root>"

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


def places(source: BinaryIO, wanted: Iterable[Wanted], child: str | None = None) -> dict[Wanted, Place]:
    """The place of each wanted element in a well-formed file; those not found are left out.

    One pass over the file, whatever the number wanted. Where `child` is the tag of every child of the root, only those
    with something wanted in them are parsed. Only for seekable files that passed `validators.envelope`.
    """
    sought = frozenset(wanted)
    if child is not None and all(len(location) > 1 for location, _ in sought):
        try:
            return _within_children(source, sought, child)
        except Uneven:
            source.seek(0)
    finder = _Finder(sought)
    _parser(finder, None).ParseFile(source)
    return finder.found


def places_among(
    content: bytes, first: int, encoding: str, wanted: Iterable[Wanted], child: str
) -> dict[Wanted, Place]:
    """The same in some children of the root that follow each other, the first of them being its child number `first`.

    Lines and columns are counted from the start of the content.
    """
    sought = frozenset(wanted)
    try:
        return _within_pieces(io.BytesIO(content), sought, child, encoding, first)
    except Uneven:
        finder = _Finder(sought, Piece(first, b"", 1, 1 - len(_ROOT), last=False))
        parser = _parser(finder, encoding)
        parser.StartElementHandler = None
        parser.Parse(_ROOT, False)
        parser.StartElementHandler = finder.start
        parser.Parse(content, False)
        return finder.found


def _within_children(source: BinaryIO, wanted: frozenset[Wanted], child: str) -> dict[Wanted, Place]:
    encoding = declared_encoding(source.read(CHUNK))
    source.seek(0)
    return _within_pieces(source, wanted, child, encoding, 1)


def _within_pieces(
    source: BinaryIO, wanted: frozenset[Wanted], child: str, encoding: str, first: int
) -> dict[Wanted, Place]:
    """Where the first child of the source is the root's child number `first`."""
    by_child: dict[int, set[Wanted]] = {}
    for each in wanted:
        by_child.setdefault(each[0][1] - first + 1, set()).add(each)
    found: dict[Wanted, Place] = {}
    finder, parser = _Finder(frozenset()), None
    for piece in pieces(source, child, by_child.keys(), encoding):
        if parser is None:
            finder = _Finder(frozenset(by_child[piece.nth]), replace(piece, nth=piece.nth + first - 1))
            parser = _parser(finder, encoding)
        parser.Parse(piece.content, piece.last)
        if piece.last:
            found |= finder.found
            parser = None
    return found


def _parser(finder: _Finder, encoding: str | None) -> expat.XMLParserType:
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartElementHandler = finder.start
    parser.EndElementHandler = finder.end
    finder.parser = parser
    return parser


class _Finder:
    """Notes what is wanted as a parser meets it, in a whole file or in the child of a root that starts elsewhere."""

    def __init__(self, wanted: frozenset[Wanted], child: Piece | None = None) -> None:
        self.wanted = wanted
        self.prefixes = {location[:depth] for location, _ in wanted for depth in range(len(location) + 1)}
        self.found: dict[Wanted, Place] = {}
        self.location: Location = () if child is None else (1,)
        self.counts = [0] if child is None else [1, child.nth - 1]
        self.lines, self.columns = (0, 0) if child is None else (child.line - 1, child.column - 1)
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
        self.found[wanted] = Place(here, line + self.lines, column + (self.columns if line == 1 else 0))
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
