"""How well each folder or server can be reached: its failures in a row, and when it is tried again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, func, select, update

from declarations.adapters.database.intake import insert_new
from declarations.adapters.database.tables import line
from declarations.model import Line


def one(connection: Connection, folder: str) -> Line:
    """That line; a fresh one where nothing was ever noted."""
    row = connection.execute(select(line).where(line.c.folder == folder)).first()
    return Line(folder) if row is None else _line_of(row)


def every(connection: Connection) -> list[Line]:
    """The lines of which something was noted, by folder."""
    return [_line_of(row) for row in connection.execute(select(line).order_by(line.c.folder))]


def failed(connection: Connection, folder: str, error: str, next_try_at: datetime, now: datetime) -> None:
    """Count one failure more; the line is down since the first of them."""
    connection.execute(insert_new(connection, line).values(folder=folder, failures=0))
    change = {
        "failures": line.c.failures + 1,
        "down_since": func.coalesce(line.c.down_since, now, type_=line.c.down_since.type),
        "next_try_at": next_try_at,
        "last_error": error,
    }
    connection.execute(update(line).where(line.c.folder == folder).values(change))


def rest(connection: Connection, folder: str, until: datetime) -> None:
    """It is left alone until then."""
    connection.execute(update(line).where(line.c.folder == folder).values(next_try_at=until))


def answered(connection: Connection, folder: str, now: datetime) -> None:
    """It could be reached: nothing is wrong with it any more."""
    connection.execute(insert_new(connection, line).values(folder=folder, failures=0))
    change = {"failures": 0, "down_since": None, "next_try_at": None, "last_error": None, "last_ok_at": now}
    connection.execute(update(line).where(line.c.folder == folder).values(change))


def _line_of(row: Row[*tuple[object, ...]]) -> Line:
    return Line(row.folder, row.failures, row.down_since, row.next_try_at, row.last_ok_at, row.last_error)
