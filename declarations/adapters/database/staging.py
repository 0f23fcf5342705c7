"""A directory file on its way in: it lies in tables of one connection alone, so that nobody waits while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Engine,
    MetaData,
    Table,
    Text,
    case,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.schema import DropTable

from declarations.adapters.database.engine import translated
from declarations.directory.lists import Action

if TYPE_CHECKING:
    import psycopg

COPY = b"COPY staged_person FROM STDIN (FORMAT csv)"

_metadata = MetaData()
_TEMPORARY = ["TEMPORARY"]

staged = Table(
    "staged_person",
    _metadata,
    Column("inss", Text),
    Column("quality", Text),
    Column("valid_from", Date),  # null: an end of whatever runs
    Column("valid_until", Date),
    Column("action", Text),
    prefixes=_TEMPORARY,
)
"""The rows of the file."""

given = Table(
    "given_person",
    _metadata,
    Column("inss", Text, primary_key=True),
    Column("quality", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_until", Date),
    prefixes=_TEMPORARY,
    sqlite_with_rowid=False,
)
"""What it adds, each person, quality and first day once, with the last of its last days."""

ending = Table(
    "ending_person",
    _metadata,
    Column("person", Text, index=True),
    Column("quality", Text),
    Column("valid_from", Date),
    Column("valid_until", Date),
    prefixes=_TEMPORARY,
)
"""What it ends, by the newest number of the person; filled by who applies it."""


@contextmanager
def filled(database: Engine, frames: Iterable[pl.DataFrame]) -> Iterator[Connection]:
    """One transaction that may write, on a connection whose tables hold the rows of a file."""
    with translated(), database.connect() as connection:
        with connection.begin():
            _fresh(connection)
            for frame in frames:
                _stage(connection, frame)
            _gather(connection)
        connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection
            _dropped(connection)


def _fresh(connection: Connection) -> None:
    """A connection from the pool may have the tables of a load that failed."""
    _dropped(connection)
    _metadata.create_all(connection, checkfirst=False)


def _dropped(connection: Connection) -> None:
    for table in _metadata.tables.values():
        connection.execute(DropTable(table, if_exists=True))


def _stage(connection: Connection, frame: pl.DataFrame) -> None:
    rows = frame.select(staged.columns.keys())
    if connection.dialect.name == "postgresql":
        driver: psycopg.Connection | None = connection.connection.driver_connection
        if driver is not None:
            with driver.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.write(rows.write_csv(include_header=False))
    elif len(rows):
        days = pl.col("valid_from", "valid_until").dt.to_string()
        connection.exec_driver_sql(f"INSERT INTO {staged.name} VALUES (?, ?, ?, ?, ?)", rows.with_columns(days).rows())


def _gather(connection: Connection) -> None:
    key = (staged.c.inss, staged.c.quality, staged.c.valid_from)
    endless = func.count(staged.c.valid_until) < func.count()
    last = case((endless, None), else_=func.max(staged.c.valid_until))
    added = select(*key, last).where(staged.c.action == Action.ADD.value).group_by(*key)
    connection.execute(insert(given).from_select(given.columns.keys(), added.order_by(*key)))
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {given.name}"))
