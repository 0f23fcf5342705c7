"""Holding the texts of a chunk against what the schema demands of them, many columns at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

import polars as pl

from declarations.bulk.assembly import Spread
from declarations.bulk.facets import Facets

_NO_CHARACTER = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_PLAIN_DATE = "(?:[0-9]{4}-[0-9]{2}-[0-9]{2})"
_BIG = 2**63 - 1
_LONG = 2**31


class Limits:
    """What is demanded of each cell, in the order of `Layout.cells`."""

    def __init__(self, facets: list[Facets]) -> None:
        """Compile the facets by cell."""
        self._facets = facets
        numbers = range(len(facets))
        self._runs = [list(group) for _, group in groupby(numbers, lambda number: facets[number].base)]
        self._table = pl.DataFrame(
            {
                "low": [_BIG * -1 if each.low is None else max(each.low, -_BIG) for each in facets],
                "high": [_BIG if each.high is None else min(each.high, _BIG) for each in facets],
                "shortest": [each.shortest for each in facets],
                "longest": [_LONG if each.longest is None else each.longest for each in facets],
                "earliest": [each.earliest or date(1000, 1, 1) for each in facets],
                "latest": [each.latest or date(9999, 12, 31) for each in facets],
            }
        )

    def doubtful(self, spread: Spread) -> list[int]:
        """The lines of texts that are not proven to be as demanded."""
        found: list[int] = []
        for run in self._runs:
            begin, until = spread.starts[run[0]], spread.starts[run[-1] + 1]
            if begin == until:
                continue
            counts = [spread.starts[number + 1] - spread.starts[number] for number in run]
            texts = self._with_limits(spread.texts.slice(begin, until - begin), run, counts)
            found += (begin + line for line in _CHECKS[self._facets[run[0]].base](texts))
        found += self._against_sets(spread)
        return found

    def _with_limits(self, texts: pl.Series, run: list[int], counts: list[int]) -> pl.DataFrame:
        cells = pl.DataFrame({"cell": run, "count": counts}, schema={"cell": pl.UInt32, "count": pl.UInt32})
        cell = cells.select(pl.col("cell").repeat_by("count").explode(empty_as_null=False)).to_series()
        return self._table[cell].with_columns(texts.alias("text"))

    def _against_sets(self, spread: Spread) -> Iterator[int]:
        """Patterns, and the only values that are allowed: column by column."""
        for number, facets in enumerate(self._facets):
            start, stop = spread.starts[number : number + 2]
            patterns = [each for each in facets.patterns if not (facets.base == "date" and each == _PLAIN_DATE)]
            if start == stop or (not patterns and facets.values is None):
                continue
            text = pl.col("text")
            good = [text.str.contains(f"^(?:{each})$") for each in patterns]
            if facets.values is not None:
                good.append(_is_one_of(text, facets))
            lines = spread.texts.slice(start, stop - start).alias("text").to_frame()
            yield from (start + line for line in lines.select(pl.arg_where(~pl.all_horizontal(good))).to_series())


def _is_one_of(text: pl.Expr, facets: Facets) -> pl.Expr:
    if facets.base == "integer":
        return text.cast(pl.Int64, strict=False).is_in([int(value) for value in facets.values or ()])
    return text.is_in(sorted(facets.values or ()))


def _integers(texts: pl.DataFrame) -> list[int]:
    number = pl.col("text").cast(pl.Int64, strict=False)
    return _where_not(texts, number.is_between(pl.col("low"), pl.col("high")))


def _dates(texts: pl.DataFrame) -> list[int]:
    """Written as we would: four digits of the year, no time zone, nothing around."""
    day = pl.col("text").str.to_date("%Y-%m-%d", strict=False)
    within = day.is_between(pl.col("earliest"), pl.col("latest"))
    return _where_not(texts, within & (day.dt.strftime("%Y-%m-%d") == pl.col("text")))


def _texts(texts: pl.DataFrame) -> list[int]:
    text = pl.col("text")
    fits = text.str.len_chars().is_between(pl.col("shortest"), pl.col("longest"))
    return _where_not(texts, fits & ~text.str.contains(_NO_CHARACTER))


def _where_not(texts: pl.DataFrame, good: pl.Expr) -> list[int]:
    """The lines where there is a text, and it is not good for sure."""
    return texts.select(pl.arg_where(pl.col("text").is_not_null() & ~good.fill_null(value=False))).to_series().to_list()


_CHECKS = {"integer": _integers, "date": _dates, "text": _texts}
