"""The demonstration's command line: `python -m declarations.demo run | up | down | status`."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from declarations.demo import components, system
from declarations.demo.home import lay_out
from declarations.errors import DeclarationsError

if TYPE_CHECKING:
    from declarations.demo.play import Ending, Tally

ROOT = Path(__file__).resolve().parents[2]
DAGS, SAMPLES = ROOT / "dags", ROOT / "sample_batches"
RUN, UP = ROOT / "var" / "run", ROOT / "var" / "up"
AS_EXPECTED, NOT_AS_EXPECTED, NOT_RUN = 0, 1, 2
PLACES = {"answers": "senders", "extracts": "institutions", "ledger": "ledger.sqlite", "archive": "archive"}
"""What `run` leaves behind, and where in its home."""
SHORT_WAITS: Mapping[str, float] = {"incomplete_seconds": 5, "orphan_seconds": 5}

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="The whole system on this machine.")
out = Console(width=None if sys.stdout.isatty() else 150)  # piped, a table is not cut at 80 columns


class Progress:
    """Tells each thing that is done as a line with the seconds so far."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, what: str) -> None:
        out.print(f"{self.seconds:6.1f} s  {what}", highlight=False, markup=False)

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self.began


@app.command()
def run(
    samples: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of cases.")] = SAMPLES,
) -> None:
    """Take the sample batches through the system, show what came of each, and stop again.

    Exit code 0: all came out as expected; 1: something did not; 2: the system could not be run.
    """
    from declarations.demo import play
    from declarations.demo.samples import cases

    components.stop(RUN)
    shutil.rmtree(RUN, ignore_errors=True)
    progress = Progress()
    played = cases(samples)
    with _stopping(RUN):
        made = _prepared(RUN, samples, SHORT_WAITS)
        stage = play.Stage(RUN, made.sftp_port, lambda: datetime.now(UTC), progress)
        components.start_mailboxes(RUN, made, DAGS, progress)
        play.drop(stage, played, 0)
        api = components.start_airflow(RUN, made, DAGS, progress)
        extracts = play.cycle(stage, api)
        play.drop(stage, played, 1)
        extracts += play.settle(stage, api, played)
        tally = play.Tally(play.collect(stage), extracts)
        endings = play.endings(stage, played)
        progress(f"{components.memory(RUN) // 2**20} MiB of memory in all; stopping")
    good = _print_endings(endings, tally)
    progress("as expected" if good else f"NOT as expected; logs and files are in {RUN}")
    raise typer.Exit(AS_EXPECTED if good else NOT_AS_EXPECTED)


@app.command()
def up() -> None:
    """Start the system and leave it running; started already, show its addresses again."""
    if not all(components.standing(UP).values()) or not components.standing(UP):
        components.stop(UP)
        with _stopping_on_failure(UP):
            made = _prepared(UP, SAMPLES, {})
            progress = Progress()
            components.start_mailboxes(UP, made, DAGS, progress)
            components.start_airflow(UP, made, DAGS, progress)
            components.start_institutions(UP, made, DAGS)
            progress("all of it answers")
    _print_addresses(system.load(UP))


@app.command()
def down() -> None:
    """Stop what `up` started; files and the ledger stay."""
    stopped = components.stop(UP)
    out.print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")


@app.command()
def status() -> None:
    """Show which components run, and where."""
    made = system.load(UP)
    table = Table("component", "", box=None, pad_edge=False)
    for name, alive in components.standing(UP).items():
        table.add_row(name, "[green]runs[/green]" if alive else "[red]ended[/red]")
    out.print(table)
    out.print(f"{components.memory(UP) // 2**20} MiB of memory in all")
    _print_addresses(made)


@app.command(hidden=True)
def serve(home: Path, port: int) -> None:
    """Be the SFTP server of that home."""
    from declarations.demo.home import accounts, host_key_file, mailboxes
    from declarations.demo.server import serve as serve_mailboxes

    serve_mailboxes(mailboxes(home), system.HOST, port, host_key_file(home), accounts(home))


@app.command(hidden=True, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def scheduler(context: typer.Context) -> None:
    """Be Airflow's scheduler, whose tasks start quickly."""
    from declarations.demo.preload import airflow

    airflow(["scheduler", *context.args])


@app.command(hidden=True)
def institutions(home: Path) -> None:
    """Be the institutions of that home: take and answer extracts, for ever."""
    from declarations.demo.institutions import stand_by

    stand_by(home, system.load(home).sftp_port)


def _print_endings(endings: list[Ending], tally: Tally) -> bool:
    """A line for each case, what differs, and what the parties found; whether all is well."""
    table = Table("case", "what came of it", "answers", "parcels", "four days", "", box=None, pad_edge=False)
    for each in endings:
        mark = "[green]as expected[/green]" if each.as_expected else "[red]NOT as expected[/red]"
        told = (each.outcomes, each.answers, each.parcels, each.clocks)
        table.add_row(each.case.name, *("\n".join(lines) for lines in told), mark)
    out.print(table)
    for each in endings:
        for line in each.differences:
            out.print(f"{each.case.name}: {line}", markup=False, highlight=False, style="red")
    genuine, agreed = sum(each.genuine for each in tally.answers), sum(not each.codes for each in tally.extracts)
    out.print(f"senders found {len(tally.answers)} answers, {genuine} with our genuine signature")
    out.print(f"institutions took {len(tally.extracts)} extracts, {agreed} with signature and manifest in order")
    for what, place in PLACES.items():
        out.print(f"{what:<12} {RUN.relative_to(ROOT) / place}", highlight=False)
    return tally.good and all(each.as_expected for each in endings)


def _print_addresses(made: system.System) -> None:
    sender = UP / "keys" / "parties" / "000101"
    out.print(
        f"""
Airflow   {made.url}   users {", ".join(system.USERS)}; password {made.password}
Board     {made.url}{system.BOARD}   once logged in; also in Airflow's navigation
SFTP      {system.HOST}:{made.sftp_port}, one account per party, keys in {UP / "keys" / "parties"}

To drop a batch and look for its answers:

  sftp -P {made.sftp_port} -i {sender / "id_ed25519"} -o UserKnownHostsFile={UP / "known_hosts"} 000101@{system.HOST}
  sftp> put {SAMPLES.relative_to(ROOT)}/accepted/in/000101/IN/* IN/
  sftp> ls OUT

Where the batches stand:  DECLARATIONS_HOME={UP} {Path(sys.executable).parent / "declarations"} status
To stop:                  make down
""",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _prepared(home: Path, samples: Path, limits: Mapping[str, float]) -> system.System:
    made = system.prepare(home)
    lay_out(home, samples, made.sftp_port, limits, datetime.now(UTC))
    return made


@contextmanager
def _stopping(home: Path) -> Iterator[None]:
    """Whatever happens inside, nothing stays behind; the home is thrown away next time, so it may end abruptly."""
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        components.stop(home, grace_seconds=1)


@contextmanager
def _stopping_on_failure(home: Path) -> Iterator[None]:
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    except BaseException:
        components.stop(home)
        raise


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line; a fault of ours ends with exit code 2 and one line on what to do."""
    try:
        app()
    except DeclarationsError as fault:
        Console(stderr=True).print(f"{type(fault).__name__}: {fault}", style="red", markup=False, highlight=False)
        sys.exit(NOT_RUN)


if __name__ == "__main__":
    main()
