"""How a database is reached: its URL, its transactions, and what its errors mean to us."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from declarations.errors import Configuration, DeclarationsError, Invariant, Retryable

PATIENCE = 20
"""Seconds that a statement waits for another process's lock."""

DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class Conflict(Invariant):
    """A constraint refused a row: another process was first, or the row cannot be."""


def engine(url: str) -> Engine:
    """The engine for that URL. Raises Configuration where it is neither SQLite in a file nor PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise Configuration("the setting `database` is not a URL such as sqlite:///ledger.sqlite") from fault
    if parsed.drivername not in DRIVERS:
        raise Configuration(f"the ledger lives in SQLite or PostgreSQL, not in {parsed.drivername!r}")
    parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    return _sqlite(parsed) if parsed.drivername == "sqlite" else _postgresql(parsed)


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """One transaction that may write: whole, or not at all."""
    with translated(), database.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        yield connection


@contextmanager
def reading(database: Engine) -> Iterator[Connection]:
    """One transaction that sees the ledger as it was at its first statement."""
    with translated(), database.connect() as connection:
        if database.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Faults of the database as ours: Retryable, Configuration, Conflict or Invariant. No row is quoted."""
    try:
        yield
    except IntegrityError as fault:
        raise Conflict(f"the ledger refused a row: {_kind(fault)}") from fault
    except (OperationalError, ProgrammingError) as fault:
        raise _explained(fault) from fault
    except (InterfaceError, PoolTimeoutError) as fault:
        raise Retryable(f"the ledger did not answer: {type(fault).__name__}; try again") from fault
    except DBAPIError as fault:
        raise Invariant(f"the ledger refused a statement: {_kind(fault)}") from fault
    except StatementError as fault:
        if isinstance(fault.orig, DeclarationsError):
            raise fault.orig from fault
        raise Invariant(f"the ledger was given a value it cannot keep: {type(fault.orig).__name__}") from fault


def _explained(fault: OperationalError | ProgrammingError) -> DeclarationsError:
    """SQLite reports a missing table as operational; everything else operational passes with time."""
    missing = isinstance(fault.orig, sqlite3.OperationalError) and fault.orig.sqlite_errorcode == sqlite3.SQLITE_ERROR
    if missing or isinstance(fault, ProgrammingError):
        return Configuration(f"the ledger's tables are not as expected ({_kind(fault)}); migrate the database first")
    return Retryable(f"the ledger did not answer ({_kind(fault)}: {_first_line(fault)}); try again")


def _kind(fault: DBAPIError) -> str:
    """The driver's name for it; SQLite's own, which says more, where it has one."""
    return getattr(fault.orig, "sqlite_errorname", None) or type(fault.orig).__name__


def _first_line(fault: DBAPIError) -> str:
    return (str(fault.orig).splitlines() or [""])[0]


def _sqlite(url: URL) -> Engine:
    if not url.database or ":memory:" in url.database:
        raise Configuration("the ledger needs a file: sqlite:///ledger.sqlite")
    url = _with_defaults(url, {"timeout": str(PATIENCE)})
    database = create_engine(url, hide_parameters=True)
    event.listen(database, "connect", _prepare_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Transactions are ours to begin; a commit is on the disk when it returns."""
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log: the one statement for which SQLite does not wait when another does the same."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that reads, then writes, fails at once under another writer: writers lock from the start."""
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _postgresql(url: URL) -> Engine:
    options = f"-c lock_timeout={PATIENCE}s -c timezone=UTC"
    url = _with_defaults(url, {"connect_timeout": str(PATIENCE), "options": options})
    return create_engine(url, hide_parameters=True, pool_pre_ping=True)


def _with_defaults(url: URL, defaults: dict[str, str]) -> URL:
    return url.update_query_dict({key: value for key, value in defaults.items() if key not in url.query})
