"""The running system with its processes killed at any time, as a power cut would: nothing lost, nothing twice.

Real processes, a real PostgreSQL and a real SFTP: minutes. `DECLARATIONS_SYSTEM_KILLS` says how many kills.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from declarations.adapters.database.tables import batch, event, exchange, parcel
from declarations.demo import components, processes, system
from declarations.demo.home import lay_out, load_parties
from declarations.errors import Retryable
from declarations.model import BatchStatus
from tests.airflow.conftest import ROOT, Demo
from tests.ledger.conftest import _programs, _servant

KILLS = int(os.environ.get("DECLARATIONS_SYSTEM_KILLS", "3"))
SEED = int(os.environ.get("DECLARATIONS_SYSTEM_SEED", "1"))
SHORT_WAITS = {"lease_seconds": 15, "handed_seconds": 60, "attempts": 20}
PACE_SECONDS, MEND_SECONDS, PATIENCE_SECONDS = 3, 5, 1200
DATABASE, WORKER = "database", "worker"
VICTIMS = (DATABASE, "scheduler", WORKER, "sftp-server", "triggerer", "api-server", "dag-processor")
"""The first of them die in a short campaign."""

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


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
    made = system.prepare(tmp_path, sftp_port=0, airflow_port=0)
    lay_out(tmp_path, ROOT / "sample_batches", made.sftp_port, SHORT_WAITS, datetime.now(UTC))
    settings = tmp_path / "settings.toml"
    settings.write_text(f'database = "{database.url}"\n{settings.read_text()}', encoding="utf-8")
    load_parties(tmp_path, datetime.now(UTC))
    try:
        components.start_mailboxes(tmp_path, made, ROOT / "dags", print)
        components.start_airflow(tmp_path, made, ROOT / "dags", print)
        components.start_institutions(tmp_path, made, ROOT / "dags")
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


def victims(dice: random.Random) -> Iterator[str]:
    """Everything that can die, in turn; after the first round in another order each time."""
    order = list(VICTIMS)
    while True:
        yield from order
        dice.shuffle(order)


def workers(home: Path) -> list[int]:
    """The processes of the scheduler that do a task now."""
    leader = processes.running(components.process_folder(home)).get("scheduler", 0)
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            busy = (
                path.read_text(errors="replace").startswith("airflow worker -- ") and "Executor" not in path.read_text()
            )
            if busy and os.getsid(int(path.parent.name)) == leader:
                found.append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def killed(name: str, home: Path, made: system.System, database: Database, dice: random.Random) -> None:
    """It dies, is missed for a while, and is started again by whoever looks after it."""
    print(f"{datetime.now(UTC):%H:%M:%S} {name} dies")
    if name == WORKER:
        for pid in dice.sample(busy := workers(home), min(1, len(busy))):
            os.kill(pid, signal.SIGKILL)
    elif name == DATABASE:
        database.cut()
        time.sleep(dice.uniform(0, MEND_SECONDS))
        database.start()
    else:
        processes.kill(components.process_folder(home), name)
        time.sleep(dice.uniform(0, MEND_SECONDS))
        components.restart(home, made, ROOT / "dags", name)


def eventually(ask: Callable[[], bool]) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not ask() and time.monotonic() < end:
        time.sleep(5)
    return ask()


def delivered(home: Path) -> Counter[tuple[str, str]]:
    """For each institution and batch, in how many deliveries it found rows of that batch."""
    found = set()
    for path in (home / "institutions").glob("*/*.zip"):
        with zipfile.ZipFile(path) as extract:
            manifest = json.loads(extract.read("manifest.json"))
        found |= {
            (manifest["recipient"]["id"], each["reference"], manifest["delivery"]) for each in manifest["batches"]
        }
    return Counter((recipient, reference) for recipient, reference, _ in found)


def test_nothing_is_lost_or_done_twice_whatever_is_killed(
    running: tuple[Path, system.System], database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home, made = running
    dice = random.Random(SEED)
    dropped: list[str] = []
    stop = threading.Event()
    demo, folder = Demo(home, made.sftp_port), tmp_path_factory.mktemp("drops")
    sender = threading.Thread(target=drop_for_ever, args=(demo, folder, dropped, stop))
    sender.start()
    try:
        time.sleep(MEND_SECONDS)
        for _, name in zip(range(KILLS), victims(dice), strict=False):
            killed(name, home, made, database, dice)
            time.sleep(dice.uniform(0, 4 * MEND_SECONDS))
    finally:
        stop.set()
        sender.join()
    api = components.airflow(made)

    def closed() -> bool:
        with contextlib.suppress(Retryable):
            api.trigger("distribution")
        return standing(database.url, dropped) == Counter({str(BatchStatus.CLOSED): len(dropped)})

    assert eventually(closed), standing(database.url, dropped)
    with create_engine(database.url).connect() as connection:
        told = select(batch.c.reference, exchange.c.object).join(exchange).where(exchange.c.object.is_not(None))
        answers = Counter(map(tuple, connection.execute(told.where(batch.c.reference.in_(dropped)))))
        split = select(batch.c.reference).join(event).where(event.c.what == "split")
        splits = Counter(connection.scalars(split.where(batch.c.reference.in_(dropped))))
        parcels = select(parcel.c.recipient, batch.c.reference).join(batch, parcel.c.batch_id == batch.c.id)
        cut = Counter(map(tuple, connection.execute(parcels.where(batch.c.reference.in_(dropped)))))
    assert (set(answers.values()), len(answers)) == ({1}, 2 * len(dropped))
    assert (set(splits.values()), len(splits)) == ({1}, len(dropped))
    assert {key: count for key, count in delivered(home).items() if key[1] in set(dropped)} == dict(cut)
    assert set(cut.values()) == {1}
