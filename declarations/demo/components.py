"""Starting, watching and stopping the running system: an SFTP server and Airflow's four components."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from declarations.demo import processes
from declarations.demo.airflow_api import AirflowApi
from declarations.demo.processes import Command
from declarations.demo.system import (
    BOARD,
    DAGS,
    HOST,
    POOLS,
    USER,
    System,
    airflow_components,
    environment,
    migration,
    recipients,
    sftp_server,
)
from declarations.errors import Configuration, Retryable

READY_SECONDS = 180
POLL_SECONDS = 0.5
GRACE_SECONDS = 15  # of a component that ends its running tasks

Report = Callable[[str], None]
"""Told, in a few words, what is being waited for."""


def start_mailboxes(home: Path, system: System, dags: Path, report: Report) -> None:
    """Start the SFTP server and wait until it answers. Raises Configuration, with the log to read."""
    report("starting the SFTP server")
    processes.start(process_folder(home), sftp_server(home, system, environment(home, system, dags)))
    _wait(home, lambda: _listens(system.sftp_port))


def start_airflow(home: Path, system: System, dags: Path, report: Report) -> AirflowApi:
    """Start Airflow and wait until all of it answers and knows the DAGs.

    Raises Configuration, with the log to read, where a component ends or does not answer in time.
    """
    variables = environment(home, system, dags)
    report("preparing Airflow's database")
    _complete(process_folder(home), migration(variables))
    report("starting Airflow: API server, scheduler, DAG processor, triggerer")
    api = airflow(system)
    for command in airflow_components(system, variables):
        processes.start(process_folder(home), command)
        if command.name == "api-server":  # a task that is started before it answers fails
            _wait(home, lambda: _listens(system.airflow_port))
    _wait(home, api.healthy)
    _wait(home, lambda: _made(api))
    report("waiting for the DAGs")
    _wait(home, lambda: api.knows(DAGS))
    report("opening the board")
    _wait(home, lambda: api.shows(BOARD))
    return api


def start_institutions(home: Path, system: System, dags: Path) -> None:
    """Start the institutions' software, which takes extracts and answers them by itself."""
    processes.start(process_folder(home), recipients(home, environment(home, system, dags)))


def stop(home: Path, grace_seconds: float = GRACE_SECONDS) -> list[str]:
    """Stop all that runs in that home, what the others report to last; the names of what ran."""
    return processes.stop(process_folder(home), grace_seconds, last=("api-server", "sftp-server"))


def restart(home: Path, system: System, dags: Path, name: str) -> None:
    """Start one process again that has ended: the SFTP server or a component of Airflow."""
    variables = environment(home, system, dags)
    known = (sftp_server(home, system, variables), *airflow_components(system, variables))
    processes.start(process_folder(home), next(each for each in known if each.name == name))


def standing(home: Path) -> dict[str, bool]:
    """Each process that was started in that home, and whether it still runs."""
    alive = processes.running(process_folder(home))
    return {path.stem: path.stem in alive for path in sorted(process_folder(home).glob("*.pid"))}


def memory(home: Path) -> int:
    """Bytes of memory that the running system takes."""
    return processes.memory(process_folder(home))


def airflow(system: System) -> AirflowApi:
    """The system's Airflow, to be asked."""
    return AirflowApi(system.url, USER, system.password)


def process_folder(home: Path) -> Path:
    """Where the logs and process ids of the components lie."""
    return home / "processes"


def _complete(folder: Path, command: Command) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{command.name}.log"
    with path.open("ab") as log:
        code = subprocess.run(
            command.arguments, env=dict(command.environment), stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode
    if code:
        raise Configuration(f"{command.name} ended with code {code}; see {path}")


def _wait(home: Path, ready: Callable[[], bool]) -> None:
    end = time.monotonic() + READY_SECONDS
    while not _answers(ready):
        ended = [name for name, alive in standing(home).items() if not alive]
        if ended:
            raise Configuration(f"{ended[0]} ended by itself; see {process_folder(home) / ended[0]}.log")
        if time.monotonic() > end:
            raise Configuration(f"not ready after {READY_SECONDS} seconds; see the logs in {process_folder(home)}")
        time.sleep(POLL_SECONDS)


def _made(api: AirflowApi) -> bool:
    """Whether every pool is there; on a busy machine a first answer takes long."""
    for name, slots in POOLS.items():
        api.make_pool(name, slots)
    return True


def _answers(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except Retryable:
        return False


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
