"""What operators do: hold, release, cancel, pause; and what they are told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from declarations.commands.terminal import NOT_JUDGED, REFUSED, err, moment, out, plain

if TYPE_CHECKING:
    from declarations.model import Batch
    from declarations.operations import Action
    from declarations.steps.world import World

Subject = Annotated[str, typer.Argument(metavar="BATCH", help="A batch: its number, or its whole reference or name.")]
Operator = Annotated[str, typer.Option(help="Who does it; written into the batch's story.")]
Reason = Annotated[str, typer.Option(help="Why; written into the batch's story. No personal data.")]


def hold(batch: Subject, operator: Operator, reason: Reason) -> None:
    """Stop a batch until two persons release it.

    Example: `declarations hold DMFA.000101.20260423.00001.R --operator jan --reason "the sender called"`
    """
    from declarations.operations import Ruling
    from declarations.steps import operate
    from declarations.world import opened

    with opened() as world:
        found = _the(world, batch)
        if operate.hold(world, found, operator, reason) is not Ruling.DONE:
            _refuse(f"{found.reference} stands {found.status}: it is not held any more")
    out.print(f"{found.reference} is held", markup=False)


def release(batch: Subject, operator: Operator, reason: Reason = "repaired") -> None:
    """Propose to put a held batch back where it stood; called by another person, do it.

    Exit code 0: proposed or released; 1: the same person again, or the batch is not held.

    Example: `declarations release DMFA.000101.20260423.00001.R --operator jan`, then the same `--operator els`
    """
    from declarations.operations import Action

    _agree(batch, Action.RELEASE, operator, reason)


def cancel(batch: Subject, operator: Operator, reason: Reason) -> None:
    """Propose to withdraw a batch that is not controlled yet; called by another person, do it.

    Exit code 0: proposed or canceled; 1: the same person again, or it is too late.

    Example: `declarations cancel DMFA.000101.20260423.00001.R --operator jan --reason "asked for in writing"`
    """
    from declarations.operations import Action

    _agree(batch, Action.CANCEL, operator, reason)


def _agree(batch: str, action: Action, operator: str, reason: str) -> None:
    from declarations.operations import Ruling
    from declarations.steps import operate
    from declarations.world import opened

    with opened() as world:
        found = _the(world, batch)
        ruling = operate.agree(world, found, action, operator, reason)
    if ruling is Ruling.SAME_PERSON:
        _refuse(f"{found.reference}: {operator} proposed it; another person has to agree")
    if ruling is Ruling.NOTHING:
        _refuse(f"{found.reference} stands {found.status}: nothing to {action}")
    word = "proposed; another person has to agree" if ruling is Ruling.PROPOSED else "done"
    out.print(f"{found.reference}: {action} {word}", markup=False)


def pause(
    batch: Subject,
    since: Annotated[datetime, typer.Option("--from", help="When it began, in Brussels.")],
    until: Annotated[datetime, typer.Option(help="When it ended, in Brussels.")],
    attributed_to: Annotated[str, typer.Option(help="Who is answerable: a party or an institution.")],
    operator: Operator,
    reason: Reason,
) -> None:
    """Note, signed, time of a batch's four days for which somebody else is answerable.

    The headline figure of the four days never takes it out; a second one does.

    Example: `declarations pause 17 --from 2026-04-23T10:00 --until 2026-04-23T18:30 --attributed-to 990001
    --operator jan --reason "server down"`
    """
    from declarations.steps import operate
    from declarations.world import opened

    start, end = (each if each.tzinfo else each.replace(tzinfo=ZoneInfo("Europe/Brussels")) for each in (since, until))
    with opened() as world:
        found = _the(world, batch)
        operate.pause(world, found, start, end, attributed_to, reason, operator)
    out.print(f"{found.reference}: paused from {moment(start)} until {moment(end)}", markup=False)


def alarms() -> None:
    """List the alarms that stand: what is late, held, stuck or cannot be reached."""
    from declarations.settings import load
    from declarations.world import ledger

    table = Table("alarm", "since", "what", "told", box=None, pad_edge=False)
    for each in ledger(load()).alarms():
        told = moment(each.told_at) if each.told_at else ""
        table.add_row(*map(plain, (each.key, moment(each.raised_at), each.detail, told)))
    out.print(table)


def _the(world: World, text: str) -> Batch:
    """The batch of that number, or the newest of that reference or name."""
    if text.isdecimal():
        return world.ledger.batch(int(text))
    found = [batch for batch in world.ledger.find(text) if text in (batch.reference, batch.name)]
    if not found:
        err.print(f"no batch is called {text}; `declarations status {text}` shows those with it in their name")
        raise typer.Exit(NOT_JUDGED)
    return found[0]


def _refuse(why: str) -> None:
    err.print(why, markup=False)
    raise typer.Exit(REFUSED)
