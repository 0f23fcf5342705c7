"""The rows of a delivery in pieces of a bounded size, numbered on, and cut only between rows that hang together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import polars as pl

from declarations.errors import Invariant
from declarations.extracts.layout import Layout, Sheet
from declarations.extracts.rows import Intake, Rows, joined
from declarations.extracts.values import ParcelRows, Span, Sums

_IN_MEMORY = 200_000
"""Cells of a delivery that never touch the disk before they are written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a delivery, numbered from 1 in each block; `folder` where they lie on disk."""

    rows: dict[str, int]
    sums: Sums
    spans: tuple[Span, ...]
    tickets: pl.DataFrame | None
    frames: dict[str, pl.DataFrame] | None
    folder: Path | None = None

    def frame(self, sheet: Sheet) -> pl.DataFrame:
        """Its rows of that block."""
        if self.frames is not None:
            return self.frames[sheet.block]
        return pl.read_ipc(self.path(sheet))

    def path(self, sheet: Sheet) -> Path:
        """Where its rows of that block lie. Invariant if they do not lie on disk."""
        if self.folder is None:
            raise Invariant("a piece in memory has no path")
        return self.folder / f"{sheet.block}.arrow"


def cells(rows: Mapping[str, int], layout: Layout) -> int:
    """How much that is: rows times columns."""
    return sum(rows[sheet.block] * len(sheet.columns) for sheet in layout.sheets)


def units(rows: Mapping[str, int], layout: Layout) -> int:
    """Into how many pieces it could be cut at most: the rows with nothing above them."""
    return sum(rows[sheet.block] for sheet in layout.roots)


def pieces(parcels: Iterable[ParcelRows], layout: Layout, most_cells: int, spool: Path) -> Iterator[Piece]:
    """The parcels in pieces of about that many cells: small ones together, large ones cut.

    What does not fit in memory lies under `spool`. Raises Invariant where a parcel is not laid out as said.
    """
    intake, gathered = Intake(layout), _Gathered(layout)
    spent, count = 0, 0
    for parcel in parcels:
        for rows in _cut(intake.rows(parcel), layout, most_cells):
            if gathered.cells and gathered.cells + cells(rows.counts, layout) > most_cells:
                spent, count = spent + gathered.cells, count + 1
                yield gathered.piece(None if spent <= _IN_MEMORY else spool / str(count))
                gathered = _Gathered(layout)
            gathered.add(rows)
    if gathered.cells:
        spent, count = spent + gathered.cells, count + 1
        yield gathered.piece(None if spent <= _IN_MEMORY else spool / str(count))


def halves(piece: Piece, layout: Layout) -> tuple[Piece, Piece]:
    """The piece in two, in memory."""
    whole = Rows({sheet.block: piece.frame(sheet) for sheet in layout.sheets}, piece.spans, piece.tickets)
    middle, count = units(piece.rows, layout) // 2, units(piece.rows, layout)
    return _piece(whole.between(0, middle, layout), layout), _piece(whole.between(middle, count, layout), layout)


@dataclass(slots=True)
class _Gathered:
    """Rows of several parcels, one after the other."""

    layout: Layout
    cells: int = 0
    parts: list[Rows] = field(default_factory=list)

    def add(self, rows: Rows) -> None:
        self.cells += cells(rows.counts, self.layout)
        self.parts.append(rows)

    def piece(self, folder: Path | None) -> Piece:
        piece = _piece(joined(self.parts, self.layout), self.layout)
        if folder is None or piece.frames is None:
            return piece
        folder.mkdir()
        stored = Piece(piece.rows, piece.sums, piece.spans, piece.tickets, None, folder)
        for sheet in self.layout.sheets:
            piece.frames[sheet.block].write_ipc(stored.path(sheet))
        return stored


def _cut(rows: Rows, layout: Layout, most_cells: int) -> Iterator[Rows]:
    """In pieces of about that many cells each."""
    size, count = cells(rows.counts, layout), units(rows.counts, layout)
    if size <= most_cells:
        yield rows
        return
    step = max(1, count * most_cells // size)
    for start in range(0, count, step):
        yield rows.between(start, min(start + step, count), layout)


def _piece(rows: Rows, layout: Layout) -> Piece:
    sums = {sheet.block: _sums(sheet, rows.frames[sheet.block]) for sheet in layout.sheets}
    return Piece(rows.counts, sums, rows.spans, rows.tickets, rows.frames)


def _sums(sheet: Sheet, frame: pl.DataFrame) -> dict[str, int | Decimal]:
    return {each.name: _sum(frame[each.name], each.scale) for each in sheet.fields if each.numeric}


def _sum(values: pl.Series, scale: int) -> int | Decimal:
    """Amounts of a million persons do not fit in 64 bits: added in 128."""
    return Decimal(values.sum()) if scale else int(values.cast(pl.Int128).sum())
