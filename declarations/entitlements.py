"""Who is entitled to what, laid out so that a batch is asked once for all recipients together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from declarations.authorizations import Authorization, Columns, cut_under, merged
from declarations.errors import Configuration
from declarations.routes import Route, Subject


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
class Entitlements:
    """The choices of a family, with the recipients that share each.

    recipients      those with a route and an authorization in force, sorted; a recipient's code is its place here
    unauthorized    those with a route and no authorization in force, sorted: nothing is chosen for them
    choices         by choice, code -> the values of the route's column (none where it has no column)
    routes          by recipient
    authorizations  in force, by recipient
    """

    recipients: tuple[str, ...]
    unauthorized: tuple[str, ...]
    choices: Mapping[Choice, Mapping[int, tuple[str, ...]]]
    routes: Mapping[str, tuple[Route, ...]]
    authorizations: Mapping[str, tuple[Authorization, ...]]
    subject: Subject | None
    _columns: dict[str, Columns] = field(default_factory=dict, repr=False)

    def columns(self, recipient: str) -> Columns:
        """By block, what that recipient may get."""
        if recipient not in self._columns:
            self._columns[recipient] = merged(each.columns for each in self.authorizations[recipient])
        return self._columns[recipient]

    def cut_under(self, recipient: str) -> str:
        """The digest of all that decides what a parcel of it holds."""
        return cut_under(self.routes.get(recipient, ()), self.authorizations.get(recipient, ()))


def entitlements(
    recipients: Collection[str],
    routes: Iterable[Route],
    authorizations: Iterable[Authorization],
    subject: Subject | None,
) -> Entitlements:
    """The routes of these recipients under these authorizations, which are all in force.

    Raises Configuration where a route uses a column that no authorization of its recipient names as used to select.
    """
    asked = set(recipients)
    routed = _by_recipient(each for each in routes if each.recipient in asked)
    held = _by_recipient(each for each in authorizations if each.recipient in asked)
    able = tuple(sorted(routed.keys() & held.keys()))
    choices: dict[Choice, dict[int, tuple[str, ...]]] = {}
    for code, recipient in enumerate(able):
        for route in routed[recipient]:
            sharers = choices.setdefault(_choice(route, held[recipient], subject), {})
            sharers[code] = (*sharers.get(code, ()), *route.values)
    return Entitlements(able, tuple(sorted(routed.keys() - held.keys())), choices, routed, held, subject)


_Own = TypeVar("_Own", Route, Authorization)


def _by_recipient(given: Iterable[_Own]) -> dict[str, tuple[_Own, ...]]:
    found: dict[str, list[_Own]] = {}
    for each in given:
        found.setdefault(each.recipient, []).append(each)
    return {recipient: tuple(those) for recipient, those in found.items()}


def _choice(route: Route, held: tuple[Authorization, ...], subject: Subject | None) -> Choice:
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
