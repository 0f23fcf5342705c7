"""The running system with its processes killed one after the other, as a power cut would: nothing lost, nothing twice.

Real processes and a real PostgreSQL: minutes. `DECLARATIONS_SYSTEM_KILLS=1` kills each once; more rounds take longer.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from declarations.adapters.database.tables import batch, event, exchange
from declarations.demo import components, processes, system
from declarations.demo.home import lay_out
from declarations.model import BatchStatus
from tests.airflow.conftest import ROOT, Demo
from tests.ledger.conftest import _programs, _servant

ROUNDS = int(os.environ.get("DECLARATIONS_SYSTEM_KILLS", "0"))
SHORT_WAITS = {"lease_seconds": 15, "handed_seconds": 60, "attempts": 20}
PACE_SECONDS, MEND_SECONDS, PATIENCE_SECONDS = 3, 5, 1200
KILLED = ("sftp-server", "scheduler", "triggerer", "api-server", "dag-processor")

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.slow,
    pytest.mark.skipif(not ROUNDS, reason="DECLARATIONS_SYSTEM_KILLS is not set"),
]


@dataclass
class Database:
    """A PostgreSQL server that can be cut off."""

    programs: Path
    place: Path
    server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://ledger@/postgres?host={self.place}"

    def make(self) -> None:
        making = [self.programs / "initdb", "-D", self.place / "cluster", "-U", "ledger", "-A", "trust"]
        subprocess.run(making, cwd=self.place, check=True, capture_output=True, **_servant())  # type: ignore[call-overload]

    def start(self) -> None:
        serving = [
            self.programs / "postgres",
            "-D",
            self.place / "cluster",
            "-k",
            self.place,
            "-c",
            "listen_addresses=",
        ]
        self.server = subprocess.Popen(
            serving, cwd=self.place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_servant()
        )  # type: ignore[call-overload]

    def cut(self) -> None:
        """End it at once; what was committed is on the disk."""
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait(timeout=30)


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    place = Path("/tmp") / f"survival-{os.getpid()}"  # a socket's path is short
    place.mkdir()
    servant = _servant()
    if servant:
        os.chown(place, int(str(servant["user"])), int(str(servant["group"])))
    made = Database(programs, place)
    made.make()
    made.start()
    yield made
    made.cut()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def running(tmp_path: Path, database: Database) -> Iterator[tuple[Path, system.System]]:
    """The whole system, its ledger on that server."""
    made = system.prepare(tmp_path)
    lay_out(tmp_path, ROOT / "sample_batches", made.sftp_port, SHORT_WAITS, datetime.now(UTC))
    settings = tmp_path / "settings.toml"
    settings.write_text(f'database = "{database.url}"\n{settings.read_text()}', encoding="utf-8")
    try:
        components.start_mailboxes(tmp_path, made, ROOT / "dags", print)
        components.start_airflow(tmp_path, made, ROOT / "dags", print)
        yield tmp_path, made
    finally:
        components.stop(tmp_path, grace_seconds=2)


def drop_for_ever(demo: Demo, folder: Path, dropped: list[str], stop: threading.Event) -> None:
    """A sender that goes on dropping, whatever happens; what the server did not take it drops under a new name."""
    while not stop.is_set():
        place = folder / str(time.monotonic_ns())
        place.mkdir(parents=True)
        try:
            dropped.append(demo.drop(place))
        except Exception as fault:  # noqa: BLE001  the server is being killed: any of the library's faults
            print("not dropped", type(fault).__name__)
        stop.wait(PACE_SECONDS)


def standing(url: str, references: list[str]) -> Counter[str]:
    with create_engine(url).connect() as connection:
        return Counter(
            str(status)
            for status in connection.scalars(select(batch.c.status).where(batch.c.reference.in_(references)))
        )


def test_nothing_is_lost_or_done_twice_whatever_is_killed(
    running: tuple[Path, system.System], database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home, made = running
    dropped: list[str] = []
    stop = threading.Event()
    demo, folder = Demo(home, made.sftp_port), tmp_path_factory.mktemp("drops")
    sender = threading.Thread(target=drop_for_ever, args=(demo, folder, dropped, stop))
    sender.start()
    try:
        for _ in range(ROUNDS):
            for name in KILLED:
                processes.kill(components.process_folder(home), name)
                time.sleep(MEND_SECONDS)
                components.restart(home, made, ROOT / "dags", name)
                time.sleep(MEND_SECONDS)
            database.cut()
            time.sleep(MEND_SECONDS)
            database.start()
    finally:
        stop.set()
        sender.join()
    until = time.monotonic() + PATIENCE_SECONDS
    done = {BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED}
    while not set(standing(database.url, dropped)) <= {*map(str, done)} and time.monotonic() < until:
        time.sleep(5)
    found = standing(database.url, dropped)
    assert (set(found) <= {*map(str, done)}, sum(found.values())) == (True, len(dropped)), found
    with create_engine(database.url).connect() as connection:
        told = select(batch.c.reference, exchange.c.object).join(exchange).where(exchange.c.object.is_not(None))
        answers = Counter(connection.execute(told.where(batch.c.reference.in_(dropped))).tuples())
        split = select(batch.c.reference).join(event).where(event.c.what == "split")
        splits = Counter(connection.scalars(split))
    assert set(answers.values()) == {1}
    assert len(answers) == 2 * len(dropped)
    assert set(splits.values()) == {1}
