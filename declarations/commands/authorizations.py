"""Authorizations: who may see what, what other ones would change, and the public register of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from declarations.commands.terminal import NOT_JUDGED, err, out, plain, progress, today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from declarations.entitlement.authorizations import Authorization
    from declarations.families import Family
    from declarations.steps.comparison import Change, Weight

authorizations = typer.Typer(no_args_is_help=True, help="Who may see what: shown, compared, published.")

FamilyName = Annotated[str, typer.Option("--family", help="Of this family.")]


@authorizations.command()
def show(
    recipient: Annotated[str | None, typer.Argument(help="Of this recipient only.")] = None, family: FamilyName = "dmfa"
) -> None:
    """Show what is authorized today: purpose, basis, columns.

    Examples: `declarations authorizations show`, `declarations authorizations show pensions`
    """
    from declarations.entitlement.authorizations import authorizations as read
    from declarations.entitlement.authorizations import in_force
    from declarations.entitlement.entitlements import AUTHORIZATIONS

    known = in_force(read(_family(family).folder / AUTHORIZATIONS), today())
    for each in known:
        if recipient in (None, each.recipient):
            out.print(f"[bold]{plain(each.recipient)}[/bold] {plain(each.id)}: {plain(each.purpose)}")
            until = f" to {each.valid_until}" if each.valid_until else ""
            out.print(f"  {each.legal_basis}; from {each.valid_from}{until}; kept {each.retention}", markup=False)
            for block, columns in each.columns.items():
                out.print(f"  {block}: {', '.join(columns)}", markup=False, highlight=False)
            for block, columns in each.selects_by.items():
                out.print(f"  only to select rows: {block}: {', '.join(columns)}", markup=False, highlight=False)


@authorizations.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A file of authorizations.", exists=True, dir_okay=False)],
    new: Annotated[Path, typer.Argument(help="Another one, to be in force instead.", exists=True, dir_okay=False)],
    quarter: Annotated[str | None, typer.Option(help="On the stored data of this quarter, such as 20231.")] = None,
    on: Annotated[str | None, typer.Option(help="As in force on this day, YYYY-MM-DD; today by default.")] = None,
    family: FamilyName = "dmfa",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say what other authorizations would change: who gains or loses which column, for how many persons.

    Without an installation only the columns are named. Exit code 0, also where nothing changes.

    Example: `declarations authorizations diff authorizations.toml proposed.toml --quarter 20231`
    """
    from declarations.entitlement.authorizations import authorizations as read
    from declarations.entitlement.authorizations import in_force
    from declarations.steps.comparison import renewed

    day = _day(on)
    before, after = in_force(read(old), day), in_force(read(new), day)
    weights, forms = _weighed(_family(family), quarter, before, after)
    if as_json:
        out.print_json(json.dumps(_document(weights, forms, renewed(before, after))))
        return
    for line in renewed(before, after):
        out.print(line, markup=False, highlight=False)
    for change, weight in weights.items():
        out.print(_sentence(change, weight), markup=False, highlight=False)
    stored = "no stored data was looked at" if forms is None else f"on {forms:,} stored forms"
    out.print(f"{len(weights)} columns change hands; {stored}", highlight=False)


def _weighed(
    family: Family,
    quarter: str | None,
    before: Sequence[Authorization],
    after: Sequence[Authorization],
) -> tuple[dict[Change, Weight | None], int | None]:
    """The changes, weighed where there is an installation."""
    from declarations.settings import found
    from declarations.steps.comparison import changes, weighed
    from declarations.world import opened

    settings = found()
    if settings is None:
        return dict.fromkeys(changes(before, after)), None
    with opened(settings) as world, progress("batches looked at") as told:
        own = next(each for each in world.families if each.name == family.name)
        weights, forms = weighed(world, own, quarter, before, after, told)
    return dict(weights), forms


def _sentence(change: Change, weight: Weight | None) -> str:
    verb = "gains" if change.gained else "loses"
    text = f"{change.recipient} {verb} {change.block}.{change.column}"
    if weight is None:
        return text
    persons = weight.persons
    return f"{text} for {persons:,} persons ({weight.rows:,} rows)" if persons else f"{text} in {weight.rows:,} rows"


def _document(weights: dict[Change, Weight | None], forms: int | None, lines: list[str]) -> dict[str, object]:
    listed = [
        {
            "recipient": change.recipient,
            "block": change.block,
            "column": change.column,
            "gained": change.gained,
            "rows": weight.rows if weight else None,
            "persons": weight.persons if weight else None,
        }
        for change, weight in weights.items()
    ]
    return {"forms": forms, "authorizations": lines, "columns": listed}


def _family(name: str) -> Family:
    from declarations.families import families

    found = next((each for each in families() if each.name == name), None)
    if found is None:
        err.print(f"there is no family {name}; `declarations families` lists them", markup=False)
        raise typer.Exit(NOT_JUDGED)
    return found


def _day(text: str | None) -> date:
    try:
        return today() if text is None else date.fromisoformat(text)
    except ValueError:
        err.print(f"{text} is no day; expected YYYY-MM-DD", markup=False)
        raise typer.Exit(NOT_JUDGED) from None


@authorizations.command()
def publish(
    folder: Annotated[Path, typer.Argument(help="Where the site goes; made where it is missing.", file_okay=False)],
    on: Annotated[str | None, typer.Option(help="As of this day, YYYY-MM-DD; today by default.")] = None,
    family: FamilyName = "dmfa",
) -> None:
    """Write the public register: a site in four languages that any web server can show, and JSON.

    The same authorizations and day give the same bytes. Where there is an installation, institutions have their names.

    Example: `declarations authorizations publish register/`
    """
    from declarations.publication.site import site

    own = _family(family)
    files = site(own, _names(), _day(on))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    out.print(f"{len(files)} files in {folder}; begin with {folder / 'index.html'}", markup=False, highlight=False)


def _names() -> dict[str, str]:
    """What recipients are called; nothing without an installation."""
    from declarations.settings import found
    from declarations.world import known_parties

    settings = found()
    if settings is None:
        return {}
    return {each.id: each.name for each in known_parties(settings).recipients.values()}
