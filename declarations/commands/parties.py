"""The list of parties: loading it, looking at it, who changed it when."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from declarations.commands.terminal import REFUSED, err, moment, operator, out, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from declarations.parties.register import Change

parties = typer.Typer(
    no_args_is_help=True, help="Senders and recipients: load the list, look at it, see who changed it."
)


@parties.command()
def load(
    file: Annotated[Path, typer.Argument(help="A TOML file with [[sender]] and [[recipient]] tables.")],
    by: Annotated[str | None, typer.Option("--operator", help="Who loads it; your login by default.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a list of parties in force: it replaces the one before it, whole.

    Shows what would change, then asks. A file with a fault changes nothing; every fault is named.

    Example: `declarations parties load parties.toml --operator "A. Janssens"`
    """
    from declarations.families import families
    from declarations.parties.file import read_list
    from declarations.parties.register import changes
    from declarations.settings import load as settings
    from declarations.world import register

    given = read_list(file, [each.name for each in families()])
    known = register(settings())
    version, before = known.newest() or (None, None)
    changed = changes(before, given)
    if not changed:
        out.print("the list in force says the same; nothing was changed")
        return
    _print_changes(changed)
    if not yes and not typer.confirm(f"{len(changed)} changes. Put this list in force?"):
        err.print("nothing was changed")
        raise typer.Exit(REFUSED)
    known.enter(given, changed, operator(by), datetime.now(UTC), version)
    out.print(f"loaded: {len(changed)} changes")


def _print_changes(changed: Sequence[Change]) -> None:
    table = Table("party", "what", "before", "after", box=None, pad_edge=False)
    for each in changed:
        table.add_row(*map(plain, (each.party, each.what, each.before, each.after)))
    out.print(table)


@parties.command()
def show(
    name: Annotated[str | None, typer.Argument(help="A party's number or id; all parties by default.")] = None,
) -> None:
    """Show the parties in force, or all that is known of one.

    Examples: `declarations parties show`, `declarations parties show pensions`
    """
    from declarations.parties.register import described
    from declarations.settings import load as settings
    from declarations.world import register

    newest = register(settings()).newest()
    if newest is None:
        err.print("no list of parties was loaded yet; load one with `declarations parties load FILE`", markup=False)
        raise typer.Exit(REFUSED)
    listed = described(newest[1], name)
    if not listed:
        err.print(f"no party has the number or id {name}", markup=False)
        raise typer.Exit(REFUSED)
    table = Table("party", "number", "name", box=None, pad_edge=False)
    for party, texts in listed.items():
        if name is None:
            table.add_row(*map(plain, (party, texts["number"], texts["name"])))
        else:
            out.print(party, style="bold", markup=False)
            for key, text in texts.items():
                out.print(f"  {key}: {text}", markup=False, highlight=False)
    if name is None:
        out.print(table)


@parties.command()
def history() -> None:
    """Show every list that was in force: when, by whom, and what it changed.

    Example: `declarations parties history`
    """
    from declarations.settings import load as settings
    from declarations.world import register

    for each in register(settings()).history():
        out.print(f"[bold]{each.id}[/bold]  {moment(each.loaded_at)}  {plain(each.operator)}  {each.sha256[:12]}")
        for change in each.changes:
            out.print(f"  {change}", markup=False, highlight=False)


@parties.command()
def example() -> None:
    """Print a list with everything that it may say, to begin with.

    Example: `declarations parties example > parties.toml`
    """
    from importlib.resources import files

    typer.echo((files("declarations.commands") / "parties.toml").read_text(encoding="utf-8"), nl=False)
