"""What a sender or an installer needs: families, synthetic files, signatures, keys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from declarations.commands.terminal import ACCEPTED, NOT_JUDGED, REFUSED, err, out, progress

if TYPE_CHECKING:
    from declarations.model import Environment


families = typer.Typer(help="The families of declarations: list them, look for what is wrong in them.")


@families.callback(invoke_without_command=True)
def _families(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_families()


@families.command(name="list")
def list_families() -> None:
    """List the families of declarations, their schemas, what each is made of, and the controls that are off."""
    from declarations.families import families as known
    from validators.rules import controls, dormant

    table = Table("family", "object", "schema", "blocks", "zones", "controls", box=None, pad_edge=False)
    off = []
    for family in known():
        rules = controls(family.folder / "controls")
        off += [
            f"{family.name}: control {each.id} is off: a code list that it reads is empty" for each in dormant(rules)
        ]
        for version in family.versions():
            blocks = version.plan.blocks
            zones = sum(len(block.columns) for block in blocks)
            counts = (str(each) for each in (len(blocks), zones, len(rules)))
            table.add_row(family.name, family.object, version.name, *counts)
    out.print(table)
    for line in off:
        print(line)


@families.command()
def lint(
    folder: Annotated[
        Path | None, typer.Argument(help="A family, or a folder of families; those shipped by default.")
    ] = None,
) -> None:
    """Look for what is wrong in a family: one problem a line, with its file and what to do.

    Then a line for each schema says whether its forms are proven valid in bulk; where they are not, that is slower and
    nothing wrong, and the line in the schema is named that stands against it.

    Exit code 0: nothing; 1: problems; 2: no family there.

    Example: `declarations families lint xsd/dmfa`
    """
    from declarations.families import CARD, root
    from declarations.lint import problems, readings

    place = folder or root()
    cards = [place / CARD] if (place / CARD).is_file() else sorted(place.glob(f"*/{CARD}"))
    if not cards:
        err.print(f"{place}: no {CARD} in it or in a folder of it", markup=False)
        raise typer.Exit(NOT_JUDGED)
    found = 0
    for card in cards:
        for problem in problems(card.parent):
            found += 1
            print(problem)
        for reading in readings(card.parent):
            print(reading)
    out.print(f"{len(cards)} families, {found} problems")
    raise typer.Exit(REFUSED if found else ACCEPTED)


def sign(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="FI files.")],
    key: Annotated[Path, typer.Option(help="The sender's private key, PEM.")],
    certificate: Annotated[Path, typer.Option(help="The sender's certificate, PEM.")],
) -> None:
    """Write the FS file beside each FI file, as a sender's software does.

    Example: `declarations sign FI.DMFA.000101.20260423.00001.R.1.1 --key sign.key --certificate sign.pem`
    """
    from declarations.adapters.signatures import CmsSignatures

    signer = CmsSignatures(roots=(), revocation_lists=(), key=key, certificate=certificate)
    for file in files:
        target = file.with_name("FS" + file.name[2:] if file.name.startswith("FI.") else file.name + ".fs")
        with file.open("rb") as source:
            target.write_bytes(signer.sign(source))
        out.print(str(target), markup=False)


def generate(
    to: Annotated[Path, typer.Option("--out", help="The file to write; a folder with --sender.")],
    employers: Annotated[int, typer.Option(min=1, help="Forms.")] = 10,
    persons: Annotated[int, typer.Option(min=0, help="Natural persons in all.")] = 100,
    quarters: Annotated[list[str] | None, typer.Option("--quarter", help="Several take turns.")] = None,
    schema: Annotated[str | None, typer.Option(help="Version to name, `20231`; the quarter's by default.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    faults: Annotated[list[str] | None, typer.Option("--fault", help="NAME or NAME=FORMS.")] = None,
    sender: Annotated[str | None, typer.Option(help="Write a batch of this sender: FI files and a GO.")] = None,
    parts: Annotated[int, typer.Option(min=1, max=9, help="Parts of that batch.")] = 1,
    sequence: Annotated[str, typer.Option(help="Its sequence number.")] = "00001",
    environment: Annotated[str, typer.Option(help="R, T or S.")] = "S",
    compact: Annotated[bool, typer.Option("--compact", help="One line, no indentation.")] = False,
) -> None:
    """Write synthetic declarations: valid, unless faults are asked for. Sizes in gigabytes need no memory.

    Examples: `declarations generate --out quarter.xml --employers 1000 --persons 20000`,
    `declarations generate --out drop/ --sender 000101 --parts 4 --fault wrong-inss-check-digit=2`
    """
    from declarations.generate import Request, envelope, write

    today = datetime.now(UTC).date()
    requests = [
        Request(
            seed=seed + part,
            employers=employers,
            persons=persons,
            quarters=tuple(quarters or ("20231",)),
            schema=schema,
            faults=tuple(_fault(each) for each in faults or ()),
            created_on=today,
            indent=not compact,
        )
        for part in range(parts)
    ]
    if sender is None:
        files = [to]
    else:
        to.mkdir(parents=True, exist_ok=True)
        files = [to / f".part{part}" for part in range(1, parts + 1)]
    for request, file in zip(requests, files, strict=False):
        with file.open("wb") as destination, progress("persons written") as told:
            summary = write(request, destination, told)
        out.print(f"{summary.forms} forms, {summary.persons} persons, {summary.bytes:,} bytes")
        for fault in summary.faults:
            out.print(f"  {fault.fault} in form {fault.form}")
    if sender is not None:
        written = envelope(to, sender, today, sequence, _environment(environment), "DMFA", files)
        for file in files:
            file.unlink()
        for path in written:
            out.print(str(path), markup=False)


def faults() -> None:
    """List the faults that `generate` can put in, and the anomaly that each should give."""
    from declarations.generate import FAULTS

    table = Table("fault", "what it does", box=None, pad_edge=False)
    for name, text in FAULTS.items():
        table.add_row(name, text)
    out.print(table)


def _fault(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if count and not count.isdecimal():
        raise typer.BadParameter(f"{text}: expected NAME or NAME=FORMS", param_hint="--fault")
    return name, int(count or 1)


def _environment(text: str) -> Environment:
    from declarations.model import Environment

    if text not in set(Environment):
        raise typer.BadParameter(f"{text}: expected R, T or S", param_hint="--environment")
    return Environment(text)


def keys(
    folder: Annotated[Path, typer.Argument(help="Where the keys go.")],
    senders: Annotated[list[str] | None, typer.Option("--sender", help="A sender's number.")] = None,
    recipients: Annotated[list[str] | None, typer.Option("--recipient", help="A recipient's number.")] = None,
) -> None:
    """Make a demonstration authority, and a signing certificate and an SSH key for each party and for ourselves.

    What exists is kept, what is missing is added. Not for production: the authority's key lies beside the others.

    Example: `declarations keys keys/ --sender 000101 --recipient 990001`
    """
    from declarations.adapters.keys import make_demo

    for number in [*(senders or ()), *(recipients or ())]:
        if len(number) != 6 or not number.isdecimal():
            err.print(f"{number}: a party's number has 6 digits", markup=False)
            raise typer.Exit(NOT_JUDGED)
    made = make_demo(folder, senders or (), recipients or (), datetime.now(UTC))
    out.print(f"authority: {made.root}", markup=False)
    for number in made.parties:
        out.print(f"{number}: {folder / 'parties' / number}", markup=False)
