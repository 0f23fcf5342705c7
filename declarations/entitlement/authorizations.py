"""Which columns of a family a recipient may get, and under which it was cut: `authorizations.toml`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from declarations.entitlement.routes import Route
from declarations.entries import Entry, entries, state
from declarations.errors import Configuration

_NAME = re.compile(r"[a-z][a-z0-9_]*")

Columns = dict[str, tuple[str, ...]]
"""Block name -> column names."""


@dataclass(frozen=True, slots=True)
class Total:
    """A column made anew from rows that the recipient itself gets: how many there are, or the sum of a column.

    It stands in each row of `block`, after the granted columns, and is taken over the rows of `of` below that row.
    """

    block: str
    name: str
    of: str
    column: str | None  # None: the rows are counted


@dataclass(frozen=True, slots=True)
class Authorization:
    """What one recipient may get, for which purpose, on which legal basis, in a period."""

    id: str
    recipient: str
    purpose: str
    legal_basis: str
    valid_from: date
    valid_until: date | None  # inclusive; None while it runs on
    retention: str
    columns: Columns
    selects_by: Columns
    totals: tuple[Total, ...] = ()

    def in_force(self, today: date) -> bool:
        """Whether it holds on that day."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)


def authorizations(path: Path) -> tuple[Authorization, ...]:
    """The authorizations of that file; the same tuple until the file changes. Raises Configuration."""
    return _authorizations(path, state(path))


def in_force(given: Iterable[Authorization], today: date) -> tuple[Authorization, ...]:
    """What anybody may get on that day; silence is denial."""
    return tuple(each for each in given if each.in_force(today))


def merged(parts: Iterable[Columns]) -> Columns:
    """Block by block, every column that one of them names, in the order of first mention."""
    columns: dict[str, dict[str, None]] = {}
    for part in parts:
        for block, names in part.items():
            columns.setdefault(block, {}).update(dict.fromkeys(names))
    return {block: tuple(names) for block, names in columns.items()}


def merged_totals(given: Iterable[Authorization]) -> tuple[Total, ...]:
    """Every total that one of them grants, once, in the order of block and name.

    Raises Configuration where two of them call different totals of a block by one name.
    """
    totals = {total for each in given for total in each.totals}
    names = {(total.block, total.name) for total in totals}
    if len(names) < len(totals):
        raise Configuration("two totals of a block have the same name: call one of them otherwise")
    return tuple(sorted(totals, key=lambda total: (total.block, total.name)))


def cut_under(routes: Iterable[Route], authorizations: Iterable[Authorization]) -> str:
    """The SHA-256 (hex) of all that decides what a recipient's parcel holds: its routes, and what it may get.

    Purpose, legal basis, validity and the order of writing are not in it. A parcel cut under another digest than that
    of today is cut anew before it leaves.
    """
    held = list(authorizations)
    content = {
        "routes": sorted({json.dumps(astuple(route)[1:]) for route in routes}),
        "columns": _sorted(merged(each.columns for each in held)),
        "selects_by": _sorted(merged(each.selects_by for each in held)),
        "totals": [astuple(total) for total in merged_totals(held)],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sorted(columns: Columns) -> dict[str, list[str]]:
    return {block: sorted(names) for block, names in columns.items()}


@lru_cache(maxsize=16)
def _authorizations(path: Path, _: tuple[int, int]) -> tuple[Authorization, ...]:
    read = tuple(_authorization(each) for each in entries(path, "authorization", "id"))
    ids = [each.id for each in read]
    if len(set(ids)) < len(ids):
        raise Configuration(f"{path}: two authorizations have the same id")
    return read


def _authorization(given: Entry) -> Authorization:
    authorization = Authorization(
        id=given.text("id"),
        recipient=given.text("recipient"),
        purpose=given.text("purpose"),
        legal_basis=given.text("legal_basis"),
        valid_from=given.day("valid_from"),
        valid_until=given.day("valid_until") if given.has("valid_until") else None,
        retention=given.text("retention"),
        columns=given.lists("columns"),
        selects_by=given.lists("selects_by"),
        totals=tuple(_total(each) for each in given.tables("totals")),
    )
    given.done()
    if not authorization.columns:
        given.refuse("columns", "a list of columns for at least one block")
    if wrong := _first_fault(authorization):
        given.refuse("totals", wrong)
    return authorization


def _total(given: Entry) -> Total:
    block, name = given.text("block"), given.text("name")
    count, added = given.optional("count"), given.optional("sum")
    given.done()
    if (count is None) == (added is None):
        given.refuse("count, sum", "one of the two")
    of, _, column = (count or added or "").partition(".")
    if bool(column) != (added is not None):
        given.refuse("count, sum", "`count` with a block, or `sum` with block.column")
    return Total(block, name, of, column or None)


def _first_fault(given: Authorization) -> str:
    """What totals must be, where one is not: over what the recipient sees anyway, under a name of its own."""
    taken = {(block, name) for block, names in given.columns.items() for name in names}
    for total in given.totals:
        if total.block not in given.columns or total.of not in given.columns:
            return f"{total.name} to be about blocks under `columns`"
        if total.column is not None and total.column not in given.columns[total.of]:
            return f"{total.name} to be about a column under `columns`"
        if (total.block, total.name) in taken or not _NAME.fullmatch(total.name) or total.name.endswith("row"):
            return f"{total.name} to be a name of its own, in small letters, digits and _"
        taken.add((total.block, total.name))
    return ""
