"""Where findings stand: first within the piece of a file that was read, then in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from declarations.reading.stretches import Piece
from declarations.stages.control import Found, Opener, candidates, located, placed_at
from declarations.stages.read import PartSource
from validators.cuts import CHUNK, Position
from validators.places import places_among


def located_in(found: Sequence[Found], pieces: Sequence[Piece], parts: Mapping[int, PartSource]) -> list[Found]:
    """The findings with line and column counted from the start of their pieces."""
    return [each for piece in pieces if (here := _of(piece, found)) for each in _placed(here, piece, parts[piece.part])]


def _of(piece: Piece, found: Sequence[Found]) -> list[Found]:
    if piece.chunk is None:
        return [each for each in found if each[0] == piece.part]
    ordinals = range(piece.chunk.first_form, piece.chunk.first_form + piece.chunk.forms)
    return [each for each in found if each[0] == piece.part and each[1].form in ordinals]


def _placed(found: list[Found], piece: Piece, part: PartSource) -> list[Found]:
    form = part.version.family.form
    if piece.chunk is None or piece.around is None:
        return located(found, {piece.part: part.open}, form)
    with part.open() as source:
        source.seek(piece.chunk.offset)
        content = source.read(piece.chunk.length)
    wanted = {each for _, anomaly in found for each in candidates(anomaly)}
    known = places_among(content, piece.chunk.first_form, piece.around.encoding, wanted, form)
    return [(at, placed_at(anomaly, known)) for at, anomaly in found]


class Ruler:
    """Turns places within the pieces of one part into places in its file. Pieces are asked for in their order."""

    def __init__(self, opener: Opener) -> None:
        """Nothing is read before something is asked for."""
        self._opener = opener
        self._position: Position | None = None
        self._offset = 0

    def in_file(self, found: Sequence[Found], piece: Piece) -> list[Found]:
        """Findings of that piece, with their places in the file."""
        if piece.chunk is None or piece.around is None or not found:
            return list(found)
        line, column = self._at(piece.chunk.offset, piece.around.encoding)
        return [
            (
                part,
                anomaly
                if anomaly.line is None or anomaly.column is None
                else replace(
                    anomaly,
                    line=anomaly.line + line - 1,
                    column=anomaly.column + column - 1 if anomaly.line == 1 else anomaly.column,
                ),
            )
            for part, anomaly in found
        ]

    def _at(self, offset: int, encoding: str) -> tuple[int, int]:
        position = self._position = self._position or Position(encoding)
        with self._opener() as source:
            source.seek(self._offset)
            while self._offset < offset:
                content = source.read(min(CHUNK, offset - self._offset))
                position.pass_over(content)
                self._offset += len(content)
        return position.line, position.column
