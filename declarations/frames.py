"""How the blocks of a message are kept as Polars frames: the columns of each, and their types."""

from __future__ import annotations

import polars as pl

from declarations.blocks import Block, ColumnType


def schema_of(block: Block) -> dict[str, pl.DataType]:
    """The columns of a block's frame with their types; see `declarations.blocks.Block`."""
    types: dict[str, pl.DataType] = {"form": pl.Int64()}
    if block.parent is None:
        types["part"] = pl.Int64()
    types["row"] = pl.Int64()
    if block.parent is not None:
        types[f"{block.parent}_row"] = pl.Int64()
    types["nth"] = pl.Int64()
    return types | {column.name: data_type(column.type, column.scale) for column in block.columns}


def data_type(kind: ColumnType, scale: int = 0) -> pl.DataType:
    """What a zone of that kind is in a frame; `scale` of a decimal."""
    match kind:
        case ColumnType.INTEGER:
            return pl.Int64()
        case ColumnType.DECIMAL:
            return pl.Decimal(38, scale)
        case ColumnType.DATE:
            return pl.Date()
        case ColumnType.BOOLEAN:
            return pl.Boolean()
        case ColumnType.IDENTIFIER | ColumnType.TEXT:
            return pl.String()
