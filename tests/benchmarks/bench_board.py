"""What the board costs with many batches: each of its reads, and each page as HTML, over a ledger on SQLite.

Run: `python -m tests.benchmarks.bench_board [--batches 100000] [--open 20000] [--runs 7]`. The ledger holds that many
batches with their clocks, files, forms, events and parcels for eight recipients, a part of them still open. The exit
code is 1 where a read's median is above 100 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Printed
from sqlalchemy import Engine, Table, insert

from declarations.adapters.database import migrate
from declarations.adapters.database.board import DatabaseBoard, open_board
from declarations.adapters.database.engine import engine, writing
from declarations.adapters.database.tables import (
    Direction,
    anomaly_count,
    batch,
    clock,
    delivery,
    event,
    exchange,
    form,
    parcel,
    stored_file,
)
from declarations.board.clock import Mark
from declarations.board.desk import Desk, Names
from declarations.board.shell import Frame, document
from declarations.board.values import Wanted
from declarations.demo.home import RECIPIENTS
from declarations.model import BatchStatus, DeliveryStatus, Environment, Kind, ParcelStatus
from declarations.sla import due

MOST_MS = 100
NOW = datetime(2026, 4, 28, 13, 30, tzinfo=UTC)
SHA = "0" * 64
FORMS = 5
DELIVERY_OF = 100
"""Batches in one delivery."""
SENDERS = 200
OPEN = (
    BatchStatus.RECEIVED,
    BatchStatus.ACCEPTED,
    BatchStatus.NORMALIZED,
    BatchStatus.CONTROLLED,
    BatchStatus.SPLIT,
    BatchStatus.DISTRIBUTED,
    BatchStatus.DISTRIBUTED,
)
AT_ONCE = 20_000


def main() -> int:
    """Fill the ledger, read each page as often as asked, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite'}"
        fill(url, asked.batches, asked.open)
        medians = {name: _median(read, asked.runs) for name, read in reads(open_board(url), asked.batches).items()}
    return _told(medians, f"{asked.batches} batches, {asked.open} of them open, SQLite")


def reads(board: DatabaseBoard, newest: int) -> dict[str, Callable[[], object]]:
    """Every read of the board, and its first page and a batch's as HTML."""
    frame = Frame("/board", "ann", NOW)
    known = board.chosen([newest - 1])[0]
    desk = Desk(board, lambda: Names({}, {}), lambda: NOW)
    return {
        "overview": lambda: board.overview(NOW),
        "closed batches": lambda: board.batches(Wanted(status=BatchStatus.CLOSED), NOW),
        "batches of a sender": lambda: board.batches(Wanted(folder=known.folder), NOW),
        "overdue batches": lambda: board.batches(Wanted(mark=Mark.OVERDUE), NOW),
        "all, page 1000": lambda: board.batches(Wanted(before=newest // 2), NOW),
        "search: reference": lambda: board.search(f"GO.{known.reference}.1"),
        "search: part of one": lambda: board.search(".00003.R"),
        "search: nothing like it": lambda: board.search("no such batch"),
        "search: ticket": lambda: board.search(f"{'T' * 4}{newest // 3 * FORMS:09d}"),
        "search: delivery": lambda: board.search("pensions-000017"),
        "queues": lambda: board.queues(),
        "one batch": lambda: board.tale(newest // 2),
        "page: overview": lambda: document(desk.overview(frame), frame),
        "page: one batch": lambda: document(_there(desk.batch(newest // 2, frame)), frame),
    }


def _there(page: Any) -> Any:
    if page is None:
        raise SystemExit("the ledger has no such batch")
    return page


def _median(read: Callable[[], object], runs: int) -> float:
    read()
    return statistics.median(_milliseconds(read) for _ in range(runs))


def _milliseconds(read: Callable[[], object]) -> float:
    began = time.perf_counter()
    read()
    return (time.perf_counter() - began) * 1000


def _told(medians: dict[str, float], title: str) -> int:
    table = Printed("read", "median ms", title=title)
    for name, median in medians.items():
        table.add_row(name, f"{median:.1f}")
    Console().print(table)
    return int(max(medians.values()) > MOST_MS)


def fill(url: str, batches: int, open_: int) -> None:
    """Enter so many batches that came in the last six days, the newest of them open."""
    migrate(url)
    database = engine(url)
    step = timedelta(days=6) / batches
    _enter(database, batch, (_batch(at, batches, open_, step) for at in range(1, batches + 1)))
    _enter(database, clock, (_clock(at, batches, open_, step) for at in range(1, batches + 1)))
    _enter(database, delivery, _deliveries(batches - open_, step))
    _enter(database, parcel, _parcels(batches - open_))
    _enter(database, stored_file, (_file(at, kind) for at in range(1, batches + 1) for kind in ("FI", "FS", "GO")))
    _enter(database, exchange, (_exchange(at, step) for at in range(1, batches + 1)))
    _enter(database, form, (_form(at, number) for at in range(1, batches + 1) for number in range(FORMS)))
    _enter(database, anomaly_count, (_count(at) for at in range(1, batches + 1) if at % 5 == 0))
    _enter(database, event, (_event(at, what, step) for at in range(1, batches + 1) for what in BatchStatus))
    database.dispose()


def _enter(database: Engine, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        with writing(database) as connection:
            connection.execute(insert(table), some)


def _came(at: int, step: timedelta) -> datetime:
    return NOW - timedelta(days=6) + at * step


def _status(at: int, batches: int, open_: int) -> BatchStatus:
    if at <= batches - open_:
        return BatchStatus.REFUSED if at % 50 == 0 else BatchStatus.CLOSED
    return BatchStatus.HELD if at % 997 == 0 else OPEN[at % len(OPEN)]


def _folder(at: int) -> str:
    return f"{100 + at % SENDERS:06d}"


def _batch(at: int, batches: int, open_: int, step: timedelta) -> dict[str, Any]:
    came = _came(at, step)
    reference = f"DMFA.{_folder(at)}.{came:%Y%m%d}.{at % 100_000:05d}.R"
    return {
        "id": at,
        "kind": Kind.BATCH,
        "folder": _folder(at),
        "environment": Environment.CIRCUIT if at % 40 == 0 else Environment.PRODUCTION,
        "reference": reference,
        "occurrence": 1,
        "name": f"GO.{reference}.1",
        "status": _status(at, batches, open_),
        "status_since": came,
        "first_seen_at": came,
        "received_at": came,
        "codes": (),
        "attempts": 0,
        "removed_at": came,
    }


def _clock(at: int, batches: int, open_: int, step: timedelta) -> dict[str, Any]:
    came = _came(at, step)
    ended = came + timedelta(hours=2) if at <= batches - open_ else None
    return {"batch_id": at, "started_at": came, "due_at": due(came), "ended_at": ended}


def _deliveries(ended: int, step: timedelta) -> Iterator[dict[str, Any]]:
    for first in range(1, ended + 1, DELIVERY_OF):
        for at, recipient in enumerate(RECIPIENTS):
            came, number = _came(first, step), first // DELIVERY_OF + 1
            confirmed = number % 10 != 0
            yield {
                "id": (number - 1) * len(RECIPIENTS) + at + 1,
                "recipient": recipient,
                "number": number,
                "message": "DmfAOriginal_20231",
                "status": DeliveryStatus.CONFIRMED if confirmed else DeliveryStatus.SENT,
                "rows": 1000,
                "size": 1_000_000,
                "authorizations": (),
                "manifest": SHA,
                "created_at": came,
                "sent_at": came,
                "confirmed_at": came if confirmed else None,
                "resent": 0,
            }


def _parcels(ended: int) -> Iterator[dict[str, Any]]:
    for at in range(1, ended + 1):
        for nth, recipient in enumerate(RECIPIENTS):
            waits = at > ended - 2000
            yield {
                "batch_id": at,
                "recipient": recipient,
                "message": "DmfAOriginal_20231",
                "status": ParcelStatus.PENDING if waits else ParcelStatus.PACKED,
                "rows": 10,
                "cut_under": SHA,
                "ranges": {},
                "delivery_id": None if waits else ((at - 1) // DELIVERY_OF) * len(RECIPIENTS) + nth + 1,
            }


def _file(at: int, kind: str) -> dict[str, Any]:
    position = ("FI", "FS", "GO").index(kind)
    name = f"{kind}.{at}"
    row = {"batch_id": at, "position": position, "kind": kind, "name": name, "part": 1, "size": 10_000}
    return row | {"sha256": SHA, "modified": 0}


def _exchange(at: int, step: timedelta) -> dict[str, Any]:
    came = _came(at, step)
    return {
        "direction": Direction.OUT,
        "name": f"ACRF.999999.20260423.{at:05d}.R",
        "object": "ACRF",
        "folder": _folder(at),
        "environment": Environment.PRODUCTION,
        "sha256": SHA,
        "size": 900,
        "signature": SHA,
        "batch_id": at,
        "decided_at": came,
        "sent_at": came,
    }


def _form(at: int, number: int) -> dict[str, Any]:
    ticket = f"{'T' * 4}{at * FORMS + number:09d}"
    row = {"batch_id": at, "number": number, "part": 1, "ordinal": number + 1, "ticket": ticket}
    return row | {"accepted": number != 1, "anomalies": int(number == 1)}


def _count(at: int) -> dict[str, Any]:
    return {"batch_id": at, "code": "00024-004", "anomaly_class": "B", "count": 3}


def _event(at: int, what: BatchStatus, step: timedelta) -> dict[str, Any]:
    return {"batch_id": at, "at": _came(at, step), "what": str(what), "detail": ""}


if __name__ == "__main__":
    sys.exit(main())
