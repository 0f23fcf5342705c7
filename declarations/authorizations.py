"""Which rows of a family concern a recipient, and which columns it may get: `routes.toml`, `authorizations.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from declarations.errors import Configuration

Columns = dict[str, tuple[str, ...]]
"""Block name -> column names."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which rows concern a recipient: the chosen rows of one block, all above them and all below them.

    Without `sql`, every row of the block. The query sees only the columns that the authorization names as
    used to select, and returns `row` of `block`.
    """

    recipient: str
    block: str
    sql: str | None


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

    def in_force(self, today: date) -> bool:
        """Whether it holds on that day."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)


def routes(path: Path) -> tuple[Route, ...]:
    """The routes of that file. Raises Configuration."""
    return tuple(
        Route(recipient=each["recipient"], block=each["block"], sql=each.get("sql")) for each in _tables(path, "route")
    )


def authorizations(path: Path) -> tuple[Authorization, ...]:
    """The authorizations of that file. Raises Configuration."""
    read = tuple(_authorization(path, each) for each in _tables(path, "authorization"))
    ids = [each.id for each in read]
    if len(set(ids)) < len(ids):
        raise Configuration(f"{path}: two authorizations have the same id")
    return read


def in_force(given: Iterable[Authorization], recipient: str, today: date) -> tuple[Authorization, ...]:
    """What that recipient may get on that day; silence is denial."""
    return tuple(each for each in given if each.recipient == recipient and each.in_force(today))


def merged(parts: Iterable[Columns]) -> Columns:
    """Block by block, every column that one of them names, in the order of first mention."""
    columns: dict[str, dict[str, None]] = {}
    for part in parts:
        for block, names in part.items():
            columns.setdefault(block, {}).update(dict.fromkeys(names))
    return {block: tuple(names) for block, names in columns.items()}


def _tables(path: Path, name: str) -> list[dict[str, Any]]:
    try:
        tables: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get(name, [])
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise Configuration(f"{path}: {fault}; expected [[{name}]] tables") from fault
    return tables


def _authorization(path: Path, given: dict[str, Any]) -> Authorization:
    try:
        return Authorization(
            id=given["id"],
            recipient=given["recipient"],
            purpose=given["purpose"],
            legal_basis=given["legal_basis"],
            valid_from=given["valid_from"],
            valid_until=given.get("valid_until"),
            retention=given["retention"],
            columns={block: tuple(names) for block, names in given["columns"].items()},
            selects_by={block: tuple(names) for block, names in given.get("selects_by", {}).items()},
        )
    except KeyError as fault:
        raise Configuration(f"{path}, authorization {given.get('id', '(no id)')}: {fault} is missing") from fault
