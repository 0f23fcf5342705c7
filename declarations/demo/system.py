"""What a running system is made of: its folder, ports, login and secrets, and what each process needs of them."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from declarations.demo.processes import Command
from declarations.errors import Configuration
from declarations.settings import HOME_VARIABLE

HOST = "127.0.0.1"
USER = "admin"
USERS = {USER: "admin", "operator": "op", "viewer": "viewer"}
"""Who can log in, and as what: two who may act, since some things take two persons, and one who may look."""
SFTP_PORT = 2222
AIRFLOW_PORT = 8080
PARALLELISM = 5  # SQLite answers "database is locked" with Airflow's default of 32
DAGS = (
    "intake",
    "process_batch",
    "distribution",
    "oversight",
    "quarantine",
    "operate",
    "daily",
    "monthly",
)
BOARD = "/board/"
POOLS = {"sftp_inbox": 1, "sftp_out": 1, "batches": PARALLELISM // 2}
"""Batches leave places free: however many wait, inboxes are read, deliveries leave and somebody watches, at once."""

FILE = "system.json"


@dataclass(frozen=True, slots=True)
class System:
    """The choices made when a home was first started; kept, so that a restart has the same address and login."""

    sftp_port: int
    airflow_port: int
    password: str
    jwt_secret: str
    session_secret: str
    fernet_key: str

    @property
    def url(self) -> str:
        """Where Airflow answers."""
        return f"http://{HOST}:{self.airflow_port}"


def load(home: Path) -> System:
    """The system of that home. Raises Configuration where it was never started."""
    try:
        return System(**json.loads((home / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError as fault:
        raise Configuration(f"{home} holds no system; start one with `make up`") from fault


def prepare(home: Path, sftp_port: int = SFTP_PORT, airflow_port: int = AIRFLOW_PORT) -> System:
    """The system of that home, made where there is none with those ports, if they are free; 0 is any free one.

    Ports that are taken meanwhile are replaced by free ones.
    """
    known = load(home) if (home / FILE).exists() else None
    system = System(
        sftp_port=free_port(known.sftp_port if known else sftp_port),
        airflow_port=free_port(known.airflow_port if known else airflow_port),
        password=known.password if known else secrets.token_urlsafe(12),
        jwt_secret=known.jwt_secret if known else secrets.token_urlsafe(64),
        session_secret=known.session_secret if known else secrets.token_urlsafe(32),
        fernet_key=known.fernet_key if known else base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
    )
    _write_private(home / FILE, json.dumps(asdict(system), indent=2))
    _write_private(airflow_home(home) / "passwords.json", json.dumps(dict.fromkeys(USERS, system.password)))
    return system


def free_port(preferred: int) -> int:
    """That port of the loopback interface if nobody listens there, else one that the machine picks."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise Configuration(f"no free port on {HOST}")


def airflow_home(home: Path) -> Path:
    """Where Airflow keeps its own database, logs and passwords."""
    return home / "airflow"


def environment(home: Path, system: System, dags: Path) -> dict[str, str]:
    """The environment of every process of the system. Nothing listens beyond loopback, nothing calls out."""
    folder = airflow_home(home)
    given = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    return given | {
        HOME_VARIABLE: str(home),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(dags / "plugins"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks the name server
        "AIRFLOW__CORE__FERNET_KEY": system.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{system.url}/execution/",
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(system.airflow_port),
        "AIRFLOW__API__BASE_URL": system.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": system.session_secret,
        "AIRFLOW__API_AUTH__JWT_SECRET": system.jwt_secret,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",  # every 30 s, reading them takes a tenth of a core
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
    }


def migration(variables: Mapping[str, str]) -> Command:
    """What makes or updates Airflow's own database; ends by itself."""
    return _airflow("migration", variables, "db", "migrate")


def airflow_components(system: System, variables: Mapping[str, str]) -> tuple[Command, ...]:
    """Airflow's processes. Logs are read from disk: no log server of Airflow's is started."""
    return (
        _airflow("api-server", variables, "api-server", "--host", HOST, "--port", str(system.airflow_port)),
        _ours("scheduler", variables, "scheduler", "--skip-serve-logs"),
        _airflow("dag-processor", variables, "dag-processor"),
        _airflow("triggerer", variables, "triggerer", "--skip-serve-logs"),
    )


def sftp_server(home: Path, system: System, variables: Mapping[str, str]) -> Command:
    """The server that holds all mailboxes."""
    return _ours("sftp-server", variables, "serve", str(home), str(system.sftp_port))


def recipients(home: Path, variables: Mapping[str, str]) -> Command:
    """The institutions' software."""
    return _ours("institutions", variables, "institutions", str(home))


def _ours(name: str, variables: Mapping[str, str], *arguments: str) -> Command:
    return Command(name, (sys.executable, "-m", "declarations.demo", *arguments), variables)


def _airflow(name: str, variables: Mapping[str, str], *arguments: str) -> Command:
    return Command(name, (sys.executable, "-m", "airflow", *arguments), variables)


def _write_private(path: Path, text: str) -> None:
    """Readable by its owner only, from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
