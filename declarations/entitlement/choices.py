"""The ways in which routes choose rows, and the columns that they use for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from declarations.entitlement.authorizations import Authorization, Columns, merged
from declarations.entitlement.routes import Route, Subject
from declarations.errors import Configuration

CODE = pl.UInt32
"""The type of a recipient's code."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way of choosing rows, whoever's it is; see `Route`. A query sees keys and the columns of `seen`."""

    block: str
    sql: str | None
    seen: tuple[tuple[str, str], ...]  # block, column: what the query names and may use
    column: str | None
    directory: bool
    qualities: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sharers:
    """Those who share a choice: their codes, and `value` and `code` of what each wants in the route's column."""

    codes: pl.Series
    wanted: pl.DataFrame

    @classmethod
    def of(cls, values: Mapping[int, tuple[str, ...]]) -> Sharers:
        """From the values by code."""
        wanted = [(value, code) for code, some in values.items() for value in dict.fromkeys(some)]
        return cls(
            pl.Series("code", list(values), dtype=CODE),
            pl.DataFrame(wanted, schema={"value": pl.String, "code": CODE}, orient="row"),
        )


def choice_of(route: Route, held: Collection[Authorization], subject: Subject | None) -> Choice:
    """How that route chooses, under what its recipient holds.

    Raises Configuration where it uses a column that is not listed as used to select.
    """
    seen: tuple[tuple[str, str], ...] = ()
    if route.sql is not None or route.column is not None or route.directory:
        selectable = merged(each.selects_by for each in held)
        for used in columns_used(route, subject):
            if used[1] not in selectable.get(used[0], ()):
                raise Configuration(f"route of {route.recipient}: {'.'.join(used)} is not listed under selects_by")
        if route.sql is not None:
            seen = visible(route.sql, selectable)
    return Choice(route.block, route.sql, seen, route.column, route.directory, route.qualities)


def columns_used(route: Route, subject: Subject | None) -> list[tuple[str, str]]:
    """Block and column of what the route selects by, its query aside. Raises Configuration without a subject."""
    used = [] if route.column is None else [(route.block, route.column)]
    if route.directory:
        if subject is None:
            raise Configuration(f"route of {route.recipient}: the family's card names no `person` to look up")
        used += [_parted(subject.person), _parted(subject.period)]
    return used


def _parted(name: str) -> tuple[str, str]:
    block, _, column = name.partition(".")
    return block, column


def visible(sql: str, selectable: Columns) -> tuple[tuple[str, str], ...]:
    """The selectable columns that the query may see: those that it names, of blocks that it names."""
    words = words_of(sql)
    named = ((block, column) for block, columns in selectable.items() if block in words for column in columns)
    return tuple(sorted(each for each in named if each[1] in words))


@lru_cache(maxsize=4096)
def words_of(sql: str) -> frozenset[str]:
    """Every word in a query."""
    return frozenset(re.findall(r"\w+", sql))
