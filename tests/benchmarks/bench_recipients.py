"""What institutions cost: the whole steps split and distribute, for 20 and for 3,000 recipients, on SQLite.

Run: `python -m tests.benchmarks.bench_recipients [--persons 10000] [--batch 1000]`. Each person is known to three
institutions, whatever their number, and each gets what pensions may get, as CSV, read back, signed, and written to its
outbox. The batches are one that was read and controlled, entered again and again: reading is measured elsewhere. Exit
code 1 where a recipient more, with its delivery, costs over a tenth of a second of processor, ten times the persons
over 12 times as much, or where memory grows by more than a quarter.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from declarations import pipeline
from declarations.families import families
from declarations.model import Batch, BatchStatus, Drop, Outcome
from declarations.parties.party import Parties, Recipient
from declarations.settings import Limits
from declarations.sla import due
from tests.benchmarks.measured import run
from tests.benchmarks.recipients import FEW, MANY, MOST_GROWTH, known
from tests.worlds import SENDER, Place, dmfa, document, place, with_world

MOST_TENFOLD, MOST_EACH_SECONDS = 12, 0.1
LIMITS = Limits(max_age_days=36500, max_part_bytes=1 << 30)


@dataclass(frozen=True, slots=True)
class Cost:
    """Rows handed out in millions; seconds of processor and peak MB of each step."""

    rows: float
    split: float
    split_memory: float
    distribute: float
    distribute_memory: float
    wall: float


class KnownToThree:
    """A reference directory of which the benchmark asks one question."""

    def __init__(self, recipients: int) -> None:
        self.known: Callable[[pl.Series, tuple[date, date]], pl.DataFrame] = known(recipients, 3)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=1_000, help="Persons in a batch.")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        return _step(Path(asked.step[0]), int(asked.step[1]), asked.step[2])
    cases = ((FEW, asked.persons), (MANY, asked.persons // 10), (MANY, asked.persons))
    with tempfile.TemporaryDirectory() as folder:
        costs = [_cost(Path(folder) / str(nth), *case, asked.batch) for nth, case in enumerate(cases)]
    return _told(cases, costs)


def _installed(root: Path, recipients: int) -> Place:
    """An installation with so many recipients, all of one kind."""
    folder = root / "families" / "dmfa"
    if not folder.exists():
        shutil.copytree(dmfa()[0].folder, folder)
        _write_entitlements(folder, recipients)
    parties = {
        name: Recipient(id=name, number=f"{800_000 + nth}", name=name, certificates=frozenset())
        for nth, name in enumerate(_names(recipients))
    }
    here = place(root / "here", LIMITS)
    known = replace(here.world.parties, recipients=parties) if recipients else here.world.parties
    return with_world(
        here,
        families=families(root / "families"),
        parties=Parties(known.senders, parties),
        directory=KnownToThree(recipients),
    )


def _names(recipients: int) -> list[str]:
    return [f"r{number:04}" for number in range(recipients)]


def _write_entitlements(folder: Path, recipients: int) -> None:
    """Each recipient is routed by the directory and may get what pensions may."""
    text = (folder / "authorizations.toml").read_text(encoding="utf-8")
    start, end = text.index("[authorization.columns]"), text.index("[[authorization.totals]]")
    head = 'purpose = "measuring"\nlegal_basis = "none"\nvalid_from = 2022-01-01\nretention = "none"\n'
    selects = '[authorization.selects_by]\nnatural_person = ["inss"]\nemployer_declaration = ["quarter"]\n'
    body = f"{head}{text[start:end]}\n{selects}"
    names = _names(recipients)
    granted = [f'[[authorization]]\nid = "{each}"\nrecipient = "{each}"\n{body}' for each in names]
    routed = [f'[[route]]\nrecipient = "{each}"\nblock = "natural_person"\ndirectory = true\n' for each in names]
    (folder / "authorizations.toml").write_text("\n".join(granted), encoding="utf-8")
    (folder / "routes.toml").write_text("\n".join(routed), encoding="utf-8")


def _cost(root: Path, recipients: int, persons: int, batch: int) -> Cost:
    here = _installed(root, recipients)
    here.drop(document(employers=max(1, batch // 20), persons=batch, seed=11))
    for step in ("receive", "accept", "normalize", "control"):
        pipeline.STEPS[step](here.world)
    first = here.world.ledger.standing(BatchStatus.CONTROLLED, 1)[0]
    for nth in range(2, max(1, persons // batch) + 1):
        _again(here, first, nth)
    started = time.perf_counter()
    used = [run(_command(root, recipients, step)) for step in ("split", "distribute")]
    wall = time.perf_counter() - started
    deliveries = [each for name in _names(recipients) for each in here.world.ledger.deliveries_of(name, 10)]
    if not deliveries or any(each.sent_at is None for each in deliveries):
        raise SystemExit("a delivery did not leave")
    rows = sum(each.rows for each in deliveries) / 1e6
    return Cost(rows, used[0].cpu, used[0].memory, used[1].cpu, used[1].memory, wall)


def _again(here: Place, first: Batch, nth: int) -> None:
    """The same content as another batch, as if it had been read and controlled."""
    ledger, now = here.world.ledger, here.clock()
    reference = f"DMFA.{SENDER}.20260423.{nth:05}.R"
    ledger.acquire(f"inbox:{SENDER}", "again", now, 600)
    drop = Drop(first.kind, SENDER, first.environment, reference, f"GO.{reference}.1", now, first.files)
    batch = ledger.record(drop, "again", now, due(now))
    if batch is None:
        raise SystemExit("a batch could not be entered again")
    ledger.removed(batch, now)
    story = ledger.story(first.id)
    outcomes = (
        Outcome(BatchStatus.ACCEPTED),
        Outcome(BatchStatus.NORMALIZED, artifacts=story.artifacts),
        Outcome(BatchStatus.CONTROLLED, forms=story.forms),
    )
    for outcome in outcomes:
        if not ledger.advance(ledger.batch(batch.id), outcome, now):
            raise SystemExit("a batch could not be entered again")


def _command(root: Path, recipients: int, step: str) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.bench_recipients", "--step", str(root), str(recipients), step]


def _step(root: Path, recipients: int, step: str) -> int:
    """Be the process that does one step until nothing moves."""
    here = _installed(root, recipients)
    while pipeline.STEPS[step](here.world):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    return 0


def _told(cases: tuple[tuple[int, int], ...], costs: list[Cost]) -> int:
    heads = ("recipients", "persons", "million rows", "split cpu s", "MB", "distribute cpu s", "MB", "wall s")
    table = Table(*heads, "cpu µs a row")
    each = [(cost.split + cost.distribute) / cost.rows for cost in costs]
    for (recipients, persons), cost, one in zip(cases, costs, each, strict=True):
        figures = (cost.rows, cost.split, cost.split_memory, cost.distribute, cost.distribute_memory, cost.wall)
        table.add_row(f"{recipients:,}", f"{persons:,}", *(f"{figure:.1f}" for figure in figures), f"{one:.1f}")
    few, tenth, many = (cost.split + cost.distribute for cost in costs)
    recipient, tenfold = (many - few) / (MANY - FEW), many / tenth
    _, small, large = costs
    growth = max(large.split_memory / small.split_memory, large.distribute_memory / small.distribute_memory)
    console = Console(width=140)
    console.print(table)
    console.print(f"a recipient more: {recipient * 1000:.0f} ms of cpu")
    console.print(f"ten times the persons: {tenfold:.1f} times the cpu, {growth:.2f} times the peak memory")
    return int(recipient > MOST_EACH_SECONDS or tenfold > MOST_TENFOLD or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
