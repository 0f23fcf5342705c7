"""The reference directory: taking files of persons and of replaced numbers, looking at what is held."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.table import Table

from declarations.commands.terminal import NOT_JUDGED, REFUSED, err, moment, operator, out, plain, progress

if TYPE_CHECKING:
    import polars as pl

    from declarations.directory.delimited import BadLines
    from declarations.directory.lists import Load
    from declarations.directory.renumbering import Replacement
    from declarations.settings import Settings

directory = typer.Typer(no_args_is_help=True, help="Whom each institution knows: load lists, follow replaced numbers.")

By = Annotated[str | None, typer.Option("--operator", help="Who loads it; your login by default.")]

RECENT = 10
"""Loads that `stats` shows."""


@directory.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: inss,quality,from,until[,action].")],
    recipient: Annotated[str, typer.Option(help="The id of the institution whose list it is.")],
    by: By = None,
) -> None:
    """Take a list of the persons whom an institution knows.

    It replaces the institution's list whole; with a column `action` (add or end) it changes the list. A file with
    one bad line changes nothing; every bad line is told by its number.

    Example: `declarations directory load pensioners.csv --recipient pensions`
    """
    from declarations.directory.lists import survey
    from declarations.settings import load as settings
    from declarations.world import directory as opened

    home = settings()
    _check_recipient(home, recipient)
    with err.status("judging every line"), file.open("rb") as source:
        found = survey(source)
    if found.bad.found:
        _refuse(file, found.bad)
    known = opened(home)
    taken = known.take_changes if found.increments else known.take_list
    with progress(f"of {found.rows:,} rows") as advance:
        done = taken(_load(file, recipient, by), _counted(file, advance))
    out.print(f"{recipient}: {done}")


def _check_recipient(home: Settings, recipient: str) -> None:
    from declarations.world import register

    newest = register(home).newest()
    if newest is None or recipient not in newest[1].parties().recipients:
        err.print(f"no recipient has the id {recipient}; `declarations parties show` lists them", markup=False)
        raise typer.Exit(NOT_JUDGED)


def _counted(file: Path, advance: Callable[[int], None]) -> Iterator[pl.DataFrame]:
    from declarations.directory.lists import listed

    with file.open("rb") as source:
        for frame in listed(source):
            yield frame
            advance(len(frame))


@directory.command()
def replace(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: old,new,on; or a message IDFLUX.")],
    by: By = None,
) -> None:
    """Follow replaced INSS numbers from now on: who was known under one is found under the other.

    Chains are followed to the newest number. A file that goes in a circle, with itself or with what is known, changes
    nothing.

    Example: `declarations directory replace idflux.csv`
    """
    from declarations.directory.delimited import BadLines
    from declarations.settings import load as settings
    from declarations.world import directory as opened

    bad = BadLines()
    given = _pairs(file, bad)
    if bad.found:
        _refuse(file, bad)
    done = opened(settings()).take_numbers(_load(file, None, by), given)
    if isinstance(done, BadLines):
        _refuse(file, done)
    out.print(f"replaced numbers: {done}")


def _pairs(file: Path, bad: BadLines) -> list[Replacement]:
    from declarations.directory import idflux, renumbering

    with file.open("rb") as source:
        pairs = idflux.pairs if idflux.is_xml(source.read(200)) else renumbering.pairs
        source.seek(0)
        return list(pairs(source, bad))


def _load(file: Path, recipient: str | None, by: str | None) -> Load:
    from declarations.directory.lists import Load

    with file.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    return Load(recipient, operator(by), file.name, sha256, datetime.now(UTC))


def _refuse(file: Path, bad: BadLines) -> NoReturn:
    err.print(f"{file}: nothing was taken of it; bad lines: {bad.count}", markup=False, highlight=False)
    for lines, expected in bad.rows():
        err.print(f"  lines {lines}: expected {expected}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(REFUSED)


@directory.command()
def stats() -> None:
    """Show how many persons each institution knows, and what was loaded last.

    Example: `declarations directory stats`
    """
    from declarations.settings import load as settings
    from declarations.world import directory as opened

    known = opened(settings())
    table = Table("recipient", "persons", "rows", "qualities", box=None, pad_edge=False)
    for each in known.stats():
        table.add_row(*map(plain, (each.recipient, each.persons, each.rows, ", ".join(each.qualities))))
    out.print(table)
    out.print(f"{known.replaced()} replaced numbers are followed")
    loads = Table("loaded", "by", "recipient", "file", "what it did", box=None, pad_edge=False)
    for load, done in known.loads(RECENT):
        loads.add_row(*map(plain, (moment(load.loaded_at), load.operator, load.recipient or "all", load.file, done)))
    out.print(loads)
