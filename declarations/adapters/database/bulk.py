"""Many rows at once: by COPY into PostgreSQL, by the driver's own loop into SQLite; ten times as fast as one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

AT_ONCE = 10_000
"""Rows that are turned into values before the driver takes them."""

Row = dict[str, Any]


def add_many(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows that all have the columns of the first; the others get the database's own defaults.

    Raises as an insert does.
    """
    coming = iter(rows)
    first = next(coming, None)
    if first is None:
        return
    names = tuple(first)
    converted = _converted(connection, table, names, _again(first, coming))
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, converted)
    else:
        _execute_many(connection, table, names, converted)


def _again(first: Row, coming: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from coming


def _converted(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterator[Row]
) -> Iterator[tuple[Any, ...]]:
    """Each row as its driver wants it."""
    binders = [_binder(connection, table, name) for name in names]
    if not any(binders):
        return (tuple(row[name] for name in names) for row in rows)
    pairs = list(zip(names, binders, strict=True))
    return (tuple(bind(row[name]) if bind else row[name] for name, bind in pairs) for row in rows)


def _binder(connection: Connection, table: Table, name: str) -> Callable[[Any], Any] | None:
    kind = table.c[name].type.dialect_impl(connection.dialect)
    return kind.bind_processor(connection.dialect)


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
    driver = connection.connection.driver_connection
    if driver is None:
        raise TypeError("the connection is closed")
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as fault:  # not seen by SQLAlchemy: raised as it would be, without the rows
        raise DBAPIError.instance("COPY", None, fault, errors, hide_parameters=True) from fault


def _execute_many(connection: Connection, table: Table, names: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    places = ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({places})"
    while some := list(islice(rows, AT_ONCE)):
        connection.exec_driver_sql(statement, some)
