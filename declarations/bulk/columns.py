"""Texts as their types, many columns at once: as `stages.normalize` types them, quicker where they are usual."""

from __future__ import annotations

import polars as pl

from declarations.blocks import Column, ColumnType
from declarations.stages.normalize import typed


def values(texts: pl.Series, column: Column) -> pl.Series:
    """Texts that the schema accepted, of columns with one type, width and scale, as that type.

    Raises what `stages.normalize` would raise.
    """
    quick = _quick(texts, column)
    if quick is not None and quick.null_count() == texts.null_count():
        return quick
    return typed(texts.alias(column.name).to_frame(), [column]).to_series()


def _quick(texts: pl.Series, column: Column) -> pl.Series | None:
    """The values where no text has white space around it, or anything else unusual; else None, or more nulls."""
    match column.type:
        case ColumnType.TEXT:
            return texts
        case ColumnType.IDENTIFIER:
            return _digits(texts, column.width)
        case ColumnType.INTEGER:
            return texts.cast(pl.Int64, strict=False)
        case ColumnType.DECIMAL:
            return texts.cast(pl.Decimal(38, column.scale), strict=False)
        case ColumnType.DATE:
            return texts.str.to_date("%Y-%m-%d", strict=False) if _all_have(texts, 10) else None
        case ColumnType.BOOLEAN:
            return None


def _digits(texts: pl.Series, width: int | None) -> pl.Series | None:
    """The same texts, filled with zeros up to the width, where all are digits only and no more than that."""
    numbers = texts.cast(pl.UInt64, strict=False)  # which takes a plus sign too
    if numbers.null_count() != texts.null_count():
        return None
    text = pl.col(texts.name)
    size = text.str.len_bytes()
    plus, shortest, longest = (
        texts.to_frame()
        .select(text.str.starts_with("+").any(), size.min().alias("shortest"), size.max().alias("longest"))
        .row(0)
    )
    if plus or (width is not None and (longest or 0) > width):
        return None
    return texts if width is None or shortest in {None, width} else texts.str.zfill(width)


def _all_have(texts: pl.Series, length: int) -> bool:
    return bool((texts.str.len_bytes() == length).all())
