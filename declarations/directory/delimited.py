"""A CSV file of millions of lines, read in slices: fields as text, and lines that break the form told by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

SLICE = 4 << 20
"""Bytes read at a time."""

LONGEST_LINE = 1 << 16
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
SEPARATORS = (";", ",")
"""The first of them that stands in the header is the file's."""


@dataclass(slots=True)
class BadLines:
    """Which lines are wrong, by what was expected of them; no line is ever quoted."""

    found: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """What was expected -> runs of lines, the first and the last of each."""

    def add(self, expected: str, lines: pl.Series) -> None:
        """These lines, in ascending order, are not as expected."""
        if lines.is_empty():
            return
        runs = self.found.setdefault(expected, [])
        numbers = lines.cast(pl.Int64)
        starts = numbers.filter((numbers.diff() != 1).fill_null(True)).to_list()
        ends = numbers.filter((numbers.diff(-1) != -1).fill_null(True)).to_list()
        for first, last in zip(starts, ends, strict=True):
            if runs and runs[-1][1] + 1 == first:
                runs[-1] = (runs[-1][0], last)
            else:
                runs.append((first, last))

    @property
    def count(self) -> int:
        """How many lines are told, a line once for each thing that was expected of it."""
        return sum(last - first + 1 for runs in self.found.values() for first, last in runs)

    def rows(self) -> list[tuple[str, str]]:
        """Lines (`3 17-19`) and what was expected of them, once for each expectation."""
        return [(" ".join(_run(*run) for run in runs), expected) for expected, runs in self.found.items()]

    def __str__(self) -> str:
        """All of it, an expectation a line."""
        return "\n".join(f"lines {lines}: expected {expected}" for lines, expected in self.rows())


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def header(line: bytes) -> tuple[str, tuple[str, ...]]:
    """The separator of a file and the names of its columns, from its first line."""
    text = line.decode("utf-8-sig", "replace").strip()
    separator = next((each for each in SEPARATORS if each in text), SEPARATORS[-1])
    return separator, tuple(_bare(each) for each in text.split(separator))


def _bare(text: str) -> str:
    return text.strip().strip('"').lower()


def slices(source: BinaryIO, required: Sequence[str], optional: Sequence[str], bad: BadLines) -> Iterator[pl.DataFrame]:
    """The lines after the header, a slice of the file at a time; empty lines are passed over.

    Each frame has `line` (from 1, the header's), and a String column for each required and each optional name: the
    empty text where there is nothing, null where the file has no such column. Lines with another number of fields
    are left out and told in `bad`; so is a header that is not as expected, and then nothing follows.
    """
    first = source.readline(LONGEST_LINE)
    separator, names = header(first)
    known = (*required, *optional)
    if len(set(names)) < len(names) or not set(required) <= set(names) <= set(known):
        bad.add(f"a header with {', '.join(required)}{_perhaps(optional)}", pl.Series([1]))
        return
    line = 2
    for block in _blocks(source):
        lines = block.decode("utf-8", "replace").split("\n")
        yield _fields(lines, line, separator, names, bad).select(
            "line", *(pl.col(each) if each in names else pl.lit(None, pl.String).alias(each) for each in known)
        )
        line += len(lines)


def faultless(frame: pl.DataFrame, faults: Mapping[str, pl.Expr], bad: BadLines) -> pl.DataFrame:
    """The rows that have none of these faults, each by what was expected instead; the lines of the others are told."""
    judged = frame.select("line", *(fault.alias(expected) for expected, fault in faults.items()))
    for expected in faults:
        bad.add(expected, judged.filter(pl.col(expected))["line"])
    return frame.filter(~judged.select(pl.any_horizontal(*faults)).to_series())


def day(name: str) -> pl.Expr:
    """The day that a field says as YYYY-MM-DD; null where it says none."""
    text = pl.col(name)
    return pl.when(text.str.contains(DAY)).then(text.str.to_date("%Y-%m-%d", strict=False))


def _perhaps(optional: Sequence[str]) -> str:
    return f", and perhaps {', '.join(optional)}" if optional else ""


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    """Whole lines, without the last line feed."""
    rest = b""
    while block := source.read(SLICE):
        head, feed, tail = block.rpartition(b"\n")
        if feed:
            yield rest + head
            rest = tail
        else:
            rest += block
    if rest:
        yield rest


def _fields(lines: list[str], first: int, separator: str, names: Sequence[str], bad: BadLines) -> pl.DataFrame:
    frame = pl.DataFrame({"text": lines}).with_row_index("line", first).with_columns(pl.col("line").cast(pl.Int64))
    frame = frame.with_columns(pl.col("text").str.strip_chars_end("\r")).filter(pl.col("text") != "")
    fits = pl.col("text").str.count_matches(separator, literal=True) == len(names) - 1
    bad.add(f"{len(names)} fields, as in the header", frame.filter(~fits)["line"])
    if len(names) == 1:
        fields = frame.filter(fits).rename({"text": names[0]})
    else:
        split = pl.col("text").str.split_exact(separator, len(names) - 1).struct.rename_fields(list(names))
        fields = frame.filter(fits).select("line", split.alias("field")).unnest("field")
    return fields.with_columns(pl.col(each).str.strip_chars().str.strip_chars('"') for each in names)
