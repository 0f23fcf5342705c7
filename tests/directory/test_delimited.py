"""Files of millions of lines: how they are read, and how bad lines are told."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.directory import delimited
from declarations.directory.delimited import BadLines, slices

NAMES = ("old", "new")
cells = st.text(st.sampled_from("abc019-éß"), max_size=4)


def read(content: bytes, optional: tuple[str, ...] = ()) -> tuple[list[tuple[object, ...]], BadLines]:
    """Rows as tuples (line first), and what was wrong."""
    bad = BadLines()
    frames = list(slices(io.BytesIO(content), NAMES, optional, bad))
    return [row for frame in frames for row in frame.rows()], bad


@pytest.mark.parametrize(
    "content",
    [
        b"old,new\n1,2\n",
        b"old,new\n1,2",
        b"old;new\r\n1;2\r\n",
        b"\xef\xbb\xbfold,new\n1,2\n",
        b'"Old" , "NEW"\n"1", "2"\n',
        b"new,old\n2,1\n",
        b"old,new\n1,2\n\n\n",
    ],
    ids=["plain", "last line open", "semicolons, CR LF", "BOM", "quotes", "other order", "empty lines"],
)
def test_a_row_is_read_from_every_writing_of_it(content: bytes) -> None:
    rows, bad = read(content)
    assert (rows, bad.found) == ([(2, "1", "2")], {})


def test_a_column_that_may_be_missing_is_null_where_it_is() -> None:
    assert read(b"old,new\n1,2\n", ("on",))[0] == [(2, "1", "2", None)]
    assert read(b"old,new,on\n1,2,\n", ("on",))[0] == [(2, "1", "2", "")]


@pytest.mark.parametrize("header", [b"", b"\n", b"old\n", b"old,new,other\n", b"old,old,new\n", b"1,2\n"])
def test_another_header_refuses_the_file_with_its_first_line(header: bytes) -> None:
    rows, bad = read(header + b"1,2\n")
    assert (rows, bad.rows()) == ([], [("1", "a header with old, new")])


def test_lines_with_too_few_or_too_many_fields_are_told_and_left_out() -> None:
    rows, bad = read(b"old,new\n1\n1,2\n1,2,3\n4\n5\n")
    assert ([row[0] for row in rows], str(bad)) == ([3], "lines 2 4-6: expected 2 fields, as in the header")


def test_runs_of_bad_lines_are_told_as_runs() -> None:
    bad = BadLines()
    bad.add("x", pl.Series([2, 3, 4, 8]))
    bad.add("x", pl.Series([9, 11]))
    assert (bad.rows(), bad.count) == ([("2-4 8-9 11", "x")], 6)


@settings(max_examples=50)
@given(st.lists(st.tuples(cells, cells), max_size=30), st.integers(1, 60))
def test_rows_and_line_numbers_do_not_depend_on_where_the_file_is_cut(rows: list[tuple[str, str]], size: int) -> None:
    content = "\n".join(("old,new", *(",".join(row) for row in rows))).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "SLICE", size)
        found, bad = read(content)
    assert found == [(number, *row) for number, row in enumerate(rows, start=2)]
    assert bad.found == {}
