"""CSV, NDJSON and Parquet read back, some rows at a time, by libraries that did not write them where there are any."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import polars as pl

from declarations.blocks import ColumnType
from declarations.extracts.gate.container import UnreadableError
from declarations.extracts.gate.entitled import Entitled
from declarations.extracts.gate.tally import Cell

_ROWS = 20_000

csv.field_size_limit(1 << 24)


def _refused(_: str) -> float:
    raise ValueError("a number with a fraction: decimals are texts")


_LINE = json.JSONDecoder(object_pairs_hook=list, parse_float=_refused, parse_constant=_refused)
"""Objects as lists of pairs: a key that stands twice is seen."""


def csv_rows(source: IO[bytes], header: Sequence[str], name: str) -> Iterator[Sequence[Sequence[Cell]]]:
    """The rows of a CSV file as columns. Raises UnreadableError where its header is another one or a row is odd."""
    text = io.TextIOWrapper(source, encoding="utf-8", newline="")
    reader = csv.reader(text, strict=True)
    try:
        if next(reader, []) != list(header):
            raise UnreadableError(f"{name} has other columns than granted")
        while rows := list(islice(reader, _ROWS)):
            yield list(zip(*rows, strict=True))
            if len(rows[0]) != len(header):
                raise UnreadableError(f"{name} has a row that is longer or shorter than its header")
    except (csv.Error, UnicodeDecodeError) as fault:
        raise UnreadableError(f"{name} cannot be read as CSV") from fault
    except ValueError as fault:
        raise UnreadableError(f"{name} has a row that is longer or shorter than its header") from fault


def ndjson_rows(source: IO[bytes], one: Entitled, name: str) -> Iterator[Sequence[Sequence[Cell]]]:
    """The rows of an NDJSON file as columns. Raises UnreadableError where a line has other keys or types."""
    header = tuple(one.header)
    kinds = [int] * (len(header) - len(one.names)) + [_json_type(kind) for kind in one.types]
    while lines := list(islice(source, _ROWS)):
        try:
            rows = [tuple(zip(*_LINE.decode(line.decode()), strict=True)) for line in lines]
        except (ValueError, TypeError) as fault:
            raise UnreadableError(f"{name} cannot be read as NDJSON") from fault
        if any(len(row) != 2 or row[0] != header for row in rows):
            raise UnreadableError(f"{name} has other columns than granted")
        columns = list(zip(*(values for _, values in rows), strict=True))
        for values, kind in zip(columns, kinds, strict=True):
            if not {type(value) for value in values} <= {kind, type(None)}:
                raise UnreadableError(f"{name} has a value that is not of its type")
        yield [_texts(values) if kind is bool else values for values, kind in zip(columns, kinds, strict=True)]


def parquet_rows(source: IO[bytes], one: Entitled, name: str, work: Path) -> Iterator[Sequence[Sequence[Cell]]]:
    """The rows of a Parquet file as columns; it is unpacked in the folder `work`, which is as before afterwards.

    Raises UnreadableError where it has other columns or types.
    """
    with NamedTemporaryFile(suffix=".parquet", dir=work) as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        try:
            yield from _slices(Path(copy.name), one, name)
        except pl.exceptions.PolarsError as fault:
            raise UnreadableError(f"{name} cannot be read as Parquet") from fault


def _slices(path: Path, one: Entitled, name: str) -> Iterator[Sequence[Sequence[Cell]]]:
    frame = pl.scan_parquet(path, hive_partitioning=False)
    types = [pl.Int64()] * (len(one.header) - len(one.names))
    wanted = [*types, *(_data_type(kind, scale) for kind, scale in zip(one.types, one.scales, strict=True))]
    if frame.collect_schema() != pl.Schema(dict(zip(one.header, wanted, strict=True))):
        raise UnreadableError(f"{name} has other columns or types than granted")
    offset, texts = 0, pl.selectors.by_dtype(pl.Date, pl.Boolean) | pl.selectors.decimal()
    while len(rows := frame.slice(offset, _ROWS).collect()):
        yield [column.to_list() for column in rows.with_columns(texts.cast(pl.String))]
        offset += len(rows)


def _data_type(kind: ColumnType, scale: int) -> pl.DataType:
    numbers = {ColumnType.INTEGER: pl.Int64(), ColumnType.DECIMAL: pl.Decimal(38, scale)}
    return {**numbers, ColumnType.DATE: pl.Date(), ColumnType.BOOLEAN: pl.Boolean()}.get(kind, pl.String())


def _json_type(kind: ColumnType) -> type:
    return {ColumnType.INTEGER: int, ColumnType.BOOLEAN: bool}.get(kind, str)


def _texts(values: Sequence[Cell]) -> list[Cell]:
    return [None if value is None else str(value).lower() for value in values]
