"""Files on disk, read by one process or several: the same verdicts and places, whatever lies between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from declarations.checking import IN_MEMORY, Verdict, check
from declarations.errors import Invariant
from declarations.reading.cutting import Layout, exact_layout
from declarations.reading.job import FilePart, Keeping
from declarations.reading.run import Results, run
from declarations.stages.chunks import Chunk
from declarations.stages.read import PartSource, judge, read
from tests.reading.documents import faulty, forms_of, version
from tests.worlds import document
from validators.rules import controls

TODAY = date(2026, 4, 23)
SLICE = 40_000


def layout(path: Path) -> Layout:
    return exact_layout(partial(path.open, "rb"), "Form", SLICE)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two parts, one of them in one line; some forms of both belong together."""
    contents = (faulty(), faulty().replace(b"\n", b"").replace(b"\t", b""))
    paths = [tmp_path / "1.xml", tmp_path / "2.xml"]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def ran(files: list[Path], folder: Path, processes: int, size: int = SLICE) -> Results:
    folder.mkdir()
    parts = [
        FilePart(number, path, version().family.folder, version().name) for number, path in enumerate(files, start=1)
    ]
    layouts = {part.part: layout(part.path) for part in parts}
    return run(parts, layouts, TODAY, folder, Keeping.BLOCKS, processes=processes, size=size)


def test_any_number_of_processes_and_any_slices_give_what_reading_at_once_gives(
    files: list[Path], tmp_path: Path
) -> None:
    parts = [PartSource(number, version(), partial(path.open, "rb")) for number, path in enumerate(files, start=1)]
    reading = read(parts)
    rules = controls(version().family.folder / "controls")
    verdicts = judge(reading, rules, TODAY, {part.part: part.open for part in parts})
    for processes, size in ((1, SLICE * 2), (2, SLICE)):
        folder = tmp_path / f"{processes}-{size}"
        results = ran(files, folder, processes, size)
        assert tuple(results.notable()) == tuple(each for each in verdicts if each.anomalies or not each.accepted)
        assert (results.forms, results.accepted) == (len(verdicts), sum(each.accepted for each in verdicts))
        for name, frame in reading.blocks.items():
            assert_frame_equal(pl.read_parquet(folder / f"{name}.parquet"), frame)


def test_a_chunk_with_other_forms_than_counted_is_no_verdict(files: list[Path], tmp_path: Path) -> None:
    part = FilePart(1, files[0], version().family.folder, version().name)
    given = layout(files[0])
    first, *others = given.chunks
    wrong = Layout(given.around, (Chunk(0, first.offset, first.length, 1, first.forms + 1), *others))
    with pytest.raises(Invariant, match="other forms than were counted"):
        run([part], {1: wrong}, TODAY, tmp_path, Keeping.VERDICTS)


# check

Change = Callable[[bytes], bytes]


def between(odd: bytes, content: bytes) -> bytes:
    """The same document with something between its third form and the next."""
    head, forms, tail = forms_of(content)
    return head + b"".join(forms[:3]) + odd + b"".join(forms[3:]) + tail


def within(odd: bytes, content: bytes) -> bytes:
    """The same document with something in its fourth form."""
    head, forms, tail = forms_of(content)
    forms[3] = forms[3].replace(b"<Quarter>", odd + b"<Quarter>", 1)
    return head + b"".join(forms) + tail


REFUSED: dict[str, tuple[Change, str]] = {
    "a stranger among the forms": (partial(between, b"<Stranger/>"), "ACRF-205"),
    "a text among the forms": (partial(between, b"text"), "ACRF-205"),
    "a tag that nothing closes": (partial(within, b"<Open>"), "ACRF-102"),
    "an end tag that nothing opened": (partial(within, b"</Open>"), "ACRF-102"),
    "a form that nothing closes": (partial(between, b"<Form>"), "ACRF-102"),
    "the end of a form that nothing opened": (partial(between, b"</Form>"), "ACRF-102"),
    "an entity that nothing declares": (partial(within, b"&entity;"), "ACRF-102"),
    "an instruction": (partial(within, b"<?instruction?>"), "ACRF-102"),
    "a byte that is no UTF-8": (partial(within, b"<a>\xff</a>"), "ACRF-102"),
    "a prefix that nothing declares": (partial(within, b"<a:b/>"), "ACRF-102"),
    "a text that is too long": (partial(within, b"<a>" + b"x" * 200_000 + b"</a>"), "ACRF-102"),
    "something behind the root": (lambda content: content + b"<More/>", "ACRF-102"),
    "no end": (lambda content: content[:-20], "ACRF-102"),
    "no forms": (lambda content: forms_of(content)[0] + forms_of(content)[2], "ACRF-157"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_file_that_cannot_be_processed_is_refused_and_no_form_judged(fault: str, tmp_path: Path) -> None:
    change, code = REFUSED[fault]
    (tmp_path / "file.xml").write_bytes(change(document(employers=6, persons=12)))
    verdict = check([tmp_path / "file.xml"], TODAY)
    assert ([each.code for each in verdict.findings], verdict.forms) == ([code], 0)


def told(verdict: Verdict) -> list[tuple[object, ...]]:
    """Findings without what is asked of the line that they stand in."""
    return [(each.form, each.code, each.tag, each.value, each.path) for each in verdict.findings]


HARMLESS: dict[str, Change] = {
    "one line": lambda content: content.replace(b"\n", b"").replace(b"\t", b""),
    "carriage returns": lambda content: content.replace(b"\n", b"\r\n"),
    "a mark of UTF-8": lambda content: b"\xef\xbb\xbf" + content,
    "comments": partial(between, b"<!-- </Form> -->\n<!-- <Form> -->"),
    "Latin-1": lambda content: content.replace(b"UTF-8", b"ISO-8859-1", 1),
    "spaces in tags": lambda content: content.replace(b"<Form>", b"<Form >").replace(b"</Form>", b"</Form\n>"),
}


@pytest.mark.parametrize("way", HARMLESS)
def test_findings_stand_where_their_values_stand_however_a_file_is_written(way: str, tmp_path: Path) -> None:
    plain, written = tmp_path / "plain.xml", tmp_path / "written.xml"
    plain.write_bytes(faulty())
    written.write_bytes(HARMLESS[way](faulty()))
    verdict = check([written], TODAY)
    assert told(verdict) == told(check([plain], TODAY))
    lines = written.read_bytes().decode("latin-1").splitlines()
    for each in verdict.findings:
        if each.value is not None and each.line is not None and each.column is not None:
            mark = 2 if way == "a mark of UTF-8" and each.line == 1 else 0
            assert (
                lines[each.line - 1][each.column - 1 + mark :].lstrip("\ufeff").startswith(f"<{each.tag}>{each.value}")
            )


def test_findings_that_are_too_many_for_memory_are_gone_through_as_often_as_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.xml").write_bytes(faulty())
    few = check([tmp_path / "file.xml"], TODAY)
    monkeypatch.setattr("declarations.checking.IN_MEMORY", 3)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    many = check([tmp_path / "file.xml"], TODAY)
    assert IN_MEMORY > len(many.findings) > 3
    assert [list(many.findings), list(many.findings)] == [list(few.findings)] * 2
    assert list(tmp_path.glob("declarations-check-*"))
    del many
    assert not list(tmp_path.glob("declarations-check-*"))
