"""The DmfA as tests cut it: a version, batches as they were read, and what its own files give each recipient."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from functools import cache

import polars as pl

from declarations.entitlement.authorizations import Authorization
from declarations.entitlement.entitlements import Entitlements, entitled_on, entitlements
from declarations.entitlement.routes import Route
from declarations.families import Version
from declarations.stages.read import PartSource, read
from declarations.stages.shown import shown
from declarations.stages.split import cut_for
from tests.worlds import RECIPIENTS, dmfa, document

TODAY = date(2026, 4, 23)
Blocks = dict[str, pl.DataFrame]


@cache
def version() -> Version:
    found = dmfa()[0].version("DmfAOriginal_20231")
    assert found is not None
    return found


@cache
def blocks(employers: int, persons: int) -> Blocks:
    content = document(employers=employers, persons=persons, seed=3)
    return dict(read([PartSource(1, version(), lambda: io.BytesIO(content))]).blocks)


@cache
def entitled() -> Entitlements:
    """What its own routes and authorizations give the demonstration's recipients."""
    family = version().family
    return entitled_on(TODAY, family.folder, RECIPIENTS, family.subject)


def granted(recipient: str) -> tuple[Authorization, ...]:
    return entitled().authorizations[recipient]


def alone(recipient: str, given: Blocks, routes: Iterable[Route] = ()) -> Blocks:
    """What that recipient is shown of a batch cut for it alone: by these routes, or of all its rows."""
    held = granted(recipient)
    given_to = entitlements([recipient], list(routes) or [Route(recipient, "form")], held, None)
    return shown(cut_for(given, version().plan, given_to).parcel(recipient), version().plan, held)


def other(values: pl.Series) -> pl.Series:
    """Values of the same type of which none is as before, or absent."""
    match values.dtype:
        case pl.String():
            return values.fill_null("") + "~hidden"
        case pl.Date():
            return values.fill_null(date(1999, 12, 31)).dt.offset_by("1d")
        case pl.Boolean():
            return ~values.fill_null(True)
        case pl.Int64():
            return values.fill_null(0) * 3 + 1
        case pl.Decimal():
            return (values.fill_null(0) + 7).cast(values.dtype)
        case _:
            raise NotImplementedError(values.dtype)
