"""A party's own way to its mailbox: SFTP with its key, the server's key pinned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko

from declarations.demo.home import party_keys
from declarations.demo.system import HOST
from declarations.model import Environment

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Found:
    """A file that lies complete in an outbox, with its signature."""

    box: str
    stem: str  # `ACRF.999999.20260423.00001.R`
    content: bytes
    signature: bytes

    @property
    def name(self) -> str:
        """The name that a receipt quotes."""
        return f"GO.{self.stem}"


@contextmanager
def connected(home: Path, port: int, number: str) -> Iterator[paramiko.SFTPClient]:
    """A session of that party on the SFTP server."""
    with paramiko.SSHClient() as client:
        client.load_host_keys(str(home / "known_hosts"))
        client.connect(
            HOST,
            port,
            username=number,
            key_filename=str(party_keys(home, number) / "id_ed25519"),
            look_for_keys=False,
            allow_agent=False,
            timeout=TIMEOUT_SECONDS,
            banner_timeout=TIMEOUT_SECONDS,
            auth_timeout=TIMEOUT_SECONDS,
        )
        with client.open_sftp() as session:
            channel = session.get_channel()
            if channel is not None:
                channel.settimeout(TIMEOUT_SECONDS)
            yield session


def found(session: paramiko.SFTPClient) -> Iterator[Found]:
    """What lies complete in the party's outboxes: the GO is there, so the rest is."""
    for box in (environment.outbox for environment in Environment):
        for name in sorted(session.listdir(box)):
            kind, _, stem = name.partition(".")
            if kind == "GO":
                content, signature = (_read(session, f"{box}/{each}.{stem}") for each in ("FO", "FS"))
                yield Found(box, stem, content, signature)


def clear(session: paramiko.SFTPClient, taken: Found) -> None:
    """Take it away, once it is safely kept; the GO goes first: what is half cleared is not taken for new."""
    for kind in ("GO", "FO", "FS"):
        session.remove(f"{taken.box}/{kind}.{taken.stem}")


def _read(session: paramiko.SFTPClient, path: str) -> bytes:
    with session.open(path, "rb") as file:
        file.prefetch()
        return file.read()
