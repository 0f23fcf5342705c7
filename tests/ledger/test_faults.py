"""What the ledger says when its database does not answer, and what is left when a process dies."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from declarations.adapters.database import DatabaseLedger, migrate, open_ledger
from declarations.errors import Retryable
from declarations.model import BatchStatus, Outcome
from tests.ledger.given import FOLDER, NOW, answer, drop, recorded

ROOT = Path(__file__).parents[2]


def test_a_database_locked_by_another_process_is_to_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    migrate(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger = open_ledger(f"sqlite:///{path}?timeout=0.01")
    with pytest.raises(Retryable, match="locked"):
        ledger.acquire("batch:1", "me", NOW, 600)
    other.execute("ROLLBACK")
    assert ledger.acquire("batch:1", "me", NOW, 600)
    other.close()
    ledger.close()


def test_the_ledger_can_be_read_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    migrate(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger = open_ledger(f"sqlite:///{path}?timeout=0.01")
    assert ledger.standing(BatchStatus.RECEIVED, 10) == []
    other.close()
    ledger.close()


def test_a_commit_on_sqlite_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    migrate(f"sqlite:///{path}")
    ledger = open_ledger(f"sqlite:///{path}")
    with ledger._database.connect() as connection:
        pragmas = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}
        pragmas["foreign_keys"] = connection.scalar(text("PRAGMA foreign_keys"))
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    ledger.close()


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://ledger:secret@127.0.0.1:1/ledger", "sqlite:////no/such/folder/ledger.sqlite"]
)
def test_a_database_out_of_reach_is_to_be_tried_again(url: str) -> None:
    with pytest.raises(Retryable) as caught:
        open_ledger(url).standing(BatchStatus.RECEIVED, 10)
    assert "secret" not in str(caught.value)


def test_a_ledger_whose_connections_were_cut_goes_on(postgresql: Callable[[], str]) -> None:
    url = postgresql()
    migrate(url)
    ledger = open_ledger(url)
    batch = recorded(ledger)
    database = create_engine(url, isolation_level="AUTOCOMMIT")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> :own"
    with database.connect() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text(cut), {"own": own})
    assert ledger.advance(batch, Outcome(BatchStatus.ACCEPTED), NOW)
    database.dispose()
    ledger.close()


def test_a_process_killed_in_the_middle_leaves_nothing_half_done(url: str, ledger: DatabaseLedger) -> None:
    batch = recorded(ledger)
    child = _child("stand_still", url, batch.id)
    assert child.stdout is not None
    assert child.stdout.readline() == "in the middle\n"
    child.kill()
    child.communicate()
    assert ledger.batch(batch.id) == batch
    assert ledger.outboxes() == []
    assert ledger.advance(batch, Outcome(BatchStatus.ACCEPTED, answers=(answer(),)), NOW)
    assert [each.stem for each in ledger.unsent(FOLDER, 10)] == ["ACRF.999999.20260423.00001.R"]


def test_what_was_done_before_a_process_was_killed_stays_done(url: str, ledger: DatabaseLedger) -> None:
    first = recorded(ledger)
    last = [recorded(ledger, drop(number)) for number in range(2, 41)][-1]
    child = _child("go_on", url, first.id, last.id)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(10)]
    child.kill()
    told += [int(line) for line in child.communicate()[0].splitlines()]
    done = [ledger.batch(batch_id).status for batch_id in told]
    assert done == [BatchStatus.ACCEPTED] * len(told)
    assert len(ledger.standing(BatchStatus.ACCEPTED, 1000)) - len(told) in (0, 1)


def _child(what: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.ledger.dying", what, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
