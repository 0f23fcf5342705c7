"""Cutting files that nobody has read yet at their forms: quickly where every `<` is a tag's, else exactly.

The quick way looks for the end tags of forms alone. Where nothing can hide a tag (no comment, CDATA section or
instruction), and behind each of them stands the start tag of the next form or the end of the root, no form lies in
another and nothing between two: in a well-formed file the cuts are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from declarations.errors import Invariant
from declarations.stages.chunks import CHUNK_BYTES, Chunk, Frame, Unscannable, chunks, frame
from declarations.stages.control import Opener
from validators.cuts import has_more_than_tags

_WINDOW = 1 << 17
_SPACE = b" \t\r\n"
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
        for at, until in _Cutter(source, around).forms():
            if forms and until - start > size:
                yield Chunk(number, start, end - start, first, forms)
                number, first, forms = number + 1, first + forms, 0
            start = start if forms else at
            forms, end = forms + 1, until
    if not forms:
        raise Doubtful
    yield Chunk(number, start, end - start, first, forms)


class _Cutter:
    """Goes through the content of a file window by window. `_at` is the place in the window that is looked at."""

    def __init__(self, source: BinaryIO, around: Frame) -> None:
        form = around.form.encode(around.encoding)
        source.seek(around.start)
        self._source = source
        self._start, self._end, self._tail = b"<%s>" % form, b"</%s>" % form, around.tail
        self._ascii_only = around.encoding != "UTF-8"
        self._offset = around.start  # of the window
        self._window = b""
        self._at = 0

    def forms(self) -> Iterator[tuple[int, int]]:
        """Where each form starts and ends in the file; raises Doubtful where anything but white space is between."""
        while self._comes(self._start):
            start = self._offset + self._at
            self._at += len(self._start)
            while (end := self._end_of_form()) is None:
                self._at = max(self._at, min(len(self._window) - len(self._end), self._window.rfind(b"<")))
                if not self._more():
                    raise Doubtful
            self._at = end
            yield start, self._offset + self._at
        if not self._comes(self._tail[:-1]):
            raise Doubtful
        while len(self._window) - self._at < _RUN and self._more():
            pass
        if b"".join(self._window[self._at :].split()) != self._tail or self._more():
            raise Doubtful

    def _end_of_form(self) -> int | None:
        """The place behind the next end tag of a form; None where the window has none. Raises Doubtful."""
        name = self._end[:-1]
        at = self._window.find(name, self._at)
        while 0 <= at <= len(self._window) - len(self._end):
            behind = at + len(name)
            if self._window.startswith(b">", behind):
                return behind + 1
            if self._window[behind] in _SPACE:
                raise Doubtful
            at = self._window.find(name, behind)
        return None

    def _comes(self, tag: bytes) -> bool:
        """Pass white space; whether that stands behind it."""
        while True:
            here = self._window[self._at : self._at + _RUN].lstrip(_SPACE)
            self._at = min(self._at + _RUN, len(self._window)) - len(here)
            if len(here) >= len(tag) or not self._more():
                return here.startswith(tag)

    def _more(self) -> bool:
        """Read on, forgetting what was passed; False at the end of the file. Raises Doubtful."""
        more = self._source.read(_WINDOW)
        self._look(self._window[-1:] + more)
        self._offset += self._at
        self._window, before = self._window[self._at :] + more, len(self._window) - self._at
        self._at = 0
        self._look_for_prefixes(before)
        return bool(more)

    def _look(self, window: bytes) -> None:
        """Raises Doubtful where there is anything but tags and short texts of plain characters."""
        if has_more_than_tags(window):
            raise Doubtful
        if self._ascii_only and not window.isascii():
            raise Doubtful
        starts = range(0, len(window) - _RUN + 1, _RUN)
        if any(window.find(b"<", start, start + _RUN) < 0 for start in starts):
            raise Doubtful

    def _look_for_prefixes(self, start: int) -> None:
        """Raises Doubtful where a tag has a colon: it may be a prefix that nothing declares."""
        window = self._window
        at = window.find(b":", start)
        while at >= 0:
            opened = window.rfind(b"<", 0, at)
            if opened < 0 or opened > window.rfind(b">", 0, at):
                raise Doubtful
            at = window.find(b":", at + 1)
