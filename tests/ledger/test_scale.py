"""The queues of a ledger with a hundred thousand ended batches cost no more than those of an empty one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from declarations.adapters.database import DatabaseLedger, migrate
from declarations.adapters.database.engine import engine
from declarations.adapters.database.tables import batch, clock, delivery, exchange
from declarations.model import BatchStatus, Outcome
from tests.ledger.given import FOLDER, NOW, advanced, answer, drop, packed, parcel, recorded, split

ENDED = 100_000
STEP = 100
"""Instructions of SQLite's machine between two looks at it; a scan of the table takes five or more for each row."""

READERS: dict[str, Callable[[DatabaseLedger], object]] = {
    "standing": lambda ledger: ledger.standing(BatchStatus.RECEIVED, 200),
    "unremoved": lambda ledger: ledger.unremoved(FOLDER),
    "batch": lambda ledger: ledger.batch(ENDED),
    "namesakes": lambda ledger: ledger.namesakes(ledger.batch(ENDED)),
    "outboxes": lambda ledger: ledger.outboxes(),
    "unsent": lambda ledger: ledger.unsent(FOLDER, 200),
    "awaiting": lambda ledger: ledger.awaiting(),
    "waiting": lambda ledger: ledger.waiting("pensions", 200),
    "withheld": lambda ledger: ledger.withheld(),
    "next_number": lambda ledger: ledger.next_number("pensions"),
    "unconfirmed": lambda ledger: ledger.unconfirmed(),
    "deliveries_of": lambda ledger: ledger.deliveries_of("pensions", 20),
    "carried": lambda ledger: ledger.carried(ENDED),
    "files_of": lambda ledger: ledger.files_of(ENDED),
    "told_of": lambda ledger: ledger.told_of(ENDED),
    "file_named": lambda ledger: ledger.file_named("000777", "GO.DMFA.999999.20260101.00001.R"),
    "distributed": lambda ledger: ledger.distributed(),
    "finished": lambda ledger: ledger.finished(),
    "overdue": lambda ledger: ledger.overdue(NOW + timedelta(days=9)),
    "recent": lambda ledger: ledger.recent(20),
    "story": lambda ledger: ledger.story(ENDED),
}


class Steps:
    """Counts what SQLite's machine does."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, connection: sqlite3.Connection, _record: object) -> None:
        """Count the instructions on that connection too."""
        connection.set_progress_handler(self._step, STEP)

    def _step(self) -> None:
        self.count += STEP


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[DatabaseLedger, Steps]:
    """A ledger with many ended batches, and a few that are on their way."""
    url = f"sqlite:///{tmp_path_factory.mktemp('large')}/ledger.sqlite"
    migrate(url)
    steps = Steps()
    database = engine(url)
    event.listen(database, "connect", steps.watch)
    ledger = DatabaseLedger(database)
    _fill(ledger, Path(url.removeprefix("sqlite:///")))
    for number in range(5):
        advanced(ledger, recorded(ledger, drop(number)), Outcome(BatchStatus.ACCEPTED, answers=(answer(),)))
        recorded(ledger, drop(10 + number))
        split(ledger, parcel(), number=20 + number)
    return ledger, steps


def _fill(ledger: DatabaseLedger, path: Path) -> None:
    """Many copies of one batch that went all the way, made by SQLite itself."""
    done = split(ledger, parcel())
    packed(ledger)
    with ledger._database.begin() as connection:
        ended = {"status": BatchStatus.CLOSED}
        connection.execute(batch.update().values(ended))
        connection.execute(clock.update().values(ended_at=NOW))
        connection.execute(delivery.update().values(status="confirmed", confirmed_at=NOW))
        row = {"direction": "out", "name": "ACRF.0", "object": "ACRF", "folder": FOLDER, "environment": "R"}
        row |= {"sha256": "", "size": 0, "batch_id": done.id, "decided_at": NOW, "sent_at": NOW}
        connection.execute(insert(exchange), row)
    with sqlite3.connect(path) as raw:
        for table, changes in {
            "batch": {"id": "n", "reference": "'DMFA.' || n"},
            "clock": {"batch_id": "n"},
            "delivery": {"id": "n", "number": "n"},
            "parcel": {"id": "n", "batch_id": "n", "delivery_id": "n"},
            "exchange": {"id": "1000 + n", "batch_id": "n", "name": "'ACRF.' || n"},
        }.items():
            _copy(raw, table, changes)
    raw.close()


def _copy(raw: sqlite3.Connection, table: str, changes: dict[str, str]) -> None:
    columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changes.get(column, f'"{column}"') for column in columns)
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ENDED})"
    last = f"(SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1)"
    raw.execute(f"INSERT INTO {table} {numbers} SELECT {values} FROM numbers, {last}")


@pytest.mark.parametrize("reader", READERS)
def test_a_queue_is_read_without_a_look_at_what_has_ended(watched: tuple[DatabaseLedger, Steps], reader: str) -> None:
    ledger, steps = watched
    read = READERS[reader]
    read(ledger)
    steps.count, start = 0, time.perf_counter()
    read(ledger)
    elapsed = time.perf_counter() - start
    print(f"{reader}: {elapsed * 1000:.1f} ms, {steps.count} steps")
    assert steps.count < ENDED / 4
