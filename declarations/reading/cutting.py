"""Cutting files that nobody has read yet at their forms, quickly where every `<` is a tag's, else exactly.

The quick way looks for the forms' end tags alone. That is exact as long as nothing can hide one (no comment, CDATA
section or instruction) and no form lies in another; whoever reads a chunk finds whether it was, by the number of forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from declarations.errors import Invariant
from declarations.stages.chunks import CHUNK_BYTES, Chunk, Frame, Unscannable, chunks, frame

_WINDOW = 1 << 20
_RUN = 32 * 1024
"""The gate lets no text or tag through that is some such stretches long."""


class Doubtful(Exception):
    """The quick way cannot tell: there is, or may be, what needs a closer look."""


class Miscut(Invariant):
    """A chunk has other forms than the quick way counted: cut the file exactly."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out: what stands around its forms, and its chunks."""

    around: Frame
    chunks: tuple[Chunk, ...]

    @property
    def forms(self) -> int:
        """How many forms it has."""
        return sum(chunk.forms for chunk in self.chunks)


def quick_layout(source: BinaryIO, form: str, size: int = CHUNK_BYTES) -> Layout:
    """The layout of a file that need not have passed the gate; raises Doubtful where it must be looked at closely.

    What is not doubtful has no markup but tags, no text or tag that is too long, no byte that its encoding has not,
    and nothing but white space beside its forms; it may still be no XML.
    """
    try:
        around = frame(source, form)
    except Unscannable as fault:
        raise Doubtful from fault
    return Layout(around, tuple(_quick_chunks(source, around, size)))


def exact_layout(source: BinaryIO, form: str, size: int = CHUNK_BYTES) -> Layout:
    """The layout of a file that passed the gate. Raises Unscannable."""
    around = frame(source, form)
    return Layout(around, tuple(chunks(source, around, size)))


def _quick_chunks(source: BinaryIO, around: Frame, size: int) -> Iterator[Chunk]:
    source.seek(0)
    head = source.read(around.start)
    if any(mark in head for mark in (b"<!", b"&")) or head.count(b"<?") > 1:
        raise Doubtful
    number, first = 0, 1
    start, forms, end = 0, 0, 0  # of the chunk that grows
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
        form = re.escape(around.form.encode(around.encoding))
        self._source = source
        self._offset = around.start
        self._tail = around.tail
        self._closing = b"</%s>" % around.form.encode(around.encoding)
        self._opening = re.compile(rb"[ \t\r\n]*(?=<%s[ \t\r\n/>])" % form)
        self._ascii_only = around.encoding != "UTF-8"
        self._before = b""  # the byte before the window

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Forms that follow each other: where they start and end in the file, and how many they are."""
        rest = b""
        while more := self._source.read(_WINDOW):
            self._look(more)
            window = rest + more
            end = window.rfind(self._closing) + len(self._closing)
            if end >= len(self._closing):
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

    def _run(self, window: bytes, end: int) -> tuple[int, int]:
        """Where the forms start, and how many they are; raises Doubtful where anything stands between them."""
        opening = self._opening.match(window)
        if opening is None:
            raise Doubtful
        forms, at = 1, window.find(self._closing) + len(self._closing)
        while at < end:
            if self._opening.match(window, at) is None:
                raise Doubtful
            forms, at = forms + 1, window.find(self._closing, at) + len(self._closing)
        return opening.end(), forms
