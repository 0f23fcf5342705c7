"""Figures: the log, a month's report, a party's overview, what is measured now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from declarations.commands.terminal import REFUSED, err, out

if TYPE_CHECKING:
    from declarations.kpi.course import Log
    from declarations.kpi.facts import Fact
    from declarations.kpi.report import View
    from declarations.steps.world import World

log = typer.Typer(help="The log of facts that every figure is rebuilt from.")

To = Annotated[Path, typer.Option("--to", help="Folder for the files.", file_okay=False)]


@log.callback()
def _log() -> None:
    """Keeps `export` a command of its own."""


@log.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it: one fact a line, as JSON.", dir_okay=False)],
    month: Annotated[str, typer.Option(help="The month, as in 2026-04.")],
) -> None:
    """Write what happened to the batches of a month, without personal data.

    Of a month whose figures are final, the log is as of the moment at which they became so: written again, it is the
    same.

    Example: `declarations log export --month 2026-04 april.ndjson`
    """
    from declarations.kpi.facts import line
    from declarations.world import opened

    part = file.with_name(f"{file.name}.part")
    with opened() as world:
        told = _facts(world, month)
        with part.open("w", encoding="utf-8", newline="\n") as target:
            target.writelines(line(fact) for fact in told)
    part.replace(file)
    out.print(str(file), markup=False, highlight=False)


def report(
    month: Annotated[str, typer.Argument(help="The month, as in 2026-04.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="A log, instead of the ledger.", exists=True, dir_okay=False)
    ] = None,
    to: To = Path(),
    view: Annotated[
        str, typer.Option(help="For whom: operator, public, a sender's number or a recipient's id.")
    ] = "operator",
) -> None:
    """Make a month's report as HTML, CSV and JSON, each with our signature beside it (FS).

    The same log gives the same bytes. From a log it needs no installation; what is made without one is not signed.

    Examples: `declarations report 2026-04 --to reports`,
    `declarations report 2026-04 --from april.ndjson --view public --to reports`
    """
    from declarations.settings import found
    from declarations.world import opened

    installed = found()
    if source is not None and installed is None:
        _write(to, _made(_read(source, month), view))
        err.print("not signed: there is no installation here")
        return
    with opened(installed) as world:
        known = _of_ledger(world, month) if source is None else _read(source, month)
        _write(to, _signed(world, _made(known, view)))


def _made(known: Log, view: str) -> Mapping[str, bytes]:
    from declarations.kpi.files import report_files
    from declarations.kpi.report import OPERATOR, PUBLIC, own_parts
    from declarations.kpi.report import report as made

    whom = _view(view)
    if whom not in (OPERATOR, PUBLIC) and whom not in own_parts(known):
        err.print(f"{view} has nothing in the log of {known.header.month}", markup=False)
        raise typer.Exit(REFUSED)
    return report_files(made(known, whom))


def _view(text: str) -> View:
    from declarations.kpi.report import Reader, View

    if text in (Reader.OPERATOR, Reader.PUBLIC):
        return View(Reader(text))
    return View(Reader.SENDER if text.isdigit() else Reader.RECIPIENT, text)


def _read(source: Path, month: str) -> Log:
    from declarations.errors import Configuration
    from declarations.kpi.course import log_of
    from declarations.kpi.facts import read

    with source.open(encoding="utf-8") as lines:
        known = log_of(read(lines))
    if known.header.month != month:
        raise Configuration(f"{source} is the log of {known.header.month}, not of {month}")
    return known


def _of_ledger(world: World, month: str) -> Log:
    from declarations.kpi.course import log_of

    return log_of(_facts(world, month))


def _facts(world: World, month: str) -> Iterator[Fact]:
    """What happened in that month, as known now or when its figures became final."""
    from declarations.kpi.months import month as named
    from declarations.steps.reporting import facts

    of = named(month)
    return facts(world, of, min(world.clock(), of.final_at))


def _signed(world: World, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    from declarations.steps.reporting import with_signatures

    return with_signatures(world, files)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        out.print(str(folder / name), markup=False, highlight=False)


def overview(
    number: Annotated[str, typer.Argument(help="The number of a sender or a recipient.")],
    to: To = Path(),
) -> None:
    """Make the overview that a party finds in its OUT folder each day, as it is now: HTML and JSON, signed.

    Example: `declarations overview 000101 --to overviews`
    """
    from declarations.steps.reporting import numbers, overview_files, overview_of
    from declarations.world import opened

    with opened() as world:
        if number not in numbers(world):
            err.print(f"no party has the number {number}", markup=False)
            raise typer.Exit(REFUSED)
        _write(to, _signed(world, overview_files(overview_of(world, number, world.clock()))))


def metrics() -> None:
    """Print what is measured now, as Prometheus reads it: queues, ages, throughput, deliveries, outages, alarms.

    Example: `declarations metrics > /var/lib/node_exporter/declarations.prom`
    """
    from declarations.metrics import prometheus, readings
    from declarations.world import opened

    with opened() as world:
        print(prometheus(readings(world)), end="")
