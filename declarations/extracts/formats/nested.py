"""XML: one document of only the authorized elements, each block under the one above it, with its schema."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from declarations.extracts.archives import Archive
from declarations.extracts.formats.numbering import passed_before
from declarations.extracts.formats.schema import ROOT, schema
from declarations.extracts.layout import Field, Layout, Sheet
from declarations.extracts.pieces import Piece


def write_xml(archive: Archive, pieces: Sequence[Piece], layout: Layout, name: str, work: Path) -> None:
    """`extract.xml`, and its schema under the layout's name; an absent zone has no element, an empty one an empty."""
    with archive.member(f"{name}.xsd") as sink:
        sink.write(schema(layout, name))
    passed = passed_before(pieces)
    with archive.member("extract.xml") as sink:
        sink.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<{ROOT} schema="{name}">'.encode())
        for root in layout.roots:
            for piece, before in zip(pieces, passed, strict=True):
                if piece.rows[root.block]:
                    sink.write("".join(_elements(root, piece, layout, before)).encode())
        sink.write(f"\n</{ROOT}>\n".encode())


def _elements(sheet: Sheet, piece: Piece, layout: Layout, passed: dict[str, int]) -> pl.Series:
    """The text of each row's element, with all that hangs under it."""
    frame = piece.frame(sheet)
    inner = [_child(each, piece, layout, passed, len(frame)) for each in layout.below(sheet.block)]
    number = (pl.col("row") + passed[sheet.block]).cast(pl.String)
    start = [pl.lit(f'\n<{sheet.element} row="'), number, pl.lit('">')]
    fields = [_zone(each) for each in sheet.fields]
    end = pl.lit(f"</{sheet.element}>")
    return frame.select(text=pl.concat_str([*start, *fields, *inner, end]))["text"]


def _child(sheet: Sheet, piece: Piece, layout: Layout, passed: dict[str, int], rows_above: int) -> pl.Series | pl.Expr:
    """For each row above, the texts of its rows of that block, one after the other."""
    if not piece.rows[sheet.block]:
        return pl.lit("")
    links = piece.frame(sheet)[f"{sheet.above}_row"]
    elements = pl.DataFrame({"above": links, "text": _elements(sheet, piece, layout, passed)})
    gathered = elements.group_by("above", maintain_order=True).agg(pl.col("text").str.join(""))
    rows = pl.DataFrame({"above": pl.int_range(1, rows_above + 1, eager=True)})
    return rows.join(gathered, on="above", how="left", maintain_order="left")["text"].fill_null("")


def _zone(field: Field) -> pl.Expr:
    text = pl.col(field.name).cast(pl.String)
    if field.data_type == pl.String():
        text = _escaped(pl.col(field.name))
    return pl.concat_str([pl.lit(f"<{field.element}>"), text, pl.lit(f"</{field.element}>")]).fill_null("")


def _escaped(text: pl.Expr) -> pl.Expr:
    """A carriage return would be read back as a line feed."""
    return text.str.replace_many(["&", "<", ">", "\r"], ["&amp;", "&lt;", "&gt;", "&#13;"])
