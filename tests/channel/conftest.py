"""Keys, a server with two parties on it, and the OpenSSH client."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from declarations.adapters.sftp import SftpMailboxes
from declarations.demo.server import Account, serving

BOXES = ("IN", "INTEST", "INTEST-S", "OUT", "OUTTEST", "OUTTEST-S")
PARTIES = ("000101", "000102")


@dataclass(frozen=True)
class Site:
    """A running server: its port, the folder it serves, and where the keys lie."""

    port: int
    root: Path
    keys: Path

    def mailboxes(self, seconds: float = 10) -> SftpMailboxes:
        """A client with the exchange's account."""
        return SftpMailboxes(
            host="127.0.0.1",
            port=self.port,
            account="exchange",
            key=self.keys / "exchange",
            host_key=self.keys / "host.pub",
            seconds=seconds,
        )


def make_key(folder: Path, name: str) -> str:
    """A new key pair in that folder; its public line."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(folder / name))
    (folder / name).chmod(0o600)
    key.write_public_key(str(folder / f"{name}.pub"))
    return (folder / f"{name}.pub").read_text()


def make_boxes(root: Path) -> Path:
    """The folders of the parties."""
    for party in PARTIES:
        for box in BOXES:
            (root / party / box).mkdir(parents=True)
    return root


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the key pairs of the server, the exchange, the parties and a stranger."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("host", "exchange", "stranger", *PARTIES):
        make_key(folder, name)
    return folder


def accounts(keys: Path) -> dict[str, Account]:
    """The exchange sees all folders, a party its own."""
    folders: dict[str, str | None] = {"exchange": None, **{each: each for each in PARTIES}}
    return {name: Account(((keys / f"{name}.pub").read_text(),), folder) for name, folder in folders.items()}


@pytest.fixture
def site(tmp_path: Path, keys: Path) -> Iterator[Site]:
    """The server of the demonstration, on a folder of the test's own."""
    root = make_boxes(tmp_path / "root")
    with serving(root, keys / "host", accounts(keys)) as port:
        yield Site(port, root, keys)


SERVER = """
import sys
from pathlib import Path
from declarations.demo.server import Account, serve
root, keys, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
accounts = {"exchange": Account(((keys / "exchange.pub").read_text(),), None)}
serve(root, "127.0.0.1", port, keys / "host", accounts)
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def process(root: Path, keys: Path, before: str = "") -> Iterator[Site]:
    """The server in a process of its own, after some statements; it ends well when told to stop."""
    site = Site(free_port(), root, keys)
    words = [sys.executable, "-c", f"{before}\n{SERVER}", str(root), str(keys), str(site.port)]
    with subprocess.Popen(words) as server:
        try:
            _answering(site.port)
            yield site
        finally:
            server.terminate()
    assert server.returncode == 0


def _answering(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


Sftp = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sftp(site: Site, tmp_path: Path) -> Sftp:
    """Run commands with OpenSSH's client; by default as party 000101, with its key."""
    program = shutil.which("sftp")
    if program is None:
        pytest.skip("the OpenSSH client is not installed")
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{site.port} {(site.keys / 'host.pub').read_text()}")

    def run(*commands: str, account: str = "000101", key: str = "") -> "subprocess.CompletedProcess[str]":
        options = {"UserKnownHostsFile": known, "StrictHostKeyChecking": "yes", "IdentitiesOnly": "yes"}
        words = [program, "-b", "-", "-i", str(site.keys / (key or account)), "-P", str(site.port)]
        words += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return subprocess.run(
            [*words, f"{account}@127.0.0.1"],
            input="\n".join(commands) + "\n",
            text=True,
            capture_output=True,
            timeout=30,
            env={**os.environ, "SSH_AUTH_SOCK": ""},
            check=False,
        )

    return run
