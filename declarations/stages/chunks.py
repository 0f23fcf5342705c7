"""Where the forms of a file begin and end, to read it in pieces: exact, by byte, in memory that does not grow."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from validators.envelope import Limits, Refusal, inspect

CHUNK_BYTES = 16 << 20
"""Big enough that what a chunk costs beside its bytes does not show, small enough to keep many in memory."""

_WINDOW = 1 << 20
_LONGEST = 1 << 20  # bytes of one tag
_SPACE = re.compile(rb"[ \t\r\n]*")
_TAG = rb"(?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*>"  # the rest of a start tag: a `>` inside quotes ends nothing
_CLOSERS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_MISC = re.compile(rb"(?:[ \t\r\n]+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_ROOT = re.compile(rb"<([^\s<>/]+)" + _TAG)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unscannable(Exception):
    """The file cannot be cut at its forms: read it as a whole, the slow way. The text says why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the forms of a file: `head + forms + tail` is a file again.

    form      the tag of the forms
    head      a declaration of the encoding and the root's start tag
    tail      the root's end tag
    encoding  UTF-8, ISO-8859-1, WINDOWS-1252 or US-ASCII
    start     where the content of the root begins, in bytes
    """

    form: str
    head: bytes
    tail: bytes
    encoding: str
    start: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole forms of one file that follow each other, from the first one's `<` to the last one's `>`.

    number      of the chunk in its file, from 0
    offset      where it starts, in bytes
    length      in bytes; more than was asked for where one form is
    first_form  the number of its first form in the file, from 1
    forms       how many it has
    """

    number: int
    offset: int
    length: int
    first_form: int
    forms: int


def frame(source: BinaryIO, form: str) -> Frame:
    """What stands around the forms of a file that passed the gate.

    `source` is seekable, is read from its start and left anywhere. Raises Unscannable.
    """
    prolog = inspect(source, Limits(max_bytes=sys.maxsize))
    if isinstance(prolog, Refusal):
        raise Unscannable(prolog.text)
    if prolog.default_namespace:
        raise Unscannable("the root has a default namespace")
    source.seek(0)
    text = source.read(_LONGEST)
    mark = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    misc = _MISC.match(text, mark)
    root = _ROOT.match(text, misc.end() if misc else mark)
    if root is None:
        raise Unscannable("the root's start tag was not found")
    if root[0].endswith(b"/>"):
        raise Unscannable("the root is empty")
    head = f'<?xml version="1.0" encoding="{prolog.encoding}"?>'.encode() + root[0]
    return Frame(form, head, b"</" + root[1] + b">", prolog.encoding, root.end())


def chunks(source: BinaryIO, around: Frame, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The chunks of a well-formed file in order, each the forms that end within `size` bytes, one at least.

    `source` is seekable and must not be moved while this runs. Raises Unscannable, at the latest at the end of the
    file, where anything but forms, white space, comments and instructions stands under the root.
    """
    number, first, count, start, end = 0, 1, 0, 0, 0
    for at, until in spans(source, around):
        if count and until - start > size:
            yield Chunk(number, start, end - start, first, count)
            number, first, count = number + 1, first + count, 0
        if not count:
            start = at
        count, end = count + 1, until
    if count:
        yield Chunk(number, start, end - start, first, count)


def lines_before(source: BinaryIO, offset: int) -> int:
    """How many line feeds stand before that byte; `source` is seekable, read from its start and left there."""
    source.seek(0)
    lines = 0
    while offset > 0 and (window := source.read(min(offset, _WINDOW))):
        lines += window.count(b"\n")
        offset -= len(window)
    return lines


def spans(source: BinaryIO, around: Frame) -> Iterator[tuple[int, int]]:
    """Where each form starts and ends, in bytes, the end excluded; see `chunks`."""
    source.seek(around.start)
    scanner = _Scanner(source, around)
    while (start := scanner.next_form()) is not None:
        yield start, scanner.end_of_form()
    scanner.close()


class _Scanner:
    """A window that moves over the file. `_at` is the place in the window that is looked at."""

    def __init__(self, source: BinaryIO, around: Frame) -> None:
        form = re.escape(around.form.encode(around.encoding))
        self._source = source
        self._opening = re.compile(rb"<%s(?=[\s/>])" % form + _TAG)
        self._mark = re.compile(rb"<(?:!--|!\[CDATA\[|\?|/?%s(?=[\s/>]))" % form)
        self._kept = len(around.form) + 12  # no mark is longer
        self._tail = around.tail
        self._base = around.start
        self._window = b""
        self._at = 0
        self._self_closed = False

    def _more(self) -> None:
        """Read on, forgetting what was looked at. Raises Unscannable at the end of the file."""
        more = self._source.read(_WINDOW)
        if not more:
            raise Unscannable("the file ends too early")
        if len(self._window) - self._at > _LONGEST:
            raise Unscannable("a tag is too long")
        self._base += self._at
        self._window = self._window[self._at :] + more
        self._at = 0

    def next_form(self) -> int | None:
        """The offset of the next form; None where the root ends before one."""
        while True:
            self._skip_space()
            self._need(self._kept + len(self._tail))
            for opener in (b"<!--", b"<?"):
                if self._window.startswith(opener, self._at):
                    self._skip_past(_CLOSERS[opener], len(opener))
                    break
            else:
                break
        if self._window.startswith(b"</", self._at):
            return None
        start = self._base + self._at
        if not self._window.startswith(b"<", self._at) or not self._open():
            raise Unscannable("something that is no form stands under the root")
        return start

    def end_of_form(self) -> int:
        """The offset behind the form whose start tag was just passed."""
        depth = 0 if self._self_closed else 1
        while depth:
            mark = self._next_mark()
            if mark in _CLOSERS:
                self._skip_past(_CLOSERS[mark], len(mark))
            elif mark.startswith(b"</"):
                self._skip_past(b">", len(mark))
                depth -= 1
            elif self._open() and not self._self_closed:
                depth += 1
        return self._base + self._at

    def close(self) -> None:
        """Pass the root's end tag and what follows. Raises Unscannable where it is not the end."""
        if not self._window.startswith(self._tail[:-1], self._at):
            raise Unscannable("something that is no form stands under the root")

    def _skip_space(self) -> None:
        while True:
            space = _SPACE.match(self._window, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._window):
                return
            self._more()

    def _need(self, count: int) -> None:
        """Have that many bytes in view, or all there are."""
        while len(self._window) - self._at < count:
            try:
                self._more()
            except Unscannable:
                return

    def _skip_past(self, closer: bytes, opened: int) -> None:
        self._at += opened
        while (found := self._window.find(closer, self._at)) < 0:
            self._at = max(self._at, len(self._window) - len(closer) + 1)
            self._more()
        self._at = found + len(closer)

    def _next_mark(self) -> bytes:
        """Move to the next markup that matters, and give its first bytes."""
        while (mark := self._mark.search(self._window, self._at)) is None:
            self._at = max(self._at, len(self._window) - self._kept)
            self._more()
        self._at = mark.start()
        return mark[0]

    def _open(self) -> bool:
        """Pass a start tag of a form; False, and nothing passed, where there is none."""
        while True:
            tag = self._opening.match(self._window, self._at)
            if tag is not None:
                self._at = tag.end()
                self._self_closed = self._window.startswith(b"/>", tag.end() - 2)
                return True
            if self._mark.match(self._window, self._at) is None:
                return False
            self._more()
