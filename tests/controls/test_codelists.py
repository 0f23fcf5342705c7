"""Code lists: read as they stand, limited to the quarters declared, without overlaps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.families import families
from validators.codelists import CodeLists, UnusableList, overlaps

LISTS = CodeLists(families()[0].folder / "codes")
QUARTERS = st.builds(lambda year, quarter: f"{year}{quarter}", st.integers(2003, 2030), st.integers(1, 4))


def lists(folder: Path, text: str) -> CodeLists:
    """A folder with one list, `colors`."""
    (folder / "colors.csv").write_text(text, encoding="utf-8")
    return CodeLists(folder)


def test_a_list_is_read_as_text_with_its_zeros(tmp_path: Path) -> None:
    colors = lists(tmp_path, "code,valid_from,valid_until,name\n001,20031,99994,red\n002,20031,20034,\n")
    assert colors.read("colors").rows() == [("001", "20031", "99994", "red"), ("002", "20031", "20034", "")]


def test_a_list_is_limited_to_what_is_valid_in_each_quarter(tmp_path: Path) -> None:
    colors = lists(tmp_path, "code,valid_from,valid_until,name\n001,20031,20034,red\n001,20041,99994,blue\n")
    within = colors.within("colors", ["20034", "20041", "20024"])
    assert within.columns == ["quarter", "code", "name"]
    assert within.rows() == [("20034", "001", "red"), ("20041", "001", "blue")]


def test_a_list_without_lines_keeps_its_columns(tmp_path: Path) -> None:
    colors = lists(tmp_path, "code,shade,valid_from,valid_until,name\n")
    assert colors.within("colors", ["20231"]).columns == ["quarter", "code", "shade", "name"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code,name\n1,red\n",
        "valid_from,valid_until,code\n20031,20034,1\n",
        "code,valid_until,valid_from\n1,20031,20034\n",
        "code,code,valid_from,valid_until\n1,1,20031,20034\n",
        "code,valid_from,valid_until\n1,20031\n",
        'code,valid_from,valid_until\n"1,20031,20034\n',
    ],
)
def test_a_list_that_cannot_be_read_says_which(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableList, match=r"colors\.csv"):
        lists(tmp_path, text).read("colors")


def test_a_list_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"colors\.csv"):
        CodeLists(tmp_path).codes("colors")


def test_one_code_may_be_valid_twice_at_different_times(tmp_path: Path) -> None:
    colors = lists(tmp_path, "code,valid_from,valid_until\n1,20031,20034\n1,20042,99994\n2,20031,99994\n")
    assert overlaps(colors.read("colors")) == []


def test_two_lines_for_one_code_and_quarter_overlap(tmp_path: Path) -> None:
    colors = lists(tmp_path, "code,valid_from,valid_until\n1,20031,20041\n1,20041,99994\n2,20034,20031\n")
    assert overlaps(colors.read("colors")) == [("1",), ("2",)]


@pytest.mark.parametrize("name", LISTS.names())
def test_no_list_of_the_family_overlaps(name: str) -> None:
    assert overlaps(LISTS.read(name)) == []


@settings(max_examples=25, derandomize=True)
@given(QUARTERS)
def test_codes_and_table_agree_on_what_is_valid(quarter: str) -> None:
    for name in ("worker_codes", "nace_codes", "deductions"):
        assert LISTS.codes(name, quarter) == set(LISTS.within(name, [quarter])["code"])
        assert LISTS.codes(name, quarter) <= LISTS.codes(name)
