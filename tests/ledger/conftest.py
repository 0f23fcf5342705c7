"""A ledger on SQLite and one on a real PostgreSQL, started for the tests where its programs are installed."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event

from declarations.adapters.database import DatabaseLedger, migrate
from declarations.adapters.database.engine import engine
from declarations.adapters.database.tables import metadata
from tests.ledger import racing

READY_WITHIN = 30


def _programs() -> Path | None:
    """The folder of `initdb` and `postgres`; the newest where there are several."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if all((place / name).exists() for name in ("initdb", "postgres"))), None)


def _servant() -> dict[str, object]:
    """As whom the server runs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users.get("nobody")
    if user is None:
        pytest.skip("PostgreSQL does not run as root, and there is no other user")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _server(programs: Path, place: Path) -> Iterator[None]:
    """A server on a socket in that folder."""
    servant = _servant()
    if servant:
        os.chown(place, int(str(servant["user"])), int(str(servant["group"])))
    cluster = place / "cluster"
    making = [programs / "initdb", "-D", cluster, "-U", "ledger", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    made = subprocess.run(making, cwd=place, capture_output=True, text=True, check=False, **servant)  # type: ignore[call-overload]
    if made.returncode:
        pytest.skip(f"initdb failed: {made.stderr.strip()[-200:]}")
    serving = [programs / "postgres", "-D", cluster, "-k", place, "-c", "listen_addresses=", "-c", "fsync=off"]
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(serving, cwd=place, stdout=log, stderr=log, **servant)  # type: ignore[call-overload]
    try:
        _until_ready(server, place)
        yield
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=READY_WITHIN)


def _until_ready(server: subprocess.Popen[bytes], place: Path) -> None:
    end = time.monotonic() + READY_WITHIN
    while True:
        try:
            psycopg.connect(host=str(place), user="ledger", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                pytest.skip(f"PostgreSQL did not start: {(place / 'log').read_text()[-200:]}")
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes an empty database and gives its URL."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    place = Path(tempfile.mkdtemp(prefix="ledger-"))
    try:
        with _server(programs, place):
            yield partial(_made, place, itertools.count(1))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _made(place: Path, numbers: Iterator[int]) -> str:
    name = f"ledger_{next(numbers)}"
    with psycopg.connect(host=str(place), user="ledger", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://ledger@/{name}?host={place}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite"
    make: Callable[[], str] = request.getfixturevalue("postgresql")
    return make()


def hasty(url: str) -> Engine:
    """A database that does not wait for the disk: these tests do not pull the plug."""
    database = engine(url)
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF").close())
    return database


@dataclass(frozen=True, slots=True)
class Shared:
    """A database that all tests use one after the other, with the ledger that they find in it."""

    url: str
    ledger: DatabaseLedger
    engine: Engine

    @classmethod
    def at(cls, url: str) -> Shared:
        migrate(url)
        return cls(url, DatabaseLedger(hasty(url)), create_engine(url, pool_pre_ping=True))

    def emptied(self) -> Shared:
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        return self


@pytest.fixture(scope="session")
def sqlite_shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """The ledger on SQLite."""
    return Shared.at(f"sqlite:///{tmp_path_factory.mktemp('shared')}/ledger.sqlite")


@pytest.fixture(scope="session")
def postgresql_shared(postgresql: Callable[[], str]) -> Shared:
    """The ledger on PostgreSQL."""
    return Shared.at(postgresql())


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Shared:
    """The database of a contract test, with the ledger's tables and nothing in them."""
    found: Shared = request.getfixturevalue(f"{request.param}_shared")
    return found.emptied()


@pytest.fixture
def url(shared: Shared) -> str:
    """Where the ledger of this test lies."""
    return shared.url


@pytest.fixture
def ledger(shared: Shared) -> DatabaseLedger:
    """A ledger that knows nothing yet."""
    return shared.ledger


@pytest.fixture(scope="session")
def rivals() -> Iterator[ProcessPoolExecutor]:
    """Two processes that start what they are given at the same moment."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    with ProcessPoolExecutor(2, mp_context=context, initializer=racing.meet_at, initargs=(barrier,)) as pool:
        yield pool
