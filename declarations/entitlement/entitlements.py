"""Who is entitled to what, laid out so that a batch is asked once for all recipients together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import polars as pl

from declarations.entitlement.authorizations import (
    Authorization,
    Columns,
    authorizations,
    cut_under,
    in_force,
    merged,
)
from declarations.entitlement.choices import CODE, Choice, Sharers, choice_of
from declarations.entitlement.routes import Route, Subject, routes
from declarations.entries import state

ROUTES, AUTHORIZATIONS = "routes.toml", "authorizations.toml"
"""The files of a family's folder that say who gets what."""


@dataclass(frozen=True, slots=True, eq=False)
class Entitlements:
    """The choices of a family, with the recipients that share each.

    recipients      those with a route and an authorization in force, sorted; a recipient's code is its place here
    unauthorized    those with a route and no authorization in force, sorted: nothing is chosen for them
    codes           the recipients as a frame: recipient, code
    choices         who shares each
    routes          by recipient
    authorizations  in force, by recipient
    """

    recipients: tuple[str, ...]
    unauthorized: tuple[str, ...]
    codes: pl.DataFrame
    choices: Mapping[Choice, Sharers]
    routes: Mapping[str, tuple[Route, ...]]
    authorizations: Mapping[str, tuple[Authorization, ...]]
    subject: Subject | None
    _columns: dict[str, Columns] = field(default_factory=dict, repr=False)
    _digests: dict[str, str] = field(default_factory=dict, repr=False)

    def columns(self, recipient: str) -> Columns:
        """By block, what that recipient may get."""
        if recipient not in self._columns:
            self._columns[recipient] = merged(each.columns for each in self.authorizations[recipient])
        return self._columns[recipient]

    def cut_under(self, recipient: str) -> str:
        """The digest of all that decides what a parcel of it holds."""
        if recipient not in self._digests:
            held = self.authorizations.get(recipient, ())
            self._digests[recipient] = cut_under(self.routes.get(recipient, ()), held)
        return self._digests[recipient]


def entitled_on(day: date, folder: Path, recipients: Collection[str], subject: Subject | None) -> Entitlements:
    """What a family's files give these recipients on that day; laid out once until one of the files changes.

    Raises Configuration as `entitlements` does, and where a file is wrong.
    """
    files = folder / ROUTES, folder / AUTHORIZATIONS
    return _entitled_on(day, files, (state(files[0]), state(files[1])), frozenset(recipients), subject)


@lru_cache(maxsize=8)
def _entitled_on(
    day: date,
    files: tuple[Path, Path],
    _: tuple[tuple[int, int], tuple[int, int]],
    recipients: frozenset[str],
    subject: Subject | None,
) -> Entitlements:
    return entitlements(recipients, routes(files[0]), in_force(authorizations(files[1]), day), subject)


def entitlements(
    recipients: Collection[str],
    routes: Iterable[Route],
    authorizations: Iterable[Authorization],
    subject: Subject | None,
) -> Entitlements:
    """The routes of these recipients under these authorizations, which are all in force.

    Raises Configuration where a route uses a column that no authorization of its recipient names as used to select.
    """
    asked = set(recipients)
    routed = by_recipient(each for each in routes if each.recipient in asked)
    held = by_recipient(each for each in authorizations if each.recipient in asked)
    able = tuple(sorted(routed.keys() & held.keys()))
    choices: dict[Choice, dict[int, tuple[str, ...]]] = {}
    for code, recipient in enumerate(able):
        for route in routed[recipient]:
            sharers = choices.setdefault(choice_of(route, held[recipient], subject), {})
            sharers[code] = (*sharers.get(code, ()), *route.values)
    return Entitlements(
        recipients=able,
        unauthorized=tuple(sorted(routed.keys() - held.keys())),
        codes=pl.DataFrame(
            {"recipient": able, "code": range(len(able))}, schema={"recipient": pl.String, "code": CODE}
        ),
        choices={choice: Sharers.of(values) for choice, values in choices.items()},
        routes=routed,
        authorizations=held,
        subject=subject,
    )


_Own = TypeVar("_Own", Route, Authorization)


def by_recipient(given: Iterable[_Own]) -> dict[str, tuple[_Own, ...]]:
    """Each recipient's own, in the order given."""
    found: dict[str, list[_Own]] = {}
    for each in given:
        found.setdefault(each.recipient, []).append(each)
    return {recipient: tuple(those) for recipient, those in found.items()}
