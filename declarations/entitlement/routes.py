"""Which rows of a family concern which recipient: `routes.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from declarations.entries import Entry, entries, state


@dataclass(frozen=True, slots=True)
class Route:
    """Which rows concern a recipient: the chosen rows of one block, all above them and all below them.

    Rows of `block` are chosen that fulfill every condition given; without a condition, every row. Several routes of
    a recipient add up. A condition sees only keys and the columns that the recipient's authorization names as used to
    select.

    sql        a query that returns the `row` of each chosen one
    column     a column of the block, as text one of `values`; thousands of recipients cost one join
    directory  those of persons whom the recipient knows in the period of the form; the block is the person's or
               lies under it
    qualities  in one of which it knows them; any where there are none
    """

    recipient: str
    block: str
    sql: str | None = None
    column: str | None = None
    values: tuple[str, ...] = ()
    directory: bool = False
    qualities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a form is about and when, as `block.column`: what the reference directory is asked with."""

    person: str  # the column with the number of a person
    period: str  # the column with the period declared


def routes(path: Path) -> tuple[Route, ...]:
    """The routes of that file; the same tuple until the file changes. Raises Configuration."""
    return _routes(path, state(path))


@lru_cache(maxsize=16)
def _routes(path: Path, _: tuple[int, int]) -> tuple[Route, ...]:
    return tuple(_route(each) for each in entries(path, "route", "recipient"))


def _route(given: Entry) -> Route:
    route = Route(
        recipient=given.text("recipient"),
        block=given.text("block"),
        sql=given.optional("sql"),
        column=given.optional("column"),
        values=given.texts("values"),
        directory=given.yes("directory") or given.has("qualities"),
        qualities=given.texts("qualities"),
    )
    given.done()
    if bool(route.column) != bool(route.values):
        given.refuse("column", "a column together with `values`")
    if given.has("qualities") and not route.qualities:
        given.refuse("qualities", "at least one, or `directory = true` for any")
    return route
