"""Holding the texts of a chunk against what the schema demands of them: columns as wholes first, then text by text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import cast

import polars as pl

from declarations.bulk.assembly import Spread
from declarations.bulk.facets import Facets

_CHARACTER = "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x{fffe}\\x{ffff}]"
_PLAIN_DATE = "(?:[0-9]{4}-[0-9]{2}-[0-9]{2})"
_WRITTEN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_EARLIEST, _LATEST = date(1000, 1, 1), date(9999, 12, 31)
_TEXT = pl.col("text")


@dataclass(frozen=True, slots=True)
class Demands:
    """What is demanded of the texts of one column.

    read  what a text is read as: a number, a day since 1970, or its length; null where it is not written as we would
    low, high  limits of that; None where there are none
    other      what else must be true of each text, as an expression of `text`
    key        equal where `other` is the same
    """

    read: str
    low: int | None
    high: int | None
    other: pl.Expr | None
    key: object


class Limits:
    """What is demanded of each cell, in the order of `Layout.cells`."""

    def __init__(self, facets: list[Facets]) -> None:
        """Compile the facets by cell."""
        self._demands = [_demands(each) for each in facets]
        numbers = range(len(facets))
        runs = [list(group) for _, group in groupby(numbers, lambda number: facets[number].base)]
        self._runs = [range(run[0], run[-1] + 1) for run in runs]

    def doubtful(self, spread: Spread) -> list[int]:
        """The lines of texts that are not proven to be as demanded."""
        found: list[int] = []
        for run in self._runs:
            begin, until = spread.starts[run.start], spread.starts[run.stop]
            if begin == until:
                continue
            texts = spread.texts.slice(begin, until - begin).alias("text")
            read = _READERS[self._demands[run.start].read](texts).alias("read")
            lines = pl.DataFrame([texts, read])
            places = {
                cell: (spread.starts[cell] - begin, spread.starts[cell + 1] - spread.starts[cell]) for cell in run
            }
            for cell in self._suspected(lines, places):
                start, length = places[cell]
                wrong = lines.slice(start, length).select(pl.arg_where(_TEXT.is_not_null() & ~self._good(cell)))
                found += (begin + start + line for line in wrong.to_series())
        return found

    def _suspected(self, lines: pl.DataFrame, places: dict[int, tuple[int, int]]) -> list[int]:
        """The cells in which some text may not be as demanded."""
        texts, read = lines.get_columns()
        suspected: list[int] = []
        asked: dict[object, list[int]] = {}
        for cell, (start, length) in places.items():
            mine = read.slice(start, length)
            nulls = texts.slice(start, length).null_count()
            if nulls == length:
                continue
            if mine.null_count() != nulls or _is_beyond(mine, self._demands[cell]):
                suspected.append(cell)
            elif self._demands[cell].other is not None:
                asked.setdefault(self._demands[cell].key, []).append(cell)
        for cells in asked.values():
            together = pl.concat([texts.slice(*places[cell]) for cell in cells]).to_frame()
            other = self._demands[cells[0]].other
            if other is not None and not together.select(other.all()).item():
                suspected += cells
        return suspected

    def _good(self, cell: int) -> pl.Expr:
        """Whether a text is as demanded."""
        demands, read = self._demands[cell], pl.col("read")
        good = [read.is_not_null()]
        good += [read >= demands.low] if demands.low is not None else []
        good += [read <= demands.high] if demands.high is not None else []
        good += [demands.other] if demands.other is not None else []
        return pl.all_horizontal(good)


def _is_beyond(read: pl.Series, demands: Demands) -> bool:
    low, high = cast("int", read.min()), cast("int", read.max())
    return (demands.low is not None and low < demands.low) or (demands.high is not None and high > demands.high)


def _demands(facets: Facets) -> Demands:
    patterns = [each for each in facets.patterns if (facets.base, each) != ("date", _PLAIN_DATE)]
    tests = [_TEXT.str.contains(f"^(?:{each})$") for each in patterns]
    if facets.values is not None:
        tests.append(_is_one_of(facets.base, sorted(facets.values)))
    if facets.base == "text" and facets.values is None:
        tests.append(_TEXT.str.contains(f"^{_CHARACTER}*$"))
    other = pl.all_horizontal(tests) if tests else None
    key = (facets.base, *patterns, facets.values)
    match facets.base:
        case "date":
            return Demands("date", _day(facets.earliest), _day(facets.latest), other, key)
        case "integer":
            return Demands("integer", facets.low, facets.high, other, key)
        case _:
            return Demands("text", facets.shortest, facets.longest, other, key)


def _day(day: date | None) -> int | None:
    return None if day is None else (day - date(1970, 1, 1)).days


def _is_one_of(base: str, values: list[str]) -> pl.Expr:
    if base == "integer":
        return _TEXT.cast(pl.Int64, strict=False).is_in([int(value) for value in values])
    return _TEXT.is_in(values)


def _numbers(texts: pl.Series) -> pl.Series:
    return texts.cast(pl.Int64, strict=False)


def _days(texts: pl.Series) -> pl.Series:
    """Written as we would: four digits of the year, no time zone, nothing around."""
    day = texts.str.to_date("%Y-%m-%d", strict=False)
    same = texts.str.contains(_WRITTEN) & (day >= _EARLIEST) & (day <= _LATEST)
    days = day.to_physical()
    if same.sum() == len(texts) - texts.null_count():
        return days
    return pl.select(pl.when(same).then(days)).to_series()


def _lengths(texts: pl.Series) -> pl.Series:
    return texts.str.len_chars().cast(pl.Int64)


_READERS: dict[str, Callable[[pl.Series], pl.Series]] = {"integer": _numbers, "date": _days, "text": _lengths}
