"""A manifest says for whom, why, how much, and where each row came from."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import declarations.extracts
from declarations.extracts.values import ParcelRows
from declarations.parties.party import Format
from tests.extracts import opened
from tests.extracts.deliveries import FORMATS, delivered, shown, small, write_small

SCHEMA = Path(declarations.extracts.__file__).with_name("manifest.schema.json")


@pytest.mark.parametrize("format", FORMATS)
def test_a_manifest_has_the_form_that_is_published(format: Format, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    (part,) = delivered("pensions", format, tmp_path)
    jsonschema.validate(opened.manifest(part.path), json.loads(SCHEMA.read_text()))


def test_a_manifest_tells_purpose_legal_basis_and_retention(tmp_path: Path) -> None:
    (part,) = write_small([ParcelRows("B1", small([{}]))], Format.CSV, tmp_path)
    assert opened.manifest(part.path)["authorizations"] == [
        {
            "id": "A-1",
            "purpose": "a purpose",
            "legal_basis": "a legal basis",
            "valid_from": "2022-01-01",
            "valid_until": None,
            "retention": "five years",
        }
    ]


def test_sums_are_exact_and_without_exponent(tmp_path: Path) -> None:
    lines = [{"amount": 10**15, "rate": Decimal("0.10")}] * 20_000 + [{"amount": 1, "rate": Decimal("-0.01")}]
    (part,) = write_small([ParcelRows("B1", small(lines))], Format.CSV, tmp_path)
    sums = {block["block"]: block["sums"] for block in opened.manifest(part.path)["blocks"]}
    assert sums["line"] == {"amount": "20000000000000000001", "rate": "1999.99"}


@pytest.mark.parametrize("format", FORMATS)
def test_every_member_is_there_with_its_hash(format: Format, tmp_path: Path) -> None:
    (part,) = delivered("pensions", format, tmp_path)
    files = opened.members(part.path)
    assert files.pop("manifest.json") == part.manifest
    assert opened.manifest(part.path)["members"] == [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]


def test_each_row_can_be_led_back_to_its_batch(tmp_path: Path) -> None:
    parcels = [ParcelRows("B1", small([{}, {}], persons=2)), ParcelRows("B2", small([{}], employers=3))]
    (part,) = write_small(parcels, Format.CSV, tmp_path)
    first = {"employer": (1, 1), "person": (1, 2), "line": (1, 4)}
    second = {"employer": (2, 4), "person": (3, 5), "line": (5, 7)}
    assert opened.manifest(part.path)["batches"] == [
        {
            "reference": reference,
            "rows": {block: {"first": first, "last": last} for block, (first, last) in span.items()},
        }
        for reference, span in (("B1", first), ("B2", second))
    ]


def test_a_batch_that_comes_in_slices_is_told_once(tmp_path: Path) -> None:
    parcels = [ParcelRows("B1", small([{}])), ParcelRows("B1", small([{}]))]
    (part,) = write_small(parcels, Format.CSV, tmp_path)
    (batch,) = opened.manifest(part.path)["batches"]
    assert batch["rows"]["line"] == {"first": 1, "last": 2}


@pytest.mark.parametrize("format", FORMATS)
def test_a_recipient_that_sees_employers_is_led_back_to_the_senders_forms(format: Format, tmp_path: Path) -> None:
    parcels = [
        ParcelRows("B1", small([{}], employers=3), tickets(("T1", 1, 1), ("T2", 2, 3))),
        ParcelRows("B2", small([{}]), tickets(("T3", 1, 1))),
    ]
    (part,) = write_small(parcels, format, tmp_path)
    assert opened.manifest(part.path)["forms"] == "form-tickets.csv"
    assert opened.members(part.path)["form-tickets.csv"].decode() == (
        "batch,ticket,first,last\nB1,T1,1,1\nB1,T2,2,3\nB2,T3,4,4\n"
    )


def test_one_that_does_not_is_not(tmp_path: Path) -> None:
    (part,) = write_small([ParcelRows("B1", small([{}]))], Format.CSV, tmp_path)
    assert opened.manifest(part.path)["forms"] is None
    assert "form-tickets.csv" not in opened.members(part.path)


def tickets(*spans: tuple[str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(spans, schema={"ticket": pl.String, "first": pl.Int64, "last": pl.Int64}, orient="row")


def test_sums_are_told_of_columns_that_are_in_the_file_and_of_no_other(tmp_path: Path) -> None:
    (part,) = delivered("pensions", Format.CSV, tmp_path)
    for block in opened.manifest(part.path)["blocks"]:
        columns = {column["name"] for column in block["columns"]}
        assert set(block["sums"]) <= columns
    assert part.sums["remun"]["remun_amount"] == 2 * shown("pensions")["remun"]["remun_amount"].sum()
