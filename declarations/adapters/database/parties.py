"""The versions of the list of parties in the ledger: who loaded what when, and what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, insert, select

from declarations.adapters.database.engine import reading, writing
from declarations.adapters.database.registers import parties_version
from declarations.errors import Configuration, Invariant
from declarations.parties.register import Change, Document, changes

LOCK = "LOCK TABLE parties_version IN SHARE ROW EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Version:
    """A list of parties that is, or was, in force; the newest counts."""

    id: int
    loaded_at: datetime
    operator: str
    sha256: str
    changes: tuple[str, ...]  # in the list before it, a line each


class PartyRegister:
    """The list of parties, version by version."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def newest(self) -> tuple[Version, Document] | None:
        """The version in force and what it says; None where none was ever loaded."""
        query = select(parties_version).order_by(parties_version.c.id.desc()).limit(1)
        with reading(self._database) as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        version = Version(row.id, row.loaded_at, row.operator, row.sha256, row.changes)
        given = Document(row.document)
        if given.sha256 != row.sha256:
            raise Invariant(f"version {row.id} of the list of parties is not what was loaded: its SHA-256 differs")
        return version, given

    def history(self) -> list[Version]:
        """Every version, newest first."""
        columns = [parties_version.c[name] for name in ("id", "loaded_at", "operator", "sha256", "changes")]
        with reading(self._database) as connection:
            rows = connection.execute(select(*columns).order_by(parties_version.c.id.desc()))
            return [Version(*row) for row in rows]

    def load(self, given: Document, operator: str, now: datetime) -> tuple[Change, ...]:
        """Put this list in force where it differs from the newest; what it changed."""
        known = self.newest()
        version, before = known or (None, None)
        changed = changes(before, given)
        if changed:
            self.enter(given, changed, operator, now, version)
        return changed

    def enter(
        self, given: Document, changed: tuple[Change, ...], operator: str, now: datetime, after: Version | None
    ) -> None:
        """Put this list in force, after the version that its changes were told against.

        Raises Configuration where another was loaded since.
        """
        with writing(self._database) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(LOCK)
            newest: int | None = connection.scalar(select(func.max(parties_version.c.id)))
            if newest != (after.id if after else None):
                raise Configuration("another list of parties was loaded meanwhile; load this one again")
            row = {
                "loaded_at": now,
                "operator": operator,
                "sha256": given.sha256,
                "document": given.text,
                "changes": tuple(map(str, changed)),
            }
            connection.execute(insert(parties_version).values(row))
