"""The lines of a file around a finding, from its original bytes, read in one pass and flat memory."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import BinaryIO

AROUND = 2
"""Lines shown before and after the marked one."""
WIDTH = 110
"""Characters shown on each side of the marked place, where a line is long."""
PIECE = 8192
"""Characters of a line read at once: a file may be one line."""

Spot = tuple[int, int]
"""Line and column, both from 1."""

_ELEMENT = re.compile(r"<([^\s/>]+)[^>]*>(?:[^<]*</\1\s*>)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or what is shown of it. `marked` is the part meant, by its start and end in `text`."""

    number: int
    text: str
    cut_before: bool = False
    cut_after: bool = False
    marked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    number: int  # of its line
    start: int  # where it begins in its line, from 0
    text: str

    def begins(self) -> bool:
        return self.start == 0


@dataclass(slots=True)
class _Capture:
    lines: list[Line]
    left: int = field(default=AROUND)  # lines still to come


def excerpts(source: BinaryIO, encoding: str, spots: Collection[Spot]) -> dict[Spot, tuple[Line, ...]]:
    """The lines around each spot; a spot that the file does not have is left out. Bytes that are no text show as �."""
    by_line: dict[int, list[int]] = {}
    for number, column in spots:
        by_line.setdefault(number, []).append(column)
    captures: dict[Spot, _Capture] = {}
    open_: list[_Capture] = []
    above: deque[Line] = deque(maxlen=AROUND)
    before = head = _Piece(0, 0, "")
    for piece, after in pairwise(_pieces(source, encoding, by_line)):
        if piece.begins():
            if head.number:
                above.append(_shortened(head))
            open_ = _fed(open_, piece)
            before, head = _Piece(piece.number, 0, ""), piece
        for column in by_line.get(piece.number, ()):
            if piece.start < column <= piece.start + max(len(piece.text), 1):
                capture = _Capture([*above, _windowed(before, piece, after, column)])
                captures[piece.number, column] = capture
                open_.append(capture)
        before = piece
    return {spot: tuple(capture.lines) for spot, capture in captures.items()}


def _pieces(source: BinaryIO, encoding: str, lines: Collection[int]) -> Iterator[_Piece]:
    """Those lines and their neighbors in pieces, and an empty piece at the end."""
    text = io.TextIOWrapper(source, encoding=encoding, errors="replace", newline="")
    near = {line + distance for line in lines for distance in range(-AROUND, AROUND + 1)}
    last = max(near, default=0)
    number, start = 1, 0
    for piece in _read(text):
        if number in near:
            yield _Piece(number, start, piece.rstrip("\r\n"))
        if piece[-1] in "\r\n":
            number, start = number + 1, 0
            if number > last:
                break
        else:
            start += len(piece)
    yield _Piece(number + 1, 0, "")
    text.detach()


def _read(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines with their ends, long ones in pieces; an end of two characters is never split."""
    carried = ""
    while piece := carried if carried == "\r" else carried + text.readline(PIECE - len(carried)):
        carried = text.readline(1) if piece == "\r" or (len(piece) == PIECE and piece[-1] == "\r") else ""
        yield piece
        if carried == "\n":
            carried = ""


def _fed(captures: list[_Capture], piece: _Piece) -> list[_Capture]:
    """Give a line to every excerpt that waits for one; those that still wait."""
    for capture in captures:
        capture.lines.append(_shortened(piece))
        capture.left -= 1
    return [capture for capture in captures if capture.left]


def _shortened(piece: _Piece) -> Line:
    limit = 2 * WIDTH
    return Line(piece.number, piece.text[:limit], cut_after=len(piece.text) > limit)


def _windowed(before: _Piece, piece: _Piece, after: _Piece, column: int) -> Line:
    """The marked line: the part around the column, with the element that begins there marked."""
    left = before.text if before.number == piece.number else ""
    right = after.text if after.number == piece.number else ""
    text = left + piece.text + right
    at = len(left) + column - 1 - piece.start
    found = _ELEMENT.match(text, at)
    end = found.end() if found else at + 1
    begin = max(0, at - WIDTH) if len(text) > 2 * WIDTH else 0
    stop = min(len(text), max(at + WIDTH, begin + 2 * WIDTH))
    return Line(
        number=piece.number,
        text=text[begin:stop],
        cut_before=begin > 0 or piece.start > len(left),
        cut_after=stop < len(text) or len(right) >= PIECE,
        marked=(at - begin, max(at - begin, min(end, stop) - begin)),
    )
