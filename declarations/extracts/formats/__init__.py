"""How the blocks of a delivery are written, by the format that the recipient wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from declarations.extracts.archives import Archive
from declarations.extracts.formats import columnar, lines, nested
from declarations.extracts.layout import Layout
from declarations.extracts.pieces import Piece
from declarations.parties.party import Format

Writer = Callable[[Archive, Sequence[Piece], Layout, str, Path], None]
"""Puts the blocks of these pieces into the archive: the layout, its name, and a folder to work in."""

WRITERS: dict[Format, Writer] = {
    Format.CSV: lines.write_csv,
    Format.NDJSON: lines.write_ndjson,
    Format.PARQUET: columnar.write_parquet,
    Format.XML: nested.write_xml,
}
"""Every format has one."""
