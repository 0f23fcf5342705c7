"""How a batch is cut into slices, as a table of numbers: kept, so that who reads a slice need not look for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

import polars as pl

from declarations.reading.stretches import Piece, Stretch
from declarations.stages.chunks import Chunk, Frame, frame
from declarations.stages.read import PartSource

_CHUNK = tuple(each.name for each in fields(Chunk))
_COLUMNS = ("slice", "part", "first_number", "forms_read", *_CHUNK)


def division_frame(stretches: Iterable[Stretch]) -> pl.DataFrame:
    """One row per piece, in order: slice, part, first_number, forms_read, then those of its chunk, null without one."""
    rows = [
        (stretch.number, piece.part, piece.first_number, piece.forms, *_numbers(piece.chunk))
        for stretch in stretches
        for piece in stretch.pieces
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.Int64), orient="row")


def divided(table: pl.DataFrame, parts: Sequence[PartSource]) -> tuple[Stretch, ...]:
    """The stretches of such a table; what stands around the forms is read from the parts again."""
    cut = set(table.filter(pl.col("number").is_not_null())["part"])
    around = {part.part: _around(part) for part in parts if part.part in cut}
    pieces: dict[int, list[Piece]] = {}
    for row in table.iter_rows(named=True):
        pieces.setdefault(row["slice"], []).append(_piece(row, around))
    return tuple(Stretch(number, tuple(each)) for number, each in sorted(pieces.items()))


def _numbers(chunk: Chunk | None) -> Iterable[int | None]:
    return [None if chunk is None else getattr(chunk, name) for name in _CHUNK]


def _piece(row: Mapping[str, int], around: Mapping[int, Frame]) -> Piece:
    part, first, forms = row["part"], row["first_number"], row["forms_read"]
    if row["number"] is None:
        return Piece(part, None, None, first, forms)
    return Piece(part, around[part], Chunk(*(row[name] for name in _CHUNK)), first, forms)


def _around(part: PartSource) -> Frame:
    with part.open() as source:
        return frame(source, part.version.family.form)
