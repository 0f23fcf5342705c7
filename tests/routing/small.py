"""A small family, random batches of it, and random entitlements to it: each seed gives the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from zlib import crc32

import polars as pl

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.entitlement.authorizations import Authorization, Columns, Total
from declarations.entitlement.routes import Route, Subject
from declarations.frames import schema_of

RECIPIENTS = ("ants", "bees", "cats", "dogs")
SUBJECT = Subject(person="person.inss", period="head.quarter")
QUALITIES = ("worker", "patient")
PERSONS = [f"{number:011}" for number in range(12)]

TEXTS = {"note": "uvw", "code": "xyz", "kind": "pq", "card": "kl"}
"""Columns of text and the letters that they have one of."""


def _block(name: str, parent: str | None, **columns: ColumnType) -> Block:
    zones = tuple(Column(each, each.title(), kind, None, False, scale=2) for each, kind in columns.items())
    return Block(name, name.title(), (), parent, None, True, zones)


PLAN = Plan(
    "Message",
    None,
    (
        _block("form", None, note=ColumnType.TEXT),
        _block("head", "form", quarter=ColumnType.IDENTIFIER, note=ColumnType.TEXT),
        _block("person", "form", inss=ColumnType.IDENTIFIER, note=ColumnType.TEXT),
        _block("job", "person", code=ColumnType.TEXT, hours=ColumnType.INTEGER),
        _block("pay", "job", kind=ColumnType.TEXT, amount=ColumnType.INTEGER),
        _block("leave", "job", days=ColumnType.DECIMAL, kind=ColumnType.TEXT),
        _block("card", "person", card=ColumnType.TEXT),
    ),
)
PARENTS = {block.name: block.parent for block in PLAN.blocks}

Row = dict[str, object]
Query = tuple[str, str, list[tuple[str, str]], Callable[[Row, list[Row]], bool]]
"""Block, SQL, the columns it selects by, and the same said of one row and the pays below it."""

QUERIES: list[Query] = [
    (
        "job",
        "SELECT row FROM job WHERE code = 'x' OR hours > 20",
        [("job", "code"), ("job", "hours")],
        lambda row, _: row["code"] == "x" or _number(row["hours"]) > 20,
    ),
    (
        "job",
        "SELECT job.row AS row FROM job JOIN pay ON pay.job_row = job.row WHERE pay.kind = 'p' ORDER BY row DESC",
        [("pay", "kind")],
        lambda _, pays: any(pay["kind"] == "p" for pay in pays),
    ),
    ("card", "SELECT row FROM card WHERE card LIKE 'k%'", [("card", "card")], lambda row, _: row["card"] == "k"),
    ("person", "SELECT row FROM person WHERE inss > '00000000005'", [("person", "inss")], lambda row, _: _late(row)),
]


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _late(row: Row) -> bool:
    return str(row["inss"] or "") > "00000000005"


def batch(seed: int, forms: int = 4) -> dict[str, pl.DataFrame]:
    """The blocks of some forms, their row ids with gaps as those of a batch read in slices."""
    random = Random(seed)
    rows: dict[str, list[Row]] = {block.name: [] for block in PLAN.blocks}
    for form in range(forms):
        _grow(random, rows, PLAN.blocks[0], form, None)
    return {block.name: pl.DataFrame(rows[block.name], schema=schema_of(block), orient="row") for block in PLAN.blocks}


def _grow(random: Random, rows: dict[str, list[Row]], block: Block, form: int, parent: int | None) -> None:
    mine = rows[block.name]
    row = (form << 32) + len(mine) if mine else form << 32
    own: Row = {"form": form, "row": row, "nth": len(mine) + 1}
    own |= {"part": 1} if block.parent is None else {f"{block.parent}_row": parent}
    mine.append(own | {column.name: value(random, column) for column in block.columns})
    for child in PLAN.children(block.name):
        for _ in range(1 if child.name == "head" else random.choice((0, 1, 2, 3))):
            _grow(random, rows, child, form, row)


def value(random: Random, column: Column) -> object:
    """A value that such a column may have."""
    if random.random() < 0.1:
        return None
    if column.name == "quarter":
        return random.choice(("20224", "20231"))
    if column.name == "inss":
        return random.choice(PERSONS)
    if column.type is ColumnType.INTEGER:
        return random.randrange(40)
    if column.type is ColumnType.DECIMAL:
        return f"{random.randrange(1000) / 100:.2f}"
    return random.choice(TEXTS[column.name])


def known(persons: pl.Series, days: tuple[date, date]) -> pl.DataFrame:
    """A reference directory of which everybody knows a few, other ones in other quarters."""
    found = [
        (recipient, person, quality)
        for person in persons.drop_nulls().to_list()
        for recipient in (*RECIPIENTS, "eels")
        for quality in QUALITIES
        if crc32(f"{recipient} {quality} {person} {days[0]}".encode()) % 3 == 0
    ]
    return pl.DataFrame(found, schema={"recipient": pl.String, "inss": pl.String, "quality": pl.String}, orient="row")


@dataclass(frozen=True, slots=True)
class Given:
    """Routes and authorizations."""

    routes: tuple[Route, ...]
    authorizations: tuple[Authorization, ...]

    def of(self, recipient: str) -> tuple[Authorization, ...]:
        """What that recipient may get."""
        return tuple(each for each in self.authorizations if each.recipient == recipient)

    def hidden(self, recipient: str) -> list[tuple[str, Column]]:
        """Block and column of what it may neither see nor be chosen by."""
        open_ = {
            (block, name)
            for each in self.of(recipient)
            for columns in (each.columns, each.selects_by)
            for block, names in columns.items()
            for name in names
        }
        every = [(block.name, column) for block in PLAN.blocks for column in block.columns]
        return [each for each in every if (each[0], each[1].name) not in open_]


def given(seed: int) -> Given:
    """Routes and authorizations of all recipients."""
    random = Random(-seed - 1)
    routes: list[Route] = []
    authorizations = []
    for recipient in RECIPIENTS:
        own = [_route(random, recipient) for _ in range(random.choice((0, 1, 1, 2, 3)))]
        routes += [route for route, _ in own]
        if random.random() < 0.9:
            authorizations.append(_authorization(random, recipient, [name for _, used in own for name in used]))
    return Given(tuple(routes), tuple(authorizations))


def _route(random: Random, recipient: str) -> tuple[Route, list[tuple[str, str]]]:
    """A route, and the columns that it uses."""
    block, sql, used, _ = random.choice(QUERIES)
    if random.random() < 0.6:
        block, sql, used = random.choice(list(PARENTS)), "", []
    column, values = None, ()
    texts = [name for name in TEXTS if any(each.name == name for each in PLAN.block(block).columns)]
    if texts and random.random() < 0.4:
        column = texts[0]
        values = tuple(random.sample(TEXTS[column], random.choice((1, 2))))
        used = [*used, (block, column)]
    directory = block not in ("form", "head") and random.random() < 0.4
    if directory:
        used = [*used, ("person", "inss"), ("head", "quarter")]
    qualities = (random.choice(QUALITIES),) if directory and random.random() < 0.5 else ()
    return Route(recipient, block, sql or None, column, values, directory, qualities), used


def _authorization(random: Random, recipient: str, used: list[tuple[str, str]]) -> Authorization:
    columns: Columns = {
        block.name: tuple(column.name for column in block.columns if random.random() < 0.5)
        for block in PLAN.blocks
        if random.random() < 0.6
    }
    selects_by: Columns = {}
    for block, name in used:
        selects_by[block] = (*selects_by.get(block, ()), name)
    return Authorization(
        id=recipient,
        recipient=recipient,
        purpose="a test",
        legal_basis="none",
        valid_from=date(2020, 1, 1),
        valid_until=None,
        retention="none",
        columns=columns,
        selects_by=selects_by,
        totals=_totals(random, columns),
    )


def _totals(random: Random, columns: Columns) -> tuple[Total, ...]:
    found = []
    for of, names in columns.items():
        for block in ancestors(of):
            if block in columns and random.random() < 0.5:
                column = next((name for name in names if name in ("hours", "amount", "days")), None)
                found.append(Total(block, f"total_{of}", of, column))
    return tuple(found)


def ancestors(block: str) -> list[str]:
    """The blocks above, the nearest first."""
    found = []
    parent = PARENTS[block]
    while parent is not None:
        found.append(parent)
        parent = PARENTS[parent]
    return found
