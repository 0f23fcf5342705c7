"""What recipients get of a file that is read in slices is what they get of it read at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from declarations.cli import app
from declarations.reading import handing
from declarations.reading.job import FilePart, Keeping
from declarations.reading.run import RECIPIENTS, run
from declarations.stages.read import PartSource, judge, read
from declarations.stages.split import accepted_only, cut_for
from tests.reading.documents import faulty, version
from tests.reading.test_files import SLICE, TODAY, layout
from validators.rules import controls

PLACES = ("recipient", "number", "above")
"""Columns that say where a row stands among those handed out of one slice."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file whose first and last forms belong together, in several slices."""
    path = tmp_path / "1.xml"
    path.write_bytes(faulty())
    return path


def handed_out(file: Path, folder: Path, processes: int) -> Path:
    """The folder of recipients that reading the file in slices leaves."""
    (folder / "work").mkdir(parents=True)
    part = FilePart(1, file, version().family.folder, version().name)
    results = run(
        [part],
        {1: layout(file)},
        TODAY,
        folder / "work",
        Keeping.BLOCKS,
        processes=processes,
        size=SLICE,
        entitling=partial(handing.offline, TODAY),
    )
    results.deliver(folder)
    assert len(results.slices) > 1
    return folder / RECIPIENTS


@pytest.mark.parametrize("processes", [1, 2])
def test_the_rows_of_every_recipient_are_those_of_the_file_cut_at_once(
    file: Path, tmp_path: Path, processes: int
) -> None:
    part = PartSource(1, version(), partial(file.open, "rb"))
    reading = read([part])
    verdicts = judge(reading, controls(version().family.folder / "controls"), TODAY, {1: part.open})
    accepted = {each.head.number for each in verdicts if each.accepted}
    assert 0 < len(accepted) < len(verdicts)
    given, _ = handing.offline(TODAY, version().family.folder)
    cut = cut_for(accepted_only(reading.blocks, accepted), version().plan, given)
    folder = handed_out(file, tmp_path / "out", processes)
    ranges = pl.read_parquet(folder / "_ranges.parquet")
    assert set(ranges["recipient"]) == cut.ranges.keys()
    for recipient in cut.ranges:
        expected = cut.parcel(recipient)
        for block, frame in expected.items():
            found = pl.concat(list(rows_of(folder, ranges.filter(recipient=recipient, block=block))))
            assert set(found["recipient"]) == {recipient}
            assert_frame_equal(found.drop(PLACES), frame.drop(PLACES))


def rows_of(folder: Path, ranges: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Those rows, with their ids in the batch."""
    for place in ranges.iter_rows(named=True):
        rows = pl.read_ipc(folder / f"{place['block']}.{place['slice']:06}.arrow")
        mine = rows.slice(place["offset"], place["rows"])
        yield mine.with_columns(pl.col("row") + place["first_row"], pl.col("recipient").cast(pl.String))


def test_the_command_names_those_who_are_found_by_the_directory(file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(file), "--out", str(tmp_path / "out"), "--for-recipients"])
    assert (tmp_path / "out" / RECIPIENTS / "natural_person.000000.arrow").exists()
    assert "reference directory: occupational-risks, unemployment" in " ".join(result.output.split())


def test_nothing_is_cut_unless_it_is_asked_for(file: Path, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["read", str(file), "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "natural_person.parquet").exists()
    assert not (tmp_path / "out" / RECIPIENTS).exists()
