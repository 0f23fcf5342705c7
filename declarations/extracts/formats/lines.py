"""CSV and NDJSON: a file of lines for each block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from declarations.extracts.archives import Archive
from declarations.extracts.formats.numbering import numbered
from declarations.extracts.layout import Layout
from declarations.extracts.pieces import Piece


def write_csv(archive: Archive, pieces: Sequence[Piece], layout: Layout, name: str, work: Path) -> None:
    """RFC 4180 in UTF-8 with line feeds and a header; an absent zone is empty, an empty one is `""`."""
    for sheet in layout.sheets:
        with archive.member(f"{sheet.block}.csv") as sink:
            sink.write(header(sheet.columns))
            for frame in numbered(pieces, sheet):
                sink.write(frame.write_csv(include_header=False, line_terminator="\n").encode())


def write_ndjson(archive: Archive, pieces: Sequence[Piece], layout: Layout, name: str, work: Path) -> None:
    """One JSON object a line, always all keys; an absent zone is null, a decimal a string, a date `2026-04-23`."""
    for sheet in layout.sheets:
        with archive.member(f"{sheet.block}.ndjson") as sink:
            for frame in numbered(pieces, sheet):
                sink.write(frame.write_ndjson().encode())


def header(columns: Sequence[str]) -> bytes:
    """The first line of a CSV file. Names of columns need no quotes."""
    return f"{','.join(columns)}\n".encode()
