"""Asking the reference directory: which recipients know the persons of a batch, in the period of their form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from declarations.entitlement.choices import CODE
from declarations.entitlement.entitlements import Entitlements
from declarations.entitlement.routes import Subject
from declarations.errors import Configuration
from declarations.stages.tree import Tree

Known = Callable[[pl.Series, tuple[date, date]], pl.DataFrame]
"""The reference directory: numbers of persons, first and last day -> recipient, inss, quality of who knows them."""


def acquainted(tree: Tree, given: Entitlements, known: Known | None) -> pl.DataFrame:
    """Who knows whom in the period of the form: code, person (place), quality; asked once for each period.

    Raises Configuration where there is no directory to ask.
    """
    if known is None or given.subject is None:
        raise Configuration("a route asks the reference directory, and there is none to ask")
    people = _people(tree, given.subject)
    found = []
    for (period,), those in people.group_by("period", maintain_order=True):
        days = days_of(str(period))
        if days is not None:  # in a form about no period, nobody is known
            knowing = known(those["inss"].unique(maintain_order=True), days)
            coded = knowing.lazy().join(given.codes.lazy(), on="recipient").join(those.lazy(), on="inss")
            found.append(coded.select("code", "person", "quality").collect())
    return pl.concat(found).unique() if found else pl.DataFrame(schema=_ACQUAINTED)


_ACQUAINTED = {"code": CODE, "person": pl.UInt32, "quality": pl.String}


def _people(tree: Tree, subject: Subject) -> pl.DataFrame:
    """Persons of forms that declare a period: inss, person (place), period."""
    (block, number), (other, period) = subject.person.split("."), subject.period.split(".")
    if block not in tree.frames or other not in tree.frames:
        return pl.DataFrame(schema={"inss": pl.String, "person": pl.UInt32, "period": pl.String})
    periods = tree.frames[other].lazy().select("form", period=pl.col(period).cast(pl.String))
    persons = tree.frames[block].lazy().select("form", inss=pl.col(number)).with_row_index("person")
    first = periods.unique("form", keep="first", maintain_order=True).drop_nulls()
    return persons.drop_nulls("inss").join(first, on="form").select("inss", "person", "period").collect()


def days_of(period: str) -> tuple[date, date] | None:
    """The first and the last day of a quarter `20231`, a month `2023-01` or a year `2023`; None where it is none."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        return None
    year, quarter, month = int(found["year"]), int(found["quarter"] or 0), int(found["month"] or 0)
    first = month or quarter * 3 - 2 if month or quarter else 1
    last = month or quarter * 3 or 12
    return date(year, first, 1), date(year + last // 12, last % 12 + 1, 1) - timedelta(days=1)


_PERIOD = re.compile(r"(?P<year>[12][0-9]{3})(?:(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")
