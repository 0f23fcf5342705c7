"""Questions of the security officer: who saw what of a person, and where a row came from. Each is written down."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from declarations.commands.terminal import NOT_JUDGED, REFUSED, err, moment, out, plain, progress

if TYPE_CHECKING:
    from declarations.steps.audit import Passage
    from declarations.steps.provenance import Provenance

audit = typer.Typer(no_args_is_help=True, help="Who saw what of a person, and where a row came from; all is logged.")

KEY = "audit.key"
"""In the installation's home: what digests of persons in the record of questions are made with."""

Officer = Annotated[str, typer.Option("--officer", help="Who asks; written into the record of questions.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; written into the record of questions. Name no person.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@audit.command()
def person(
    inss: Annotated[str, typer.Argument(help="The person's INSS, 11 digits; `-` reads it from standard input.")],
    officer: Officer,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """List every exchange that carried data of a person: when, to whom, which columns, on which basis.

    Numbers that the person had before are followed. Prefer `-`: arguments may stay in the history of the shell.

    Example: `declarations audit person - --officer els --reason "complaint 2026/17" < number.txt`
    """
    number = (sys.stdin.readline() if inss == "-" else inss).strip()
    from validators.identifiers import inss_valid

    if len(number) != 11 or not number.isascii() or not number.isdigit() or not inss_valid(number):
        err.print("that is no INSS: 11 digits that check are expected")
        raise typer.Exit(NOT_JUDGED)
    from declarations.steps.audit import passages
    from declarations.world import opened

    with opened() as world:
        numbers = world.directory.numbers_of(number)
        with progress("batches looked at") as told:
            found = list(passages(world, numbers, told))
        now = world.clock()
    _note(now, officer, "person", number, reason, len(found))
    out.print_json(_json([asdict(each) for each in found])) if as_json else _print_passages(found)


@audit.command()
def row(
    delivery: Annotated[str, typer.Argument(help="A delivery, such as `pensions-000123`.")],
    block: Annotated[str, typer.Argument(help="A block of it, such as `remun`.")],
    number: Annotated[int, typer.Argument(min=1, help="The row in the recipient's file.")],
    officer: Officer,
    reason: Reason,
    part: Annotated[int, typer.Option(min=1, help="Which of the delivery's files.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Tell from which file, line, form, control version and authorization a row of an extract came.

    Example: `declarations audit row pensions-000123 remun 17 --officer els --reason "question of the recipient"`
    """
    from declarations.commands.deliveries import named
    from declarations.steps.provenance import provenance
    from declarations.steps.tracing import NoSuchRowError
    from declarations.world import opened

    with opened() as world:
        found = named(world, delivery)
        try:
            told = provenance(world, found, part, block, number)
        except (NoSuchRowError, IndexError):
            err.print(f"{delivery} has no row {number} of {block} in its part {part}", markup=False)
            raise typer.Exit(REFUSED) from None
        now = world.clock()
    _note(now, officer, "row", f"{delivery}/{part}/{block}/{number}", reason, len(told.cells))
    out.print_json(_json(asdict(told))) if as_json else _print_provenance(told)


@audit.command()
def questions(newest: Annotated[int, typer.Option(min=1, help="So many.")] = 50) -> None:
    """List the last questions: who asked, when and why.

    Example: `declarations audit questions`
    """
    from declarations.settings import load
    from declarations.world import inquiries

    table = Table("asked", "by", "about", "found", "why", box=None, pad_edge=False)
    for each in inquiries(load()).newest(newest):
        about = f"a person ({each.subject[:12]})" if each.kind == "person" else each.subject
        table.add_row(*map(plain, (moment(each.asked_at), each.officer, about, each.found, each.reason)))
    out.print(table)


def _note(now: datetime, officer: str, kind: str, asked: str, reason: str, found: int) -> None:
    """Before anything is shown, the question is on record."""
    from declarations.adapters.database.inquiries import Inquiry, subject
    from declarations.settings import load
    from declarations.world import inquiries

    settings = load()
    about = subject(asked, settings.home / KEY) if kind == "person" else asked
    inquiries(settings).enter(Inquiry(now, officer, kind, about, reason, found))


def _json(found: Any) -> str:
    return json.dumps(found, default=lambda each: each.isoformat())


def _print_passages(found: list[Passage]) -> None:
    for each in found:
        when = moment(each.at) if each.at else "not sent yet"
        way = "from" if each.direction == "in" else "to"
        out.print(f"{when}  {way} {each.party} {each.name}: {each.file}", markup=False, highlight=False)
        if each.delivery:
            confirmed = f", confirmed {moment(each.confirmed_at)}" if each.confirmed_at else ""
            out.print(f"  delivery {each.delivery}{confirmed}, from batch {each.batch}", markup=False, highlight=False)
        for line in each.basis:
            out.print(f"  {line}", markup=False, highlight=False)
        for block, columns in each.columns.items():
            out.print(f"  {block}: {', '.join(columns)}", markup=False, highlight=False)
    out.print(f"{len(found)} exchanges carried data of this person")


def _print_provenance(told: Provenance) -> None:
    out.print(f"{told.file} of {told.sender}, form {told.form}, ticket {told.ticket}", markup=False, highlight=False)
    out.print(f"  {told.message}; {told.controls}", markup=False, highlight=False)
    table = Table("column", "zone", "line", "column in it", "authorization", box=None, pad_edge=False)
    for cell in told.cells:
        place = (cell.line, cell.position) if cell.line is not None else ("absent", "")
        table.add_row(*map(plain, (cell.column, cell.tag, *place, ", ".join(cell.authorizations))))
    out.print(table)
