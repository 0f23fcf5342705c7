"""Cutting files that nobody has read yet at their forms: quickly where every `<` is a tag's, else exactly.

The quick way looks for the name of the forms alone. Where nothing can hide a tag (no comment, CDATA section or
instruction), and start and end tags of forms take turns with nothing but white space after an end tag, no form lies in
another and nothing between two: in a well-formed file the cuts are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from declarations.errors import Invariant
from declarations.stages.chunks import CHUNK_BYTES, Chunk, Frame, Unscannable, chunks, frame
from declarations.stages.control import Opener

_WINDOW = 1 << 20
_RUN = 32 * 1024
"""The gate lets no text or tag through that is some such stretches long."""


class Doubtful(Exception):
    """The quick way cannot tell: there is, or may be, what needs a closer look."""


class Miscut(Invariant):
    """A chunk has other forms than were counted: the file is not well-formed, or has changed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out: what stands around its forms, and its chunks, which may be found while they are used."""

    around: Frame
    chunks: Iterable[Chunk]


def quick_layout(opener: Opener, form: str, size: int = CHUNK_BYTES) -> Layout:
    """The layout of a file that need not have passed the gate; raises Doubtful where it must be looked at closely.

    That may show as late as at the last chunk. What is not doubtful has no markup but tags without prefixes, no text
    or tag that is too long, no byte that its encoding has not, and nothing but white space beside its forms; it may
    still be no XML.
    """
    with opener() as source:
        try:
            around = frame(source, form)
        except Unscannable as fault:
            raise Doubtful from fault
        source.seek(0)
        head = source.read(around.start)
    if any(mark in head for mark in (b"<!", b"&")) or head.count(b"<?") > 1:
        raise Doubtful
    return Layout(around, _quick_chunks(opener, around, size))


def exact_layout(opener: Opener, form: str, size: int = CHUNK_BYTES) -> Layout:
    """The layout of a file that passed the gate. Raises Unscannable."""
    with opener() as source:
        around = frame(source, form)
        return Layout(around, tuple(chunks(source, around, size)))


def _quick_chunks(opener: Opener, around: Frame, size: int) -> Iterator[Chunk]:
    number, first = 0, 1
    start, forms, end = 0, 0, 0  # of the chunk that grows
    with opener() as source:
        for at, until, count in _Cutter(source, around).runs():
            if forms and until - start > size:
                yield Chunk(number, start, end - start, first, forms)
                number, first, forms = number + 1, first + forms, 0
            start = start if forms else at
            forms, end = forms + count, until
    if not forms:
        raise Doubtful
    yield Chunk(number, start, end - start, first, forms)


class _Cutter:
    """Goes through the content of a file window by window."""

    def __init__(self, source: BinaryIO, around: Frame) -> None:
        self._source = source
        self._source.seek(around.start)
        self._offset = around.start
        self._tail = around.tail
        form = re.escape(around.form.encode(around.encoding))
        self._end = b"</%s>" % around.form.encode(around.encoding)
        self._opening = re.compile(rb"[ \t\r\n]*(?=<%s>)" % form)
        self._mark = re.compile(rb"</?%s[ \t\r\n/>]" % form)
        self._ascii_only = around.encoding != "UTF-8"
        self._before = b""  # the byte before the window

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Forms that follow each other: where they start and end in the file, and how many they are."""
        rest = b""
        while more := self._source.read(_WINDOW):
            window = rest + more
            self._look(more)
            self._look_for_prefixes(window, len(rest))
            end = window.rfind(self._end) + len(self._end)
            if end >= len(self._end):
                start, forms = self._run(window, end)
                yield self._offset + start, self._offset + end, forms
                self._offset += end
                window = window[end:]
            rest = window
        if b"".join(rest.split()) != self._tail:
            raise Doubtful

    def _look(self, window: bytes) -> None:
        """Raises Doubtful where there is anything but tags and short texts of plain characters."""
        if any(sign in window and b"<" + sign in self._before + window for sign in (b"!", b"?")):
            raise Doubtful
        if self._ascii_only and not window.isascii():
            raise Doubtful
        starts = range(0, len(window) - _RUN + 1, _RUN)
        if any(window.find(b"<", start, start + _RUN) < 0 for start in starts):
            raise Doubtful
        self._before = window[-1:]

    def _look_for_prefixes(self, window: bytes, start: int) -> None:
        """Raises Doubtful where a tag has a colon: it may be a prefix that nothing declares."""
        at = window.find(b":", start)
        while at >= 0:
            if window.rfind(b"<", 0, at) > window.rfind(b">", 0, at):
                raise Doubtful
            at = window.find(b":", at + 1)

    def _run(self, window: bytes, end: int) -> tuple[int, int]:
        """Where the forms start, and how many they are; raises Doubtful where they do not follow each other."""
        opening = self._opening.match(window)
        start = opening.end() if opening else 0
        forms = 0
        while opening is not None:
            closing = self._mark.search(window, opening.end() + 1, end)
            if closing is None or closing[0] != self._end:
                break
            forms += 1
            if closing.end() == end:
                return start, forms
            opening = self._opening.match(window, closing.end())
        raise Doubtful
