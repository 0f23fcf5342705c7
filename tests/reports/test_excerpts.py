"""The lines around a finding."""

from __future__ import annotations

import io
import tracemalloc

from hypothesis import example, given, settings
from hypothesis import strategies as st

from declarations.reports.excerpts import AROUND, PIECE, WIDTH, Line, excerpts

LINES = [f"<Zone{number}>{number}</Zone{number}>" for number in range(1, 10)]


def excerpt(text: str, line: int, column: int, encoding: str = "utf-8") -> tuple[Line, ...]:
    return excerpts(io.BytesIO(text.encode(encoding)), encoding, [(line, column)])[line, column]


def marked(lines: tuple[Line, ...]) -> str:
    (line,) = (each for each in lines if each.marked)
    begin, end = line.marked or (0, 0)
    return line.text[begin:end]


def test_the_right_line_is_marked_among_its_neighbors() -> None:
    lines = excerpt("\n".join(LINES), 5, 1)
    assert [line.number for line in lines] == [3, 4, 5, 6, 7]
    assert [line.number for line in lines if line.marked] == [5]
    assert [line.text for line in lines] == LINES[2:7]


def test_the_element_that_begins_there_is_marked_to_its_end() -> None:
    assert marked(excerpt("<A>\n  <B>1</B><C>2</C>\n</A>", 2, 11)) == "<C>2</C>"


def test_of_a_block_the_start_tag_is_marked() -> None:
    assert marked(excerpt("<A>\n  <B kind='x'>\n    <C>2</C>\n  </B></A>", 2, 3)) == "<B kind='x'>"


def test_the_first_and_the_last_line_have_fewer_neighbors() -> None:
    assert [line.number for line in excerpt("\n".join(LINES), 1, 1)] == [1, 2, 3]
    assert [line.number for line in excerpt("\n".join(LINES), 9, 1)] == [7, 8, 9]


def test_a_place_that_the_file_does_not_have_gives_nothing() -> None:
    assert excerpts(io.BytesIO(b"<A/>\n"), "utf-8", [(2, 1), (1, 99), (0, 0)]) == {}


def test_columns_count_characters_and_not_bytes() -> None:
    assert marked(excerpt("<A>Ménétré 💶</A><B>1</B>", 1, 17)) == "<B>1</B>"
    assert marked(excerpt("<A>Ménétré</A><B>1</B>", 1, 15, "iso-8859-1")) == "<B>1</B>"


def test_lines_end_as_the_parser_ends_them() -> None:
    text = "<A>\r\n<B>1</B>\r<C>2</C>\n<D>3</D>"
    assert [marked(excerpt(text, line, 1)) for line in (2, 3, 4)] == ["<B>1</B>", "<C>2</C>", "<D>3</D>"]


def test_a_line_end_of_two_characters_may_fall_between_two_readings() -> None:
    first = "x" * (PIECE - 1)
    assert marked(excerpt(f"{first}\r\n<B>1</B>", 2, 1)) == "<B>1</B>"
    assert marked(excerpt(f"{first}\r<B>1</B>", 2, 1)) == "<B>1</B>"


def test_bytes_that_are_no_text_do_not_stop_an_excerpt() -> None:
    lines = excerpts(io.BytesIO(b"<A>\xff\xfe</A>\n<B>1</B>"), "utf-8", [(2, 1)])[2, 1]
    assert [line.text for line in lines] == ["<A>��</A>", "<B>1</B>"]


def test_a_file_of_one_long_line_gives_a_short_excerpt() -> None:
    text = "".join(f"<Zone>{number:05d}</Zone>" for number in range(20_000))
    column = text.index("<Zone>12345") + 1
    (line,) = excerpt(text, 1, column)
    assert marked((line,)) == "<Zone>12345</Zone>"
    assert len(line.text) <= 2 * WIDTH
    assert (line.cut_before, line.cut_after) == (True, True)


def test_memory_does_not_grow_with_the_file() -> None:
    content = io.BytesIO(b"<Zone>1</Zone>" * 500_000)
    tracemalloc.start()
    excerpts(content, "utf-8", [(1, 14 * 400_000 + 1)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@settings(max_examples=150, derandomize=True)
@given(
    st.lists(st.text(st.sampled_from("<>/aé💶 \t"), max_size=12), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(0, 11),
    st.integers(0, 11),
)
@example(["x" * (PIECE + 5), "<a>"], "\r\n", 0, 11)
def test_the_mark_begins_at_the_place_meant(lines: list[str], end: str, line: int, column: int) -> None:
    found = excerpts(io.BytesIO(end.join(lines).encode()), "utf-8", [(line + 1, column + 1)])
    if line >= len(lines) or column >= len(lines[line]):
        return
    shown = found[line + 1, column + 1]
    (own,) = (each for each in shown if each.marked)
    begin, _ = own.marked or (0, 0)
    assert own.number == line + 1
    assert own.text[begin] == lines[line][column]
    assert len(shown) <= 2 * AROUND + 1
    assert all(each.text == lines[each.number - 1][: len(each.text)] for each in shown if not each.marked)
