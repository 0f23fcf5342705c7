"""What a recipient reads in its extract is what it was handed, in each format, to the last zero."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from declarations.extracts.values import ParcelRows
from declarations.parties.party import Format
from tests.extracts import opened
from tests.extracts.deliveries import FORMATS, delivered, shown, small, write_small
from tests.worlds import RECIPIENTS

# What XML can carry: line ends, carriage returns, markup, formulas and quotes included.
TEXTS = st.text(
    st.sampled_from(list("aZ09 ,;\"'<>&=+-@\\|\n\r\té€\u0301𐍈"))
    | st.characters(min_codepoint=32, max_codepoint=0x2FFF),
    max_size=12,
)
LINES = st.fixed_dictionaries(
    {
        "code": st.none() | st.from_regex(r"[0-9]{1,4}", fullmatch=True),
        "amount": st.none() | st.integers(-(10**15), 10**15),
        "rate": st.none() | st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False),
        "day": st.none() | st.dates(date(1900, 1, 1), date(2099, 12, 31)),
        "flag": st.none() | st.booleans(),
        "note": st.none() | TEXTS,
    }
)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=15, derandomize=True)
@given(lines=st.lists(LINES, min_size=1, max_size=6), persons=st.integers(1, 3))
def test_every_value_is_read_back_as_it_was_handed_out(
    format: Format, lines: list[dict[str, object]], persons: int
) -> None:
    frames = small(lines, persons)
    with tempfile.TemporaryDirectory() as folder:
        (part,) = write_small([ParcelRows("B1", frames)], format, Path(folder))
        found = opened.rows(part.path)
    assert {name: rows for name, rows in found.items() if rows} == {
        name: frame.to_dicts() for name, frame in frames.items()
    }


@pytest.mark.parametrize("format", FORMATS)
def test_an_absent_value_is_not_an_empty_one(format: Format, tmp_path: Path) -> None:
    (part,) = write_small([ParcelRows("B1", small([{"note": ""}, {"note": None}]))], format, tmp_path)
    assert [row["note"] for row in opened.rows(part.path)["line"]] == ["", None]


@pytest.mark.parametrize("recipient", RECIPIENTS)
@pytest.mark.parametrize("format", FORMATS)
def test_recipients_get_their_rows_numbered_over_the_whole_delivery(
    recipient: str, format: Format, tmp_path: Path
) -> None:
    (part,) = delivered(recipient, format, tmp_path)
    once = shown(recipient)
    for name, rows in opened.rows(part.path).items():
        frame = once.get(name, pl.DataFrame())
        assert [row["row"] for row in rows] == list(range(1, 2 * len(frame) + 1))
        assert [_without_keys(row) for row in rows] == 2 * [_without_keys(row) for row in frame.to_dicts()]
        for link in [column for column in frame.columns if column.endswith("_row")]:
            above = len(once[link.removesuffix("_row")])
            assert [row[link] for row in rows] == [*frame[link], *(frame[link] + above)]


def _without_keys(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "row" and not name.endswith("_row")}


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_rows_give_the_same_bytes(format: Format, tmp_path: Path) -> None:
    hashes = {delivered("pensions", format, tmp_path / str(nth))[0].sha256 for nth in range(3)}
    assert len(hashes) == 1


def test_the_bytes_do_not_depend_on_clock_zone_or_number_of_threads(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.extracts.deliveries import *\n"
        "lines = [{'code': f'{n:03}', 'amount': n, 'note': 'x' * n} for n in range(300)]\n"
        "parcel = ParcelRows('B1', small(lines, 5, 5))\n"
        "for each in Format: print(write_small([parcel], each, Path(sys.argv[1]) / each)[0].sha256)"
    )
    surroundings = {"TZ": "Pacific/Kiritimati", "POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    command = [sys.executable, "-c", program, str(tmp_path / "there")]
    there = subprocess.run(command, env=os.environ | surroundings, capture_output=True, check=True, text=True)
    lines: list[dict[str, object]] = [{"code": f"{n:03}", "amount": n, "note": "x" * n} for n in range(300)]
    parcel = ParcelRows("B1", small(lines, 5, 5))
    here = [write_small([parcel], each, tmp_path / each)[0].sha256 for each in FORMATS]
    assert there.stdout.split() == here


def test_a_delivery_without_rows_has_every_block_and_no_row(tmp_path: Path) -> None:
    for format in FORMATS:
        (part,) = write_small([], format, tmp_path / format)
        assert opened.rows(part.path) == {"employer": [], "person": [], "line": [], "vehicle": []}


def test_csv_says_absent_with_nothing_and_empty_with_quotes(tmp_path: Path) -> None:
    line = {"code": "007", "amount": 5, "rate": Decimal("1.50"), "day": date(2024, 2, 29), "flag": True, "note": ""}
    (part,) = write_small([ParcelRows("B1", small([line, {"note": 'a "b", c'}]))], Format.CSV, tmp_path)
    assert opened.members(part.path)["line.csv"].decode() == (
        'row,person_row,code,amount,rate,day,flag,note\n1,1,007,5,1.50,2024-02-29,true,""\n2,1,,,,,,"a ""b"", c"\n'
    )


def test_json_numbers_are_never_fractions(tmp_path: Path) -> None:
    (part,) = write_small([ParcelRows("B1", small([{"rate": Decimal("0.10"), "amount": 10}]))], Format.NDJSON, tmp_path)
    assert opened.members(part.path)["line.ndjson"] == (
        b'{"row":1,"person_row":1,"code":null,"amount":10,"rate":"0.10","day":null,"flag":null,"note":null}\n'
    )


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_an_xml_extract_is_valid_under_the_schema_beside_it(recipient: str, tmp_path: Path) -> None:
    (part,) = delivered(recipient, Format.XML, tmp_path)
    files = opened.members(part.path)
    schema = etree.XMLSchema(etree.fromstring(files[f"{opened.manifest(part.path)['schema']}.xsd"]))
    schema.assertValid(etree.fromstring(files["extract.xml"]))


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="needs xmllint")
def test_xmllint_accepts_an_xml_extract(tmp_path: Path) -> None:
    (part,) = delivered("pensions", Format.XML, tmp_path)
    for name, content in opened.members(part.path).items():
        (tmp_path / name).write_bytes(content)
    schema = f"{opened.manifest(part.path)['schema']}.xsd"
    subprocess.run(["xmllint", "--noout", "--schema", schema, "extract.xml"], cwd=tmp_path, check=True)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs unzip")
@pytest.mark.parametrize("format", FORMATS)
def test_unzip_finds_nothing_wrong(format: Format, tmp_path: Path) -> None:
    (part,) = delivered("pensions", format, tmp_path)
    subprocess.run(["unzip", "-tqq", str(part.path)], check=True)


def test_a_part_tells_the_hash_of_its_file(tmp_path: Path) -> None:
    (part,) = delivered("pensions", Format.CSV, tmp_path)
    content = part.path.read_bytes()
    assert (part.size, part.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    (part,) = delivered("pensions", Format.PARQUET, tmp_path)
    assert list(tmp_path.iterdir()) == [part.path]
