"""The rows of one block, piece after piece, numbered on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from declarations.extracts.layout import Sheet
from declarations.extracts.pieces import Piece
from declarations.extracts.rows import numbered_on


def passed_before(pieces: Sequence[Piece]) -> list[dict[str, int]]:
    """For each piece, the rows of each block in the pieces before it."""
    passed: list[dict[str, int]] = []
    counts = dict.fromkeys(pieces[0].rows, 0) if pieces else {}
    for piece in pieces:
        passed.append(counts)
        counts = {name: count + piece.rows[name] for name, count in counts.items()}
    return passed


def numbered(pieces: Sequence[Piece], sheet: Sheet) -> Iterator[pl.DataFrame]:
    """The rows of that block, one frame per piece, numbered over all of them."""
    for piece, passed in zip(pieces, passed_before(pieces), strict=True):
        if piece.rows[sheet.block]:
            yield numbered_on(piece.frame(sheet), sheet, passed)
