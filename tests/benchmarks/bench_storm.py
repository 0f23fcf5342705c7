"""Many small batches in a short time, dropped by SFTP on a system that `make up` started: how soon each is answered.

Run: `python -m tests.benchmarks.bench_storm --batches 10000 --minutes 60 [--home var/up] [--wait 60]`. The drops are
spread evenly over the minutes and over the senders; each has a document of its own. It ends when every batch is split,
or `--wait` minutes after the last drop. Meanwhile somebody who is logged in asks the board for its overview, a search
and the newest batch every `--look` seconds. Exit code 1 where an acknowledgment took more than five minutes at p99, a
batch is not through within two hours, a page of the board took more than 300 ms at p99, or any component wrote an
error.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, select

from declarations.adapters.database.engine import engine, reading
from declarations.adapters.database.tables import batch, event, exchange
from declarations.demo import components, processes, senders, system
from declarations.demo.home import SENDERS
from declarations.demo.mailbox import connected
from declarations.errors import Retryable
from declarations.generate import Request, write
from declarations.settings import load
from tests.benchmarks.visits import Visitor

MOST_ACRF_SECONDS, MOST_HOURS, MOST_PAGE_MS = 300, 2, 300
SHARES = (0.5, 0.99, 1)
LOOK_SECONDS = 10
TICKS = os.sysconf("SC_CLK_TCK")
WRONG = re.compile(r"\[(error|critical)\s*\]|\bERROR\b|\bCRITICAL\b|Traceback \(most recent|database is locked")


@dataclass(slots=True)
class Storm:
    """What was dropped, and when each GO lay in the inbox."""

    home: Path
    port: int
    day: str
    ledger: Engine
    dropped: dict[str, datetime] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)  # what the ledger said where it did not answer


def main() -> int:
    """Make the documents, drop them in time, wait, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--home", type=Path, default=Path("var/up"))
    parser.add_argument("--wait", type=float, default=60, help="minutes after the last drop")
    parser.add_argument("--look", type=float, default=15, help="seconds between two looks at the board")
    asked = parser.parse_args()
    home = asked.home.resolve()
    storm = Storm(home, system.load(home).sftp_port, f"{datetime.now(UTC):%Y%m%d}", engine(load(home).database))
    console = Console()
    files = list(_made(storm, asked.batches))
    console.print(f"{asked.batches} batches of {sum(len(each.content) for each in files) // len(files)} bytes")
    before, lines, began = _spent(home), _sizes(home), time.monotonic()
    with Visitor(components.airflow(system.load(home)), lambda: _newest(storm), asked.look) as visitor:
        _drop(storm, files, asked.minutes * 60)
        console.print(f"dropped in {(time.monotonic() - began) / 60:.1f} minutes")
        through = _through(storm, time.monotonic() + asked.wait * 60)
        console.print(f"waited {(time.monotonic() - began) / 60:.1f} minutes in all")
    missed = [f"not dropped: {each.reference}" for each in files if each.reference not in storm.dropped]
    errors = [*_errors(home, lines), *visitor.failed, *storm.unread, *missed]
    return _told(console, storm, through, Spent(_differences(before, _spent(home)), visitor.taken, errors))


# Dropping


@dataclass(frozen=True, slots=True)
class Envelope:
    """One batch of one part."""

    party: str
    reference: str
    content: bytes
    signature: bytes


def _made(storm: Storm, count: int) -> Iterator[Envelope]:
    parties = sorted(SENDERS)
    desks = {party: senders.signatures(storm.home, party) for party in parties}
    first = _first_free(storm)
    for number in range(count):
        party = parties[number % len(parties)]
        buffer = io.BytesIO()
        write(Request(seed=first + number, employers=1, persons=2, quarters=("20231",)), buffer)
        content = buffer.getvalue()
        sequence = first + number // len(parties)
        yield Envelope(
            party, f"DMFA.{party}.{storm.day}.{sequence:05d}.R", content, desks[party].sign(io.BytesIO(content))
        )


def _first_free(storm: Storm) -> int:
    """A sequence number after all that the ledger knows of today."""
    with reading(storm.ledger) as connection:
        known = connection.scalars(select(batch.c.reference).where(batch.c.reference.contains(f".{storm.day}.")))
        return max((int(each.split(".")[3]) for each in known if each.startswith("DMFA.")), default=0) + 1


def _drop(storm: Storm, files: list[Envelope], seconds: float) -> None:
    """Each sender in a thread of its own, at the pace that was asked for."""
    began = time.monotonic()
    due = {each.reference: began + seconds * number / len(files) for number, each in enumerate(files)}
    threads = [
        threading.Thread(target=_send, args=(storm, party, [each for each in files if each.party == party], due))
        for party in sorted(SENDERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(storm: Storm, party: str, files: list[Envelope], due: dict[str, float]) -> None:
    with connected(storm.home, storm.port, party) as session:
        for each in files:
            time.sleep(max(0, due[each.reference] - time.monotonic()))
            for name, content in (
                (f"FI.{each.reference}.1.1", each.content),
                (f"FS.{each.reference}.1.1", each.signature),
                (f"GO.{each.reference}.1", b""),
            ):
                session.putfo(io.BytesIO(content), f"IN/{name}", confirm=False)
            storm.dropped[each.reference] = datetime.now(UTC)


# What came of it


def _through(storm: Storm, until: float) -> dict[str, dict[str, datetime]]:
    """For each reference the moments of its acknowledgment and of its split, once all have both or the time is over."""
    found: dict[str, dict[str, datetime]] = {}
    while True:
        try:
            found = _moments(storm)
        except Retryable as fault:
            storm.unread.append(str(fault))
        through = found and all(len(each) == len(MILESTONES) for each in found.values())
        if through or time.monotonic() > until:
            return found
        time.sleep(LOOK_SECONDS)


MILESTONES = ("ACRF", "NOTI", "split")


def _moments(storm: Storm) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = {reference: {} for reference in storm.dropped}
    today = batch.c.reference.contains(f".{storm.day}.")
    answered = select(batch.c.reference, exchange.c.object, exchange.c.sent_at).join(exchange)
    split = select(batch.c.reference, event.c.what, event.c.at).join(event).where(today, event.c.what == "split")
    with reading(storm.ledger) as connection:
        rows = [*connection.execute(answered.where(today, exchange.c.sent_at.is_not(None))), *connection.execute(split)]
    for reference, what, at in rows:
        if reference in found and what in MILESTONES:
            found[reference][what] = at
    return found


@dataclass(frozen=True, slots=True)
class Spent:
    """What it cost: seconds of processor by component, milliseconds of each page of the board, and what went wrong."""

    processor: dict[str, float]
    pages: dict[str, list[float]]
    errors: list[str]


def _told(console: Console, storm: Storm, found: dict[str, dict[str, datetime]], spent: Spent) -> int:
    taken = {what: _seconds(storm, found, what) for what in MILESTONES}
    pages = {page: sorted(each) for page, each in spent.pages.items()}
    console.print(_table("seconds from the drop", "batches", taken))
    console.print(_table("ms of the board", "asked", pages))
    count = len(storm.dropped)
    cpu = Table("component", "CPU s a batch")
    for name, seconds in sorted(spent.processor.items()):
        cpu.add_row(name, f"{seconds / count:.3f}")
    cpu.add_row("all", f"{sum(spent.processor.values()) / count:.3f}")
    console.print(cpu)
    for line, times in Counter(re.sub(r"\d+", "0", each)[:200] for each in spent.errors).most_common(10):
        console.print(f"{times} x {line}", markup=False)
    console.print(f"{len(spent.errors)} errors in the logs")
    late = _share(taken["ACRF"], 0.99) > MOST_ACRF_SECONDS or len(taken["split"]) < count
    slow = not pages or any(_share(each, 0.99) > MOST_PAGE_MS for each in pages.values())
    return int(late or slow or bool(spent.errors) or _share(taken["split"], 1) > MOST_HOURS * 3600)


def _table(what: str, counted: str, values: dict[str, list[float]]) -> Table:
    table = Table(what, counted, *("max" if share == 1 else f"p{share * 100:.0f}" for share in SHARES))
    for name, each in values.items():
        table.add_row(name, str(len(each)), *(f"{_share(each, share):.0f}" for share in SHARES))
    return table


def _seconds(storm: Storm, found: dict[str, dict[str, datetime]], what: str) -> list[float]:
    return sorted((each[what] - storm.dropped[name]).total_seconds() for name, each in found.items() if what in each)


def _newest(storm: Storm) -> tuple[int, str] | None:
    """The batch that came last, to be looked for on the board."""
    last = select(batch.c.id, batch.c.reference).order_by(batch.c.id.desc()).limit(1)
    try:
        with reading(storm.ledger) as connection:
            row = connection.execute(last).first()
    except Retryable as fault:
        storm.unread.append(str(fault))
        return None
    return (row.id, row.reference) if row else None


def _share(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


# Costs and errors


def _spent(home: Path) -> dict[str, float]:
    """Seconds of processor of each component so far, those of its ended children too."""
    leaders = processes.running(components.process_folder(home))
    spent = dict.fromkeys(leaders, 0.0)
    by_session = {pid: name for name, pid in leaders.items()}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name := by_session.get(int(fields[3])):
            spent[name] += sum(int(each) for each in fields[11:15]) / TICKS
    return spent


def _differences(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0) for name, seconds in after.items()}


def _sizes(home: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in _logs(home)}


def _logs(home: Path) -> Iterable[Path]:
    yield from components.process_folder(home).glob("*.log")
    yield from (system.airflow_home(home) / "logs").rglob("*.log")


def _errors(home: Path, read: dict[Path, int]) -> Iterator[str]:
    """What components and tasks have written since that is no mere information."""
    for path in _logs(home):
        with path.open("rb") as log:
            log.seek(read.get(path, 0))
            for raw in log:
                line = raw.decode("utf-8", "replace").strip()
                if _wrong(line):
                    yield f"{path.relative_to(home)}: {line}"


def _wrong(line: str) -> bool:
    if line.startswith("{"):
        try:
            return json.loads(line).get("level") in ("error", "critical")
        except ValueError:
            return True
    return WRONG.search(line) is not None


if __name__ == "__main__":
    sys.exit(main())
