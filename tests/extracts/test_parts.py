"""A delivery that is too large comes in numbered files, each whole by itself, that add up to all of it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.errors import Invariant
from declarations.extracts import pieces
from declarations.extracts.values import ParcelRows, Part
from declarations.parties.party import Format
from tests.extracts import opened
from tests.extracts.deliveries import FORMATS, delivered, judged, judged_small, shown, small, write_small

LINE = {"code": "001", "amount": 12345, "note": "a note"}


def test_files_are_named_and_numbered(tmp_path: Path) -> None:
    parts = delivered("pensions", Format.CSV, tmp_path, most_bytes=8000)
    count = len(parts)
    assert [part.path.name for part in parts] == [f"pensions-000123.{n}of{count}.zip" for n in range(1, count + 1)]
    numbers = [(said["part"], said["parts"]) for said in (opened.manifest(part.path) for part in parts)]
    assert numbers == [(n, count) for n in range(1, count + 1)]


@pytest.mark.parametrize("format", FORMATS)
def test_files_no_larger_than_the_recipient_takes_are_together_the_whole(format: Format, tmp_path: Path) -> None:
    (whole,) = delivered("pensions", format, tmp_path / "whole")
    most = whole.size * 9 // 10
    parts = delivered("pensions", format, tmp_path / "parts", most_bytes=most)
    assert len(parts) > 1
    assert max(part.path.stat().st_size for part in parts) <= most
    assert joined(parts) == joined([whole])
    assert judged("pensions", format, [part.path for part in parts]) == ()


def joined(parts: Sequence[Part]) -> dict[str, list[dict[str, object]]]:
    """The rows of all files, without the numbers that begin anew in each."""
    found: dict[str, list[dict[str, object]]] = {}
    for part in parts:
        for name, rows in opened.rows(part.path).items():
            found.setdefault(name, []).extend(
                {key: value for key, value in row.items() if key != "row" and not key.endswith("_row")} for row in rows
            )
    return found


@settings(max_examples=15, derandomize=True)
@given(
    sizes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12), st.integers(1, 6)), min_size=1, max_size=6),
    most_bytes=st.integers(2500, 9000),
)
def test_however_parcels_are_cut_the_gate_finds_every_row_once(
    sizes: list[tuple[int, int, int]], most_bytes: int
) -> None:
    parcels = [
        ParcelRows(f"B{nth}", small([LINE] * lines, persons, employers))
        for nth, (lines, persons, employers) in enumerate(sizes)
    ]
    with tempfile.TemporaryDirectory() as folder:
        parts = write_small(parcels, Format.CSV, Path(folder), most_bytes)
        assert judged_small(parcels, Format.CSV, [part.path for part in parts]) == ()


def test_what_hangs_together_stays_together(tmp_path: Path) -> None:
    parcels = [ParcelRows("B1", small([LINE] * 50, persons=4, employers=20))]
    parts = write_small(parcels, Format.CSV, tmp_path, 2500)
    for part in parts:
        rows = opened.rows(part.path)
        assert len(rows["person"]) == 4 * len(rows["employer"])
        assert len(rows["line"]) == 50 * len(rows["person"])


def test_a_form_that_is_too_large_by_itself_leaves_in_a_file_of_its_own(tmp_path: Path) -> None:
    note = "".join(hashlib.sha256(bytes([nth])).hexdigest() for nth in range(200))
    parcels = [ParcelRows("B1", small([{**LINE, "note": note}], employers=3))]
    parts = write_small(parcels, Format.CSV, tmp_path, 3000)
    assert [part.rows["employer"] for part in parts] == [1, 1, 1]


def test_forms_are_led_back_to_in_the_file_that_has_their_rows(tmp_path: Path) -> None:
    tickets = pl.DataFrame({"ticket": [f"{n:013}" for n in range(30)], "first": range(1, 31), "last": range(1, 31)})
    parcels = [ParcelRows("B1", small([LINE] * 40, employers=30), tickets)]
    parts = write_small(parcels, Format.CSV, tmp_path, 3500)
    assert len(parts) > 1
    found = [
        line.split(",")[1]
        for part in parts
        for line in opened.members(part.path)["form-tickets.csv"].decode().split()[1:]
    ]
    assert found == tickets["ticket"].to_list()
    assert judged_small(parcels, Format.CSV, [part.path for part in parts], forms=True) == ()


def test_blocks_with_nothing_in_common_above_them_are_cut_one_after_the_other(tmp_path: Path) -> None:
    parts = delivered("statistics", Format.CSV, tmp_path, most_bytes=4000)
    assert judged("statistics", Format.CSV, [part.path for part in parts]) == ()


@pytest.mark.parametrize("format", FORMATS)
def test_what_waited_on_disk_is_written_like_what_did_not(
    format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels = [ParcelRows(f"B{n}", small([LINE] * 300, employers=3)) for n in range(12)]
    (held,) = write_small(parcels, format, tmp_path / "held")
    monkeypatch.setattr(pieces, "_IN_MEMORY", 0)
    (spooled,) = write_small(parcels, format, tmp_path / "spooled")
    assert spooled.sha256 == held.sha256


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ({"secret": pl.DataFrame({"row": [1]})}, "blocks that nobody granted"),
        ({"person": small([{}])["person"].with_columns(secret=pl.lit("x"))}, "has the columns"),
        ({"line": small([{}])["line"].select(pl.all().exclude("note"))}, "has the columns"),
        ({"line": small([{}])["line"].with_columns(pl.col("amount").cast(pl.Float64))}, "has the columns"),
        ({"line": small([{}])["line"].with_columns(row=pl.lit(2, pl.Int64))}, "not numbered from 1"),
        ({"line": small([{}])["line"].with_columns(person_row=pl.lit(2, pl.Int64))}, "do not follow"),
        ({"line": small([{}])["line"].with_columns(person_row=pl.lit(None, pl.Int64))}, "do not follow"),
    ],
)
def test_a_parcel_that_is_not_laid_out_as_granted_is_a_fault_of_ours(
    frames: dict[str, pl.DataFrame], said: str, tmp_path: Path
) -> None:
    with pytest.raises(Invariant, match=said):
        write_small([ParcelRows("B1", {**small([{}]), **frames})], Format.CSV, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_block_without_rows_may_be_left_out(tmp_path: Path) -> None:
    frames = {name: frame for name, frame in shown("pensions").items() if len(frame)}
    (part,) = delivered("pensions", Format.CSV, tmp_path, ParcelRows("B1", frames))
    assert part.rows["natural_person"] == len(frames["natural_person"])
