"""An extract has the columns granted, as far as the message has them, and its schema says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.entitlement.authorizations import Authorization
from declarations.extracts.gate import Expected, gate
from declarations.extracts.layout import layout
from declarations.extracts.values import ParcelRows
from declarations.extracts.write import write_delivery
from declarations.parties.party import Format
from tests.extracts import opened
from tests.extracts.deliveries import GRANTED, PLAN, column, label, small, write_small

XS = {"xs": "http://www.w3.org/2001/XMLSchema"}


def schema(folder: Path) -> etree._Element:
    (part,) = write_small([ParcelRows("B1", small([{}]))], Format.XML, folder)
    return etree.fromstring(opened.members(part.path)[f"{opened.manifest(part.path)['schema']}.xsd"])


def with_columns(columns: dict[str, tuple[str, ...]]) -> tuple[Authorization, ...]:
    return (replace(GRANTED[0], columns=columns, totals=()),)


def test_columns_stand_in_the_order_of_the_schema_whatever_that_of_the_authorization() -> None:
    columns = {"line": ("note", "amount", "code"), "person": ("inss",)}
    assert layout(PLAN, with_columns(columns)).sheets[1].columns == ("row", "person_row", "code", "amount", "note")


def test_rows_hang_under_the_nearest_block_that_is_granted_too() -> None:
    sheets = layout(PLAN, with_columns({"employer": (), "line": ("code",)})).sheets
    assert [(sheet.block, sheet.above) for sheet in sheets] == [("employer", None), ("line", "employer")]


def test_what_the_message_does_not_have_is_left_out() -> None:
    columns = {"line": ("code", "a_column_of_next_year"), "a_block_of_next_year": ("code",)}
    assert [sheet.columns for sheet in layout(PLAN, with_columns(columns)).sheets] == [("row", "code")]


def test_the_name_of_a_schema_changes_with_its_columns_and_with_nothing_else() -> None:
    name = layout(PLAN, GRANTED).named("fund", "Message")
    renewed = replace(GRANTED[0], id="A-2", purpose="another", retention="ten years")
    assert layout(PLAN, (renewed,)).named("fund", "Message") == name
    assert layout(PLAN, with_columns(GRANTED[0].columns)).named("fund", "Message") != name


def test_a_schema_declares_what_is_granted_and_nothing_else(tmp_path: Path) -> None:
    declared = [each.get("name") for each in schema(tmp_path).iterfind(".//xs:element", XS)]
    assert declared == [
        *("Extract", "Employer", "Number", "persons", "Person", "INSS", "total"),
        *("Line", "Code", "Amount", "Rate", "Day", "Flag", "Note", "Vehicle", "Plate"),
    ]


def test_a_schema_tells_the_authoritys_numbers_of_zones(tmp_path: Path) -> None:
    notes = [each.text for each in schema(tmp_path).iterfind(".//xs:documentation", XS)]
    assert notes == ["zone 00011", "zone 00024", "zone 00067", "zone 00068"]


def test_a_schema_refuses_an_identifier_that_lost_its_zeros(tmp_path: Path) -> None:
    (part,) = write_small([ParcelRows("B1", small([{}]))], Format.XML, tmp_path)
    files = opened.members(part.path)
    document = files["extract.xml"].replace(b"<INSS>00000000000</INSS>", b"<INSS>0</INSS>")
    assert not etree.XMLSchema(schema(tmp_path / "again")).validate(etree.fromstring(document))


def hanging(*above: Column) -> Plan:
    """Two blocks of one tag, each below a block that nobody is granted, under one with these columns."""
    code = (column("code", "Code", ColumnType.TEXT),)
    return Plan(
        "Message",
        None,
        (
            Block("top", "Top", ("Top",), None, None, True, above),
            Block("left", "Left", ("Top", "Left"), "top", None, True, ()),
            Block("left_detail", "Detail", ("Top", "Left", "Detail"), "left", None, True, code),
            Block("right", "Right", ("Top", "Right"), "top", None, True, ()),
            Block("right_detail", "Detail", ("Top", "Right", "Detail"), "right", None, True, code),
        ),
    )


DETAIL = column("detail", "Detail", ColumnType.TEXT)


@pytest.mark.parametrize(
    ("plan", "columns", "elements"),
    [
        (
            hanging(),
            {"top": (), "left_detail": ("code",), "right_detail": ("code",)},
            ["Top", "left_detail", "right_detail"],
        ),
        (hanging(DETAIL), {"top": ("detail",), "left_detail": ("code",)}, ["Top", "left_detail"]),
        (hanging(DETAIL), {"top": (), "left_detail": ("code",)}, ["Top", "Detail"]),
    ],
    ids=["beside another block", "beside a column", "alone"],
)
def test_a_block_whose_tag_would_mean_two_things_goes_by_its_name(
    plan: Plan, columns: dict[str, tuple[str, ...]], elements: list[str], tmp_path: Path
) -> None:
    granted = with_columns(columns)
    assert [sheet.element for sheet in layout(plan, granted).sheets] == elements
    codes = {"left_detail": ["L"], "right_detail": ["R", "S"]}
    frames = {name: frame_of(codes[name]) for name in columns if name != "top"}
    frames["top"] = pl.DataFrame({"row": [1], **dict.fromkeys(columns["top"], "a detail")})
    rows = {name: len(frame) for name, frame in frames.items()}
    name = label("fund", "Message")
    (part,) = write_delivery(name, [ParcelRows("B1", frames)], plan, granted, Format.XML, tmp_path, None)
    assert gate([part.path], plan, granted, Expected(name, Format.XML, rows, ["B1"], False)) == ()


def frame_of(codes: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"row": range(1, len(codes) + 1), "top_row": [1] * len(codes), "code": codes})
