"""What a recipient gets, worked out row by row with nothing of the real thing: slow, and easy to believe."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import polars as pl

from declarations.entitlement.authorizations import Authorization, Total
from declarations.entitlement.routes import Route
from tests.routing.small import PARENTS, PLAN, QUERIES, Row, ancestors, known

Place = tuple[str, int]
"""Block and row id."""

Parcel = dict[str, tuple[list[str], list[tuple[object, ...]]]]
"""By block, the names of the columns and the rows."""


class Batch:
    """The rows of a batch, by block and row id."""

    def __init__(self, blocks: dict[str, pl.DataFrame]) -> None:
        self.rows: dict[Place, Row] = {
            (name, row["row"]): row for name, frame in blocks.items() for row in frame.iter_rows(named=True)
        }
        self.below: dict[Place, list[Place]] = {}
        for place in self.rows:
            if (above := self.above(place)) is not None:
                self.below.setdefault(above, []).append(place)

    def above(self, place: Place) -> Place | None:
        parent = PARENTS[place[0]]
        return None if parent is None else (parent, int(str(self.rows[place][f"{parent}_row"])))

    def line(self, place: Place) -> list[Place]:
        """The place itself and all above it."""
        found = [place]
        while (above := self.above(found[-1])) is not None:
            found.append(above)
        return found

    def under(self, place: Place) -> list[Place]:
        return [place, *(each for child in self.below.get(place, ()) for each in self.under(child))]

    def reached(self, routes: Iterable[Route]) -> set[Place]:
        """What these routes reach: the chosen rows, all above and all below."""
        found: set[Place] = set()
        for route in routes:
            for place in self.rows:
                if place[0] == route.block and self.chosen(route, place):
                    found |= {*self.line(place), *self.under(place)}
        return found

    def chosen(self, route: Route, place: Place) -> bool:
        row = self.rows[place]
        pays = [self.rows[each] for each in self.below.get(place, ()) if each[0] == "pay"]
        if route.sql is not None and not next(says for _, sql, _, says in QUERIES if sql == route.sql)(row, pays):
            return False
        if route.column is not None and row[route.column] not in route.values:
            return False
        return not route.directory or self.is_known(route, place)

    def is_known(self, route: Route, place: Place) -> bool:
        line = self.line(place)
        person = next(self.rows[each] for each in line if each[0] == "person")
        head = next(self.rows[each] for each in self.below[line[-1]] if each[0] == "head")
        if person["inss"] is None or head["quarter"] is None:
            return False
        days = {"20224": date(2022, 10, 1), "20231": date(2023, 1, 1)}[str(head["quarter"])]
        answer = known(pl.Series([person["inss"]], dtype=pl.String), (days, days))
        return any(
            recipient == route.recipient and (not route.qualities or quality in route.qualities)
            for recipient, _, quality in answer.iter_rows()
        )


def parcel(batch: Batch, routes: Iterable[Route], granted: tuple[Authorization, ...]) -> Parcel:
    """What a recipient with these routes and authorizations gets."""
    may = {block for each in granted for block in each.columns}
    own = sorted(place for place in batch.reached(routes) if place[0] in may)
    numbers: dict[Place, int] = {}
    for place in own:
        numbers[place] = 1 + sum(each[0] == place[0] for each in numbers)
    found: Parcel = {}
    for block in PLAN.blocks:
        rows = [place for place in own if place[0] == block.name]
        if rows:
            found[block.name] = _table(batch, block.name, rows, numbers, granted)
    return found


def _table(
    batch: Batch, name: str, rows: list[Place], numbers: dict[Place, int], granted: tuple[Authorization, ...]
) -> tuple[list[str], list[tuple[object, ...]]]:
    may = {block for each in granted for block in each.columns}
    above = next((each for each in ancestors(name) if each in may), None)
    shown = {column for each in granted for column in each.columns.get(name, ())}
    columns = [column.name for column in PLAN.block(name).columns if column.name in shown]
    totals = sorted({total for each in granted for total in each.totals if total.block == name}, key=lambda t: t.name)
    table = []
    for place in rows:
        row: list[object] = [numbers[place]]
        if above is not None:
            row.append(next(numbers[each] for each in batch.line(place) if each[0] == above))
        row += [batch.rows[place][column] for column in columns]
        table.append((*row, *(_total(batch, total, place, numbers) for total in totals)))
    names = ["row", *([f"{above}_row"] if above is not None else []), *columns, *(total.name for total in totals)]
    return names, table


def _total(batch: Batch, total: Total, place: Place, numbers: dict[Place, int]) -> object:
    rows = [batch.rows[each] for each in batch.under(place) if each[0] == total.of and each in numbers]
    if total.column is None:
        return len(rows)
    return sum((Decimal(str(row[total.column])) for row in rows if row[total.column] is not None), Decimal(0))
