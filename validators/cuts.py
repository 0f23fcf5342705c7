"""Where the children of a file's root stand: found by their bytes, without parsing what lies between."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

CHUNK = 1 << 20
_MARK = b"\xef\xbb\xbf"
_CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that start no character."""


class Uneven(Exception):
    """The bytes alone do not tell where the children start: comments, CDATA, attributes, or one within another."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of one child of the root.

    nth           the child's number, from 1
    line, column  of the child's start tag, both from 1; of its first piece only
    last          whether the child ends with it
    """

    nth: int
    content: bytes
    line: int
    column: int
    last: bool


def has_more_than_tags(content: bytes) -> bool:
    """Whether a comment, CDATA section, instruction or declaration starts in it."""
    return any(sign in content and b"<" + sign in content for sign in (b"!", b"?"))


def declared_encoding(head: bytes) -> str:
    """The encoding that a file declares, in capitals; `head` is its start, at least the whole declaration."""
    found = ["UTF-8"]
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = lambda _version, encoding, _standalone: found.append((encoding or "UTF-8").upper())
    parser.Parse(head, False)
    return found[-1]


def pieces(source: BinaryIO, tag: str, wanted: Collection[int], encoding: str) -> Iterator[Piece]:
    """The wanted children of the root, from its start on; every child is an element of that tag.

    Only for well-formed files in an encoding that has ASCII in it. Raises Uneven, after some pieces perhaps.
    """
    scan = _Scan(tag, wanted, encoding)
    rest = b""
    while scan.expects:
        chunk = source.read(CHUNK)
        buffer = rest + chunk
        yield from scan.take(buffer, len(buffer) if not chunk else max(0, len(buffer) - scan.held_back))
        rest = buffer[scan.taken :]
        if not chunk:
            return


class _Scan:
    """Goes through a file buffer by buffer."""

    def __init__(self, tag: str, wanted: Collection[int], encoding: str) -> None:
        self._name = tag.encode("ascii")
        name = re.escape(self._name)
        self._marks = re.compile(rb"</?" + name + rb"(?![\w.:\x80-\xff-])>?|<[!?]")
        self._start, self._end = f"<{tag}>".encode("ascii"), f"</{tag}>".encode("ascii")
        self._wanted = wanted
        self._last = max(wanted, default=0)
        self._position = Position(encoding)
        self._offset = 0  # of the buffer in the file
        self._nth = 0
        self._within = False
        self._begun = (0, 0)  # where the present child starts
        self.held_back = len(self._end) + 1  # bytes that may be the start of a mark
        self.taken = 0  # of the buffer

    @property
    def expects(self) -> bool:
        """Whether a wanted child is still to come."""
        return self._nth < self._last or (self._within and self._nth in self._wanted)

    def take(self, buffer: bytes, limit: int) -> Iterator[Piece]:
        """The pieces in a buffer; marks that start behind the limit are left for the next one."""
        self.taken = 0
        for found in self._found(buffer):
            if found.start() >= limit or not self.expects:
                break
            yield from self._mark(buffer, found)
        yield from self._up_to(buffer, max(limit, self.taken), last=False)
        self._offset += self.taken

    def _found(self, buffer: bytes) -> Iterator[re.Match[bytes]]:
        """The marks in a buffer, in order: found by their name, which is quicker, where all markup is tags."""
        if has_more_than_tags(buffer):
            yield from self._marks.finditer(buffer)
            return
        at = buffer.find(self._name)
        while at >= 0:
            for before in (at - 1, at - 2):
                if before >= 0 and (mark := self._marks.match(buffer, before)):
                    yield mark
            at = buffer.find(self._name, at + 1)

    def _mark(self, buffer: bytes, found: re.Match[bytes]) -> Iterator[Piece]:
        mark = found.group()
        if mark == b"<?" and buffer[: found.start()] in {b"", _MARK} and self._offset == 0:
            return
        if mark == self._start and not self._within:
            yield from self._up_to(buffer, found.start(), last=False)
            self._within = True
            self._nth += 1
            self._begun = (self._position.line, self._position.column)
        elif mark == self._end and self._within:
            yield from self._up_to(buffer, found.end(), last=True)
            self._within = False
        else:
            raise Uneven

    def _up_to(self, buffer: bytes, end: int, last: bool) -> Iterator[Piece]:
        content = buffer[self.taken : end]
        self.taken = end
        self._position.pass_over(content)
        if content and self._within and self._nth in self._wanted:
            yield Piece(self._nth, content, *self._begun, last)


class Position:
    """Line and column of what comes next, counted as XML does: a CR, an LF and the two together end a line."""

    def __init__(self, encoding: str) -> None:
        """At the start of a file in that encoding."""
        self.line = self.column = 1
        self._ignored = _CONTINUATION if encoding == "UTF-8" else b""
        self._after_return = False

    def pass_over(self, content: bytes) -> None:
        """Go on behind that."""
        if not content:
            return
        self.line += content.count(b"\n") - (self._after_return and content.startswith(b"\n"))
        if returns := content.count(b"\r"):
            self.line += returns - content.count(b"\r\n")
        self._after_return = content.endswith(b"\r")
        end = max(content.rfind(b"\n"), content.rfind(b"\r"))
        characters = len(content[end + 1 :].translate(None, self._ignored))
        self.column = characters + (1 if end >= 0 else self.column)
