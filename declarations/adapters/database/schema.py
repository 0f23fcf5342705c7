"""Which version the ledger's tables have, and how they get to ours."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from declarations.adapters.database.engine import engine, translated, writing
from declarations.errors import Configuration

HEAD = "0004"
"""The newest version of the tables: the last revision in `declarations/adapters/migrations/versions`."""

MIGRATIONS = Path(__file__).parent.parent / "migrations"

_ONE_AT_A_TIME = 4_100_521_860
"""The key of PostgreSQL's advisory lock for migrations: any number that no one else uses."""


def migrate(url: str) -> None:
    """Bring the ledger's tables to our version; quick when they are, safe when several processes call it at once.

    Raises Configuration where the tables are of a newer version than this program.
    """
    database = engine(url)
    try:
        if _version(database) != HEAD:
            with writing(database) as connection:
                _upgrade(connection)
    finally:
        database.dispose()


def _version(database: Engine) -> str | None:
    """The version in the database, or None where it has no tables of ours yet."""
    with translated(), database.connect() as connection:
        try:
            version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        except (OperationalError, ProgrammingError):
            return None
        return version


def _upgrade(connection: Connection) -> None:
    """Only here is Alembic imported: commands start without it."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as fault:
        raise Configuration(
            "the ledger's tables are of a version that this program does not know; install the newer program"
        ) from fault
