"""What slices leave on disk until all are read: verdicts, keys and blocks, each slice in files of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from declarations.stages import records
from declarations.stages.read import JudgedHead

HEADS, FOUND, KEYS = "_heads", "_found", "_keys"
"""Beside the blocks, whose names never start like that."""


class Spill:
    """The files of a run. Each is written once, or written again as a whole."""

    def __init__(self, folder: Path) -> None:
        """An existing folder, for this run alone."""
        self.folder = folder

    def path(self, name: str, number: int) -> Path:
        """Where a frame of a slice lies."""
        return self.folder / f"{name}.{number:06}.arrow"

    def keep(self, name: str, number: int, frame: pl.DataFrame) -> None:
        """Put a frame of a slice there."""
        path = self.path(name, number)
        fresh = path.with_suffix(".new")  # who reads the old one may have it mapped
        frame.write_ipc(fresh, compression="uncompressed")
        fresh.replace(path)

    def forget(self, start: str, number: int) -> None:
        """Remove the frames of a slice whose names start like that."""
        for path in self.folder.glob(f"{start}*.{number:06}.arrow"):
            path.unlink()

    def kept(self, name: str, number: int) -> pl.DataFrame:
        """That frame."""
        return pl.read_ipc(self.path(name, number))

    def keep_verdicts(self, number: int, verdicts: Iterable[JudgedHead]) -> None:
        """Put the verdicts of a slice there."""
        heads, found = records.verdict_frames(verdicts)
        self.keep(HEADS, number, heads)
        self.keep(FOUND, number, found)

    def verdicts(self, number: int) -> tuple[JudgedHead, ...]:
        """The verdicts of a slice."""
        return records.verdicts(self.kept(HEADS, number), self.kept(FOUND, number))
