"""An Airflow of the tests' own, and a demonstration home with its SFTP server; Airflow reads its settings early."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from declarations.demo import senders, system
from declarations.demo.home import accounts, host_key_file, lay_out, mailboxes
from declarations.demo.samples import Dropped
from declarations.demo.server import serving
from declarations.generate import Request, write
from declarations.settings import HOME_VARIABLE

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

ROOT = Path(__file__).resolve().parents[2]
SENDER = "000101"
AIRFLOW = Path(tempfile.mkdtemp(prefix="declarations-airflow-"))
NOW = datetime.now(UTC)
SEQUENCE = count(1)

os.environ.update(
    AIRFLOW_HOME=str(AIRFLOW),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "dags" / "plugins"),
    AIRFLOW__CORE__HOSTNAME_CALLABLE="socket.gethostname",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{AIRFLOW / 'airflow.db'}",
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demonstration home whose SFTP server answers."""

    home: Path
    port: int

    def drop(self, folder: Path, employers: int = 1) -> str:
        """Drop a small batch as a sender does; its reference."""
        reference = f"DMFA.{SENDER}.{NOW:%Y%m%d}.{next(SEQUENCE):05d}.R"
        document = io.BytesIO()
        write(
            Request(seed=1, employers=employers, persons=2 * employers, quarters=("20231",), created_on=NOW.date()),
            document,
        )
        content = document.getvalue()
        signature = senders.signatures(self.home, SENDER).sign(io.BytesIO(content))
        files = {f"FI.{reference}.1.1": content, f"FS.{reference}.1.1": signature, f"GO.{reference}.1": b""}
        for name, text in files.items():
            (folder / name).write_bytes(text)
        senders.drop(self.home, self.port, [Dropped(SENDER, "IN", folder / name) for name in files])
        return reference


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("home")
    port = system.free_port(0)  # others run beside
    lay_out(home, ROOT / "sample_batches", port, {}, NOW)
    with serving(mailboxes(home), host_key_file(home), accounts(home), port):
        yield Demo(home, port)


@pytest.fixture(scope="session")
def dagbag() -> DagBag:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(ROOT / "dags", bundle_path=ROOT / "dags", bundle_name="dags-folder")


@pytest.fixture(scope="session")
def airflow(dagbag: DagBag) -> Iterator[DagBag]:
    """The DAGs, known to a database. Their tasks run in the tests' own process, which stays as urgent as it is."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import sync_bag_to_db
    from airflow.utils.db import initdb

    initdb()
    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(dagbag, "dags-folder", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "setpriority", lambda *_: None)
        yield dagbag


@pytest.fixture(scope="module")
def at_home(demo: Demo) -> Iterator[Demo]:
    """The demonstration, named to the tasks by the environment as in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(demo.home))
        yield demo
