"""How values of ours are kept in columns, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import JSON, DateTime, Enum, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from declarations.errors import Invariant

LONGEST = 16
"""Room for the text of an enumeration; a new member seldom needs a new version of the tables."""


class Moment(TypeDecorator[datetime]):
    """An aware moment: kept in UTC, given back in UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC. Raises Invariant where it has no time zone."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise Invariant(f"the ledger was given the moment {value.isoformat()} without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC; SQLite gives it back without a zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ForeignText(TypeDecorator[str]):
    r"""Text that others chose, such as file names: what no database takes (surrogates, NUL) is kept as `\uXXXX`."""

    impl = Text
    cache_ok = True

    _UNSAFE = re.compile(r"[\\\x00\ud800-\udfff]")
    _ESCAPED = re.compile(r"\\u([0-9a-f]{4})")

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text with its unsafe characters escaped."""
        if value is None:
            return None
        return self._UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it was given."""
        if value is None:
            return None
        return self._ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> list[str] | None:
        """The texts as a list."""
        return None if value is None else list(value)

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        """The texts as a tuple."""
        return None if value is None else tuple(value)


def one_of(members: type[StrEnum]) -> Enum:
    """A column that holds the values of an enumeration."""
    return Enum(
        members,
        native_enum=False,
        create_constraint=False,
        length=LONGEST,
        values_callable=lambda kind: [member.value for member in kind],
    )
