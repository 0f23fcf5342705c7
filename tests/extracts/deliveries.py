"""Deliveries to look into: of the demonstration's recipients, and of a small message with every type of column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.entitlement.authorizations import Authorization, Total
from declarations.extracts.gate import Expected, gate
from declarations.extracts.values import Label, ParcelRows, Part
from declarations.extracts.write import write_delivery
from declarations.parties.party import Format
from tests import cuts
from tests.cuts import TODAY, Blocks, alone, granted, version

FORMATS = list(Format)

# The demonstration's recipients


def blocks() -> Blocks:
    """A batch as it was read: 6 employers, 40 persons."""
    return cuts.blocks(6, 40)


def shown(recipient: str) -> Blocks:
    """All rows of the batch, in the columns that the recipient may get."""
    return alone(recipient, blocks())


def label(recipient: str = "pensions", message: str = "DmfAOriginal_20231") -> Label:
    return Label(f"{recipient}-000123", "dmfa", message, recipient, "990001", TODAY)


def delivered(
    recipient: str, format: Format, folder: Path, *parcels: ParcelRows, most_bytes: int | None = None
) -> list[Part]:
    """What that recipient gets; without parcels given, the batch twice, as two batches."""
    given = parcels or (ParcelRows("B1", shown(recipient)), ParcelRows("B2", shown(recipient)))
    return write_delivery(label(recipient), given, version().plan, granted(recipient), format, folder, most_bytes)


def expected(recipient: str, format: Format, times: int = 2, forms: bool = False) -> Expected:
    """What the gate is told of it."""
    rows = {name: times * len(frame) for name, frame in shown(recipient).items()}
    return Expected(label(recipient), format, rows, [f"B{nth}" for nth in range(1, times + 1)], forms)


def judged(recipient: str, format: Format, parts: Sequence[Path]) -> tuple[str, ...]:
    return gate(parts, version().plan, granted(recipient), expected(recipient, format))


# A small message: employer > person > line, and vehicle beside person. `secret` and the whole of `form` are hidden.

IDENTIFIER, INTEGER, DECIMAL = ColumnType.IDENTIFIER, ColumnType.INTEGER, ColumnType.DECIMAL
DAY, FLAG, TEXT = ColumnType.DATE, ColumnType.BOOLEAN, ColumnType.TEXT


def column(
    name: str, tag: str, kind: ColumnType, zone: str | None = None, width: int | None = None, scale: int = 0
) -> Column:
    return Column(name, tag, kind, zone, False, width, scale)


PLAN = Plan(
    "Message",
    None,
    (
        Block("form", "Form", ("Form",), None, None, True, (column("hour", "Hour", TEXT),)),
        Block(
            "employer",
            "Employer",
            ("Form", "Employer"),
            "form",
            None,
            False,
            (column("number", "Number", IDENTIFIER, "00011", 9),),
        ),
        Block(
            "person",
            "Person",
            ("Form", "Employer", "Person"),
            "employer",
            None,
            True,
            (column("inss", "INSS", IDENTIFIER, "00024", 11), column("secret", "Secret", TEXT)),
        ),
        Block(
            "line",
            "Line",
            ("Form", "Employer", "Person", "Line"),
            "person",
            None,
            True,
            (
                column("code", "Code", IDENTIFIER, "00067"),
                column("amount", "Amount", INTEGER, "00068"),
                column("rate", "Rate", DECIMAL, None, None, 2),
                column("day", "Day", DAY),
                column("flag", "Flag", FLAG),
                column("note", "Note", TEXT),
            ),
        ),
        Block(
            "vehicle",
            "Vehicle",
            ("Form", "Employer", "Vehicle"),
            "employer",
            None,
            True,
            (column("plate", "Plate", TEXT),),
        ),
    ),
)

GRANTED = (
    Authorization(
        "A-1",
        "fund",
        "a purpose",
        "a legal basis",
        date(2022, 1, 1),
        None,
        "five years",
        {
            "employer": ("number",),
            "person": ("inss",),
            "line": ("code", "amount", "rate", "day", "flag", "note"),
            "vehicle": ("plate",),
        },
        {},
        (Total("person", "total", "line", "amount"), Total("employer", "persons", "person", None)),
    ),
)


def small(lines: Sequence[dict[str, object]], persons: int = 1, employers: int = 1) -> dict[str, pl.DataFrame]:
    """A parcel of that message: these lines for each person, so many persons for each employer."""
    schema = {
        "code": pl.String,
        "amount": pl.Int64,
        "rate": pl.Decimal(38, 2),
        "day": pl.Date,
        "flag": pl.Boolean,
        "note": pl.String,
    }
    count = persons * employers
    one = pl.DataFrame(list(lines), schema=schema, orient="row")
    many = pl.concat([one.with_columns(person_row=pl.lit(nth, pl.Int64)) for nth in range(1, count + 1)])
    total = int(one["amount"].sum())
    return {
        "employer": numbered(
            pl.DataFrame({"number": [f"{nth:09}" for nth in range(1, employers + 1)], "persons": [persons] * employers})
        ),
        "person": numbered(
            pl.DataFrame(
                {
                    "employer_row": [1 + nth // persons for nth in range(count)],
                    "inss": [f"{nth:011}" for nth in range(count)],
                    "total": [total] * count,
                }
            )
        ),
        "line": numbered(many.select("person_row", *schema)),
    }


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """With `row` from 1 before its columns."""
    return frame.select(pl.int_range(1, pl.len() + 1).alias("row"), pl.all())


def write_small(
    parcels: Sequence[ParcelRows], format: Format, folder: Path, most_bytes: int | None = None
) -> list[Part]:
    return write_delivery(label("fund", "Message"), parcels, PLAN, GRANTED, format, folder, most_bytes)


def expected_small(parcels: Sequence[ParcelRows], format: Format, forms: bool = False) -> Expected:
    rows: dict[str, int] = {}
    for each in parcels:
        for name, frame in each.frames.items():
            rows[name] = rows.get(name, 0) + len(frame)
    return Expected(label("fund", "Message"), format, rows, [each.batch for each in parcels], forms)


def judged_small(
    parcels: Sequence[ParcelRows], format: Format, parts: Sequence[Path], forms: bool = False
) -> tuple[str, ...]:
    return gate(parts, PLAN, GRANTED, expected_small(parcels, format, forms))
