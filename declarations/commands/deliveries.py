"""Looking at deliveries, and sending one again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from declarations.commands.terminal import REFUSED, err, moment, operator, out, plain

if TYPE_CHECKING:
    from declarations.model import Delivery
    from declarations.steps.world import World

deliveries = typer.Typer(no_args_is_help=True, help="What recipients get: look at it, send it again.")

Name = Annotated[str, typer.Argument(help="A delivery, such as `pensions-000123`.")]
Operator = Annotated[str | None, typer.Option("--operator", help="Who does it; the login name by default.")]


@deliveries.command("list")
def list_(
    recipient: Annotated[str | None, typer.Option(help="Of this recipient only, confirmed ones too.")] = None,
    newest: Annotated[int, typer.Option(min=1, help="So many of a recipient.")] = 50,
) -> None:
    """List the deliveries whose receipt is awaited, or the newest of one recipient.

    Examples: `declarations deliveries list`, `declarations deliveries list --recipient pensions`
    """
    from declarations.world import opened

    with opened() as world:
        ledger = world.ledger
        found = ledger.unconfirmed() if recipient is None else ledger.deliveries_of(recipient, newest)
    table = Table("delivery", "status", "rows", "bytes", "made", "sent", "confirmed", "error", box=None, pad_edge=False)
    for each in found:
        moments = (each.created_at, each.sent_at, each.confirmed_at)
        cells = (each.name, each.status, each.rows, each.size, *(moment(at) if at else "" for at in moments))
        table.add_row(*map(plain, (*cells, each.last_error or "")))
    out.print(table)


@deliveries.command()
def show(delivery: Name) -> None:
    """Tell all of a delivery: its files, the batches in it, what may be seen on which basis, and its story.

    Example: `declarations deliveries show pensions-000123`
    """
    from declarations.world import opened

    with opened() as world:
        found = named(world, delivery)
        out.print(f"[bold]{found.name}[/bold]: {found.status}, {found.rows} rows, {found.message}")
        _print_manifest(world, found)
        for file in world.ledger.files_of(found.id):
            lies = f"sent {moment(file.sent_at)}" if file.sent_at else "not sent yet"
            receipt = f", confirmed {moment(file.confirmed_at)}" if file.confirmed_at else ""
            out.print(f"  part {file.part}: FO.{file.stem}, {file.outgoing.size} bytes, {lies}{receipt}")
        for kept in world.ledger.carried(found.id):
            out.print(f"  from {world.ledger.batch(kept.batch_id).reference}: {kept.parcel.rows} rows", markup=False)
        table = Table(box=None, pad_edge=False, show_header=False)
        for event in world.ledger.told_of(found.id):
            table.add_row("  " + moment(event.at), plain(event.what), plain(event.detail))
        out.print(table)


@deliveries.command()
def resend(
    delivery: Name,
    reason: Annotated[str, typer.Option(help="Why; written into its story. Name no person.")],
    by: Operator = None,
) -> None:
    """Send a delivery again: the same files, the same names, the same bytes.

    Example: `declarations deliveries resend pensions-000123 --reason "lost by the recipient" --operator jan`
    """
    from declarations.world import opened

    with opened() as world:
        found = named(world, delivery)
        if not world.ledger.resend(found, f"{operator(by)}: {reason}", world.clock()):
            err.print(f"{found.name} is still on its way; it is written as soon as the recipient can be reached")
            raise typer.Exit(REFUSED)
    out.print(f"{found.name} is written again with the next distribution")


def named(world: World, name: str) -> Delivery:
    """The delivery of that name; says that there is none, and ends, where that is so."""
    found = world.ledger.delivery_named(name)
    if found is None:
        err.print(f"there is no delivery {name}; `declarations deliveries list` shows some", markup=False)
        raise typer.Exit(REFUSED)
    return found


def _print_manifest(world: World, delivery: Delivery) -> None:
    with world.archive.open(delivery.manifest) as source:
        manifests = json.load(source)
    for each in manifests[0]["authorizations"]:
        out.print(f"  {each['id']}: {each['purpose']}; {each['legal_basis']}", markup=False)
    for block in manifests[0]["blocks"]:
        columns = ", ".join(column["name"] for column in block["columns"] if column["type"] != "row")
        rows = sum(other["rows"] for one in manifests for other in one["blocks"] if other["block"] == block["block"])
        out.print(f"  {block['block']} ({rows}): {columns}", markup=False)
