"""Blocks hold what the file holds: every element a row, every zone as it should be."""

from __future__ import annotations

import io
import traceback
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from declarations.blocks import Column, ColumnType
from declarations.errors import Invariant
from declarations.families import Version
from declarations.generate import Request, write
from declarations.stages.normalize import Blocks, typed
from declarations.stages.read import PartSource, Reading, read
from tests.worlds import dmfa


def version(quarter: str = "20231") -> Version:
    found = dmfa()[0].version(f"DmfAOriginal_{quarter}")
    assert found is not None
    return found


def reading(content: bytes, quarter: str = "20231") -> Reading:
    return read([PartSource(1, version(quarter), lambda: io.BytesIO(content))])


def document(seed: int, quarter: str = "20231", employers: int = 5, persons: int = 25) -> bytes:
    buffer = io.BytesIO()
    write(Request(seed=seed, employers=employers, persons=persons, quarter=quarter), buffer)
    return buffer.getvalue()


def one(zone: str, text: str) -> pl.DataFrame:
    """The blocks of a document in which one zone was given another text."""
    roots = (etree.fromstring(document(seed, employers=1, persons=3)) for seed in range(1, 100))
    root = next(root for root in roots if root.find(f".//{zone}") is not None)
    element = next(root.iter(zone))
    element.text = text
    blocks = reading(etree.tostring(root)).blocks
    parent = element.getparent()
    assert parent is not None
    name = next(block.name for block in version().plan.blocks if block.tag == parent.tag)
    return blocks[name]


@settings(max_examples=15, derandomize=True)
@given(seed=st.integers(0, 10_000), quarter=st.sampled_from(["20223", "20224", "20231"]))
def test_there_is_one_row_for_every_element(seed: int, quarter: str) -> None:
    content = document(seed, quarter)
    root = etree.fromstring(content)
    for block in version(quarter).plan.blocks:
        path = "/".join(block.tags)
        assert len(reading(content, quarter).blocks[block.name]) == len(root.findall(path)), path


@settings(max_examples=15, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_every_amount_and_every_identifier_is_that_of_the_file(seed: int) -> None:
    content = document(seed)
    root = etree.fromstring(content)
    blocks = reading(content).blocks
    amounts = [int(each.text or "") for each in root.iter("RemunAmount")]
    assert blocks["remun"]["remun_amount"].to_list() == amounts
    assert blocks["natural_person"]["inss"].to_list() == [each.text for each in root.iter("INSS")]


def test_parents_are_those_of_the_file() -> None:
    content = document(7)
    blocks = reading(content).blocks
    services = blocks["service"].join(
        blocks["occupation"].select(pl.col("row").alias("occupation_row"), at="nth"), on="occupation_row"
    )
    assert len(services) == len(blocks["service"])
    root = etree.fromstring(content)
    counts = [len(each.findall("Service")) for each in root.iter("Occupation")]
    found = blocks["service"].group_by("occupation_row", maintain_order=True).len()
    assert found["len"].to_list() == [count for count in counts if count]


@pytest.mark.parametrize(
    ("zone", "text", "column", "value"),
    [
        ("CompanyID", "400000029", "company_id", "0400000029"),
        ("NOSSRegistrationNbr", "100006", "noss_registration_nbr", "000100006"),
        ("NOSSRegistrationNbr", "0" * 30 + "100006", "noss_registration_nbr", "000100006"),
        ("NOSSRegistrationNbr", "-0", "noss_registration_nbr", "000000000"),
        ("ServiceCode", "1", "service_code", "001"),
        ("RemunAmount", "00000000123", "remun_amount", 123),
        ("RemunAmount", " +5 ", "remun_amount", 5),
        ("RemunAmount", "-0", "remun_amount", 0),
        ("NOSSQuarterStartingDate", " 2023-01-01 ", "noss_quarter_starting_date", date(2023, 1, 1)),
        ("NaturalPersonUserReference", "", "natural_person_user_reference", ""),
        ("NaturalPersonUserReference", " a  b ", "natural_person_user_reference", " a  b "),
    ],
)
def test_a_zone_is_kept_as_its_type_says(zone: str, text: str, column: str, value: object) -> None:
    assert one(zone, text)[column].drop_nulls().to_list()[0] == value


def test_an_absent_zone_is_null() -> None:
    frame = reading(document(1)).blocks["occupation"]
    assert frame["occupation_ending_date"].null_count() > 0


def test_an_element_without_a_column_is_never_dropped_silently() -> None:
    form = etree.fromstring("<Form><Surprise>1</Surprise></Form>")
    with pytest.raises(Invariant, match="Surprise"):
        Blocks(version().plan).add(form, number=0, part=1, nth=1)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(ColumnType.INTEGER, "98765432109876543210"), (ColumnType.DATE, "20230-01-01"), (ColumnType.BOOLEAN, "maybe")],
)
def test_a_valid_text_that_no_column_can_hold_is_a_fault_of_ours_that_never_quotes_it(
    kind: ColumnType, text: str
) -> None:
    columns = [Column("fine", "Fine", ColumnType.TEXT, None, True), Column("amount", "Amount", kind, None, True)]
    with pytest.raises(Invariant, match="column amount: ") as fault:
        typed(pl.DataFrame({"fine": ["x"], "amount": [text]}), columns)
    told = "".join(traceback.format_exception(fault.value))
    assert text not in told
