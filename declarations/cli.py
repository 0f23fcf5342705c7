"""The command line: one command per thing a person does; heavy imports only where a command needs them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from declarations.checking import Verdict
    from declarations.model import Batch, Story
    from declarations.steps.world import World

ACCEPTED, REFUSED, NOT_JUDGED = 0, 1, 2

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Declaration batches in, answers to senders and extracts to institutions out.",
)
keys_app = typer.Typer(no_args_is_help=True, help="Keys and certificates for demonstrations and tests.")
app.add_typer(keys_app, name="keys")

out = Console()
err = Console(stderr=True)


def main() -> None:
    """Run the command line; a fault of ours ends with exit code 2 and one line on what to do."""
    from declarations.errors import DeclarationsError
    from validators.rules import RuleError
    from validators.schema import EngineFault

    try:
        app()
    except (DeclarationsError, RuleError, EngineFault) as fault:
        err.print(f"[red]{type(fault).__name__}[/red]: ", end="")
        err.print(str(fault), markup=False, highlight=False)
        sys.exit(NOT_JUDGED)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="XML files; parts of one batch are judged together.")],
    as_json: Annotated[bool, typer.Option("--json", help="One finding a line, as JSON.")] = False,
) -> None:
    """Judge declaration files as production would, offline.

    Exit code 0: every form accepted; 1: something refused; 2: could not judge.

    Examples: `declarations check declaration.xml`, `declarations check --json FI.DMFA.000101.20260423.00002.R.4.*`
    """
    from declarations import checking

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        err.print(f"no such file: {', '.join(missing)}", markup=False)
        raise typer.Exit(NOT_JUDGED)
    refused = False
    for group in checking.batches(files):
        with _progress("forms read") as progress:
            verdict = checking.check(group, _today(), progress)
        refused |= verdict.refused
        _print_json(verdict) if as_json else _print_verdict(verdict)
    raise typer.Exit(REFUSED if refused else ACCEPTED)


def _print_json(verdict: Verdict) -> None:
    for finding in verdict.findings:
        line = asdict(finding)
        line["class"] = line.pop("anomaly_class")
        print(json.dumps(line, ensure_ascii=False))


def _print_verdict(verdict: Verdict) -> None:
    """One finding a line, as compilers print them, with the keys that lead to it."""
    for finding in verdict.findings:
        place = "" if finding.line is None else f":{finding.line}:{finding.column}"
        value = "" if finding.value is None else f" Found: {finding.value}"
        print(f"{finding.file}{place}: {finding.code} {finding.anomaly_class} {finding.text}{value}")
        if finding.path:
            print("    " + " ".join(f"{tag}={key}" for tag, key in finding.path.items()))
    names = ", ".join(str(file) for file in verdict.files)
    state = "refused" if verdict.refused else "accepted"
    print(f"{names}: {state}, {verdict.accepted} of {verdict.forms} forms")


@app.command()
def read(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A declaration file.")],
    to: Annotated[Path, typer.Option("--out", help="Folder for the blocks.")],
) -> None:
    """Read a file into typed blocks, one Parquet file each; forms that break the schema are left out.

    Example: `declarations read declaration.xml --out blocks/`
    """
    from declarations import checking
    from declarations.stages.read import PartSource
    from declarations.stages.read import read as read_parts

    source = checking.part_source(1, file)
    if not isinstance(source, PartSource):
        err.print(f"{source.code}: {source.text}", markup=False)
        raise typer.Exit(REFUSED)
    with _progress("forms read") as progress:
        reading = read_parts([source], progress)
    to.mkdir(parents=True, exist_ok=True)
    table = Table("block", "rows", box=None, pad_edge=False)
    for name, frame in reading.blocks.items():
        frame.write_parquet(to / f"{name}.parquet")
        table.add_row(name, str(len(frame)))
    out.print(table)
    broken = sum(not head.schema_valid for head in reading.heads)
    out.print(f"{len(reading.heads)} forms, {broken} left out")
    raise typer.Exit(REFUSED if broken else ACCEPTED)


@app.command()
def run(
    steps: Annotated[list[str] | None, typer.Argument(help="Steps to do, in this order; all by default.")] = None,
) -> None:
    """Do the steps of the flow until nothing moves any more.

    Steps: receive accept normalize control split post distribute conclude.

    Examples: `declarations run`, `declarations run receive accept`
    """
    from declarations.pipeline import STEPS
    from declarations.world import opened

    chosen = steps or list(STEPS)
    unknown = [step for step in chosen if step not in STEPS]
    if unknown:
        err.print(f"unknown step {', '.join(unknown)}; the steps are {' '.join(STEPS)}", markup=False)
        raise typer.Exit(NOT_JUDGED)
    _log_to_stderr()
    with opened() as world:
        total = 0
        while moved := sum(_step(world, step, STEPS[step]) for step in chosen):
            total += moved
    out.print(f"{total} moves; nothing left to do now")


def _step(world: World, name: str, step: Callable[[World], int]) -> int:
    with err.status(name):
        return step(world)


@app.command()
def status(
    batch: Annotated[str | None, typer.Argument(help="Part of a batch's reference or file name.")] = None,
) -> None:
    """Show where the batches stand, or the whole story of one.

    Examples: `declarations status`, `declarations status 20260423.00001`
    """
    from declarations.settings import load
    from declarations.world import ledger

    book = ledger(load())
    if batch is None:
        _print_overview(book.recent(50))
        return
    found = book.find(batch)
    if not found:
        err.print(f"no batch has {batch} in its name", markup=False)
        raise typer.Exit(REFUSED)
    for each in reversed(found[:20]):
        _print_story(book.story(each.id), book.namesakes(each))


def _print_overview(stories: list[Story]) -> None:
    table = Table("batch", "from", "status", "codes", "received", "due", "deliveries", box=None, pad_edge=False)
    for story in stories:
        batch = story.batch
        confirmed = sum(delivery.confirmed_at is not None for delivery in story.deliveries)
        deliveries = f"{confirmed}/{len(story.deliveries)} confirmed" if story.deliveries else ""
        due = _moment(story.clock.due) if story.clock and not story.clock.end else ""
        cells = (_title(batch), batch.folder, batch.status, " ".join(batch.codes), _moment(batch.first_seen_at))
        table.add_row(*map(_plain, (*cells, due, deliveries)))
    out.print(table)


def _print_story(story: Story, namesakes: list[Batch]) -> None:
    from declarations.sla import hours, in_time

    batch = story.batch
    out.print(f"[bold]{_plain(_title(batch))}[/bold] from {batch.folder}: {batch.status}")
    for line in _facts(story, namesakes):
        out.print(f"  {line}", markup=False, highlight=False)
    if story.clock and story.clock.end:
        word = "in time" if in_time(story.clock.start, story.clock.end) else "late"
        out.print(f"  {word}: {hours(story.clock.start, story.clock.end):.2f} hours")
    elif story.clock:
        out.print(f"  due before {_moment(story.clock.due)}")
    table = Table(box=None, pad_edge=False, show_header=False)
    for event in story.events:
        table.add_row("  " + _moment(event.at), _plain(event.what), _plain(event.detail))
    out.print(table)


def _facts(story: Story, namesakes: list[Batch]) -> Iterator[str]:
    from validators.catalogue import reception_text

    batch = story.batch
    for code in batch.codes:
        yield f"ACRF-{code}: {reception_text(code)}"
    first = namesakes[0] if namesakes else batch
    if first.id != batch.id:
        same = {file.sha256 for file in first.files} == {file.sha256 for file in batch.files}
        yield f"the name came first on {_moment(first.first_seen_at)}, with {'the same' if same else 'other'} bytes"
    if batch.last_error:
        yield f"last error, after {batch.attempts} attempts: {batch.last_error}"
    if story.forms:
        accepted = sum(form.accepted for form in story.forms)
        yield f"{accepted} of {len(story.forms)} forms accepted"
    for count in story.counts:
        yield f"{count.code} class {count.anomaly_class}: {count.count}"
    for delivery in story.deliveries:
        yield f"{delivery.parcel.recipient}: {delivery.parcel.status}, {delivery.parcel.rows} rows"


@app.command()
def release(
    batch: Annotated[str, typer.Argument(help="The reference of a held batch.")],
    operator: Annotated[str, typer.Option(help="Who releases it; written into its story.")],
) -> None:
    """Put a held batch back where it stood, once its cause is mended.

    Example: `declarations release DMFA.000101.20260423.00001.R --operator jan`
    """
    from declarations.model import BatchStatus
    from declarations.settings import load
    from declarations.world import ledger

    book = ledger(load())
    held = [each for each in book.find(batch) if each.status is BatchStatus.HELD]
    if not held:
        err.print(f"no held batch has {batch} in its name", markup=False)
        raise typer.Exit(REFUSED)
    for each in held:
        book.free(each, operator, datetime.now(UTC))
        out.print(f"{_title(each)} released", markup=False)


@app.command()
def families() -> None:
    """List the families of declarations, their schemas and what each is made of."""
    from declarations.families import families as known

    table = Table("family", "object", "schema", "blocks", "zones", box=None, pad_edge=False)
    for family in known():
        for version in family.versions():
            blocks = version.plan.blocks
            zones = sum(len(block.columns) for block in blocks)
            table.add_row(family.name, family.object, version.name, str(len(blocks)), str(zones))
    out.print(table)


@app.command()
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


def _today() -> date:
    return datetime.now(ZoneInfo("Europe/Brussels")).date()


def _moment(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Europe/Brussels")).strftime("%Y-%m-%d %H:%M:%S")


def _title(batch: Batch) -> str:
    return batch.name if batch.occurrence == 1 else f"{batch.name} (drop {batch.occurrence})"


def _plain(text: object) -> str:
    """Text as it is: rich reads square brackets as markup."""
    from rich.markup import escape

    return escape(str(text))


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """Counts on standard error while a long command works; silent where that is no terminal."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f}"), TextColumn(what), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda count: progress.advance(task, count)


def _log_to_stderr() -> None:
    import logging

    fields = ("batch", "reference", "exchange", "folder", "step", "note", "files", "error")

    class Fields(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            told = " ".join(f"{name}={value}" for name in fields if (value := getattr(record, name, None)) is not None)
            return f"{super().format(record)} {told}".rstrip()

    handler = logging.StreamHandler()
    handler.setFormatter(Fields("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("declarations")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
