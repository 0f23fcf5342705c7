"""Parquet: one file for each block, its types kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from declarations.extracts.archives import Archive
from declarations.extracts.formats.numbering import passed_before
from declarations.extracts.layout import Layout, Sheet
from declarations.extracts.pieces import Piece

_ROW_GROUP = 250_000


def write_parquet(archive: Archive, pieces: Sequence[Piece], layout: Layout, name: str, work: Path) -> None:
    """Compressed with zstd, in row groups of one size; decimals as decimals, an absent zone is null."""
    file = work / "block.parquet"
    for sheet in layout.sheets:
        frames = _frames(pieces, sheet)
        frames.sink_parquet(file, compression="zstd", row_group_size=_ROW_GROUP, maintain_order=True)
        archive.adopt(f"{sheet.block}.parquet", file)
    file.unlink(missing_ok=True)


def _frames(pieces: Sequence[Piece], sheet: Sheet) -> pl.LazyFrame:
    """Read from disk where a piece lies there: never all of them at once."""
    frames = [pl.LazyFrame(schema=sheet.schema)]
    for piece, passed in zip(pieces, passed_before(pieces), strict=True):
        if piece.rows[sheet.block]:
            stored = pl.scan_ipc(piece.path(sheet)) if piece.frames is None else piece.frame(sheet).lazy()
            frames.append(_lazily(stored, sheet, passed))
    return pl.concat(frames)


def _lazily(frame: pl.LazyFrame, sheet: Sheet, passed: dict[str, int]) -> pl.LazyFrame:
    shifts = [pl.col("row") + passed[sheet.block]]
    if sheet.above is not None:
        shifts.append(pl.col(f"{sheet.above}_row") + passed[sheet.above])
    return frame.with_columns(shifts)
