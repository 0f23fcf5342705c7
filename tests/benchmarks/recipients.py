"""Institutions for benchmarks: however many there are, each person is known to three of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from declarations.entitlement.authorizations import Authorization, authorizations
from declarations.entitlement.entitlements import Entitlements, entitlements
from declarations.entitlement.routes import Route, Subject
from declarations.families import Version, families

FEW, MANY = 20, 3_000
MOST_TIMES, MOST_GROWTH = 1.5, 1.25
SUBJECT = Subject("natural_person.inss", "employer_declaration.quarter")


def newest() -> Version:
    """The schema that synthetic declarations name."""
    found = next(each.version("DmfAOriginal_20231") for each in families() if each.name == "dmfa")
    if found is None:
        raise SystemExit("the family dmfa has no schema DmfAOriginal_20231")
    return found


def entitling(recipients: int, _: Path) -> tuple[Entitlements, Callable[[pl.Series, tuple[date, date]], pl.DataFrame]]:
    """What they may get, and the directory that knows each person three times."""
    return given(recipients), known(recipients, 3)


def given(recipients: int) -> Entitlements:
    """Each may get what pensions may, of the persons it knows and of some others."""
    names = [f"r{number:04}" for number in range(recipients)]
    routes = [Route(each, "natural_person", directory=True) for each in names]
    routes += [
        Route(each, "occupation", column="occupation_sequence_nbr", values=(str(nth + 2),))
        for nth, each in enumerate(names)
    ]
    pensions = _granted()
    return entitlements(names, routes, [replace(pensions, id=each, recipient=each) for each in names], SUBJECT)


def _granted() -> Authorization:
    folder = newest().family.folder
    pensions = next(each for each in authorizations(folder / "authorizations.toml") if each.recipient == "pensions")
    selects_by = {
        "natural_person": ("inss",),
        "employer_declaration": ("quarter",),
        "occupation": ("occupation_sequence_nbr",),
    }
    return replace(pensions, selects_by=selects_by)


def known(recipients: int, each_by: int) -> Callable[[pl.Series, tuple[date, date]], pl.DataFrame]:
    """A directory in which so many institutions know each person."""

    def knows(persons: pl.Series, _: tuple[date, date]) -> pl.DataFrame:
        hashed = persons.hash(seed=1)
        parts = [
            pl.DataFrame({"number": (hashed + nth * (recipients // each_by)) % recipients, "inss": persons})
            for nth in range(each_by)
        ]
        name = pl.lit("r") + pl.col("number").cast(pl.String).str.zfill(4)
        return pl.concat(parts).select(recipient=name, inss="inss", quality=pl.lit("any"))

    return knows
