"""Mailboxes on an SFTP server: `<folder>/<box>/<name>`, seen from where our account lands there."""

from __future__ import annotations

import base64
import contextlib
import errno
import io
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import paramiko
from paramiko.pkey import UnknownKeyType
from paramiko.sftp import SFTPError

from declarations.adapters.folder import ASIDE, BLOCK, addressable, another, is_party, is_temporary, temporary
from declarations.adapters.sftp_session import POSIX_RENAME, ReadAhead, Session
from declarations.errors import Configuration, Retryable
from declarations.filenames import decoded
from declarations.ports import Entry

_FAULTS = (paramiko.SSHException, SFTPError, OSError, EOFError, UnicodeError)
_LAST = 1 << 15  # the end of each block is written waiting for the answers, which come 32 kB at a time


class SftpMailboxes:
    """`ports.Mailboxes` over a connection for each thread, opened when needed and again after a failure.

    key       our private key, without a passphrase
    host_key  the server's public key, or a file with it or with lines of a known_hosts file: the only keys it may show
    inside    the one folder of the server that stands for every box: a recipient's own server; None where boxes lie
              in the folders of their parties
    seconds   that we wait for anything: connecting, greeting, authentication, each answer
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        account: str,
        key: Path,
        host_key: Path | str,
        inside: str | None = None,
        seconds: float = 30,
    ) -> None:
        self._host = host
        self._port = port
        self._account = account
        self._key = key
        self._host_key = host_key
        self._inside = None if inside is None else inside.encode()
        self._seconds = seconds
        self._mine = threading.local()  # this thread's `line`, once it has one
        self._lines: set[_Line] = set()  # those of all threads

    def __enter__(self) -> SftpMailboxes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads; the next operation opens another."""
        for line in tuple(self._lines):
            self._end(line)

    def _end(self, line: _Line) -> None:
        self._lines.discard(line)
        line.client.close()

    def _end_mine(self) -> None:
        """Close this thread's connection; its next operation opens another."""
        line: _Line | None = getattr(self._mine, "line", None)
        if line is not None:
            self._mine.line = None
            self._end(line)

    def folders(self) -> list[str]:
        """The parties' folders that exist, sorted: those that have a party's number for a name."""
        with self._failing("list", "the root") as session:
            found = session.listing(b".")
        names = (decoded(raw) for raw, attributes in found if stat.S_ISDIR(attributes.st_mode or 0))
        return sorted(filter(is_party, names))

    def entries(self, folder: str, box: str) -> list[Entry]:
        """What lies there, sorted by name; our own unfinished files are not listed."""
        return [each for each in self._listed(folder, box) if not is_temporary(each.name)]

    def leftovers(self, folder: str, box: str) -> list[Entry]:
        """Our own unfinished files there, sorted by name."""
        return [each for each in self._listed(folder, box) if is_temporary(each.name)]

    def _listed(self, folder: str, box: str) -> list[Entry]:
        path = self._path(folder, box)
        with self._failing("list", f"{folder}/{box}") as session:
            try:
                found = session.listing(path)
            except FileNotFoundError:
                return []
        listed = [_entry(decoded(raw), attributes) for raw, attributes in found if b"/" not in raw]
        return sorted(listed, key=lambda each: each.name)

    def look(self, folder: str, box: str, name: str) -> Entry | None:
        """That entry as it is now, or None where it is gone."""
        path = self._path(folder, box, name)
        with self._failing("look", f"{folder}/{box}") as session:
            try:
                return _entry(name, session.lstat(path))
            except FileNotFoundError:
                return None

    @contextmanager
    def open(self, folder: str, box: str, name: str) -> Iterator[BinaryIO]:
        """The bytes of a plain file. Retryable where it is gone or is none any more."""
        path, place = self._path(folder, box, name), f"{folder}/{box}"
        with self._failing("open", place) as session:
            entry = _entry(name, session.lstat(path))
            if not entry.regular:
                raise Retryable(f"{self._where('open', place)}: no plain file")
            file = session.open(path, "rb")
        with contextlib.closing(_Source(self, session, file, entry.size, place)) as source:
            yield io.BufferedReader(source, BLOCK)

    def remove(self, folder: str, box: str, name: str) -> None:
        """Take a file or a link away; one that is gone already is fine."""
        path = self._path(folder, box, name)
        with self._failing("remove", f"{folder}/{box}") as session, contextlib.suppress(FileNotFoundError):
            session.remove(path)

    def set_aside(self, folder: str, box: str, name: str) -> None:
        """Move an entry of any kind to the party's ASIDE folder, overwriting nothing; one that is gone is fine."""
        path, kept = _path(folder, box, name), _path(folder, ASIDE, name)
        with self._failing("set aside", f"{folder}/{box}") as session:
            if not _exists(session, path):
                return
            if not _exists(session, _path(folder, ASIDE)):
                session.mkdir(_path(folder, ASIDE), 0o770)
            taken = _exists(session, kept)
            session.rename(path, _path(folder, ASIDE) + b"/" + another(addressable(name)) if taken else kept)

    def write(self, folder: str, box: str, name: str, source: BinaryIO) -> None:
        """Write under a temporary name, then rename over whatever has the name.

        Nothing is looked up afterwards: who receives may have moved it already.
        """
        path, unfinished = self._path(folder, box, name), self._path(folder, box, temporary())
        with self._failing("write", f"{folder}/{box}") as session:
            file = _created(session, unfinished)
            try:
                _fill(session, file, source)
                _rename_over(session, unfinished, path)
            except BaseException:
                with contextlib.suppress(*_FAULTS):
                    session.remove(unfinished)
                raise

    @contextmanager
    def _failing(self, operation: str, place: str) -> Iterator[Session]:
        try:
            yield self._connected()
        except paramiko.BadHostKeyException as fault:
            self._end_mine()
            raise Configuration(
                f"{self._where(operation, place)}: the server shows another key than the one we hold of it; "
                "somebody may stand between us: ask its operator before you change that"
            ) from fault
        except paramiko.AuthenticationException as fault:
            self._end_mine()
            raise Retryable(
                f"{self._where(operation, place)}: account {self._account} was not let in with the key {self._key}"
            ) from fault
        except _FAULTS as fault:
            self._end_mine()
            raise Retryable(f"{self._where(operation, place)}: {_reason(fault)}") from fault

    def _path(self, folder: str, box: str, *names: str) -> bytes:
        return _path(folder, box, *names) if self._inside is None else b"/".join((self._inside, _path(*names)))

    def _where(self, operation: str, place: str) -> str:
        return f"SFTP {self._host}:{self._port}: {operation} in {place}"

    def _connected(self) -> Session:
        line: _Line | None = getattr(self._mine, "line", None)
        if line is not None and line.session is not None and not line.session.sock.closed:
            return line.session
        self._end_mine()
        client = paramiko.SSHClient()
        name = self._host if self._port == paramiko.config.SSH_PORT else f"[{self._host}]:{self._port}"
        for key in _pinned(self._host_key):
            client.get_host_keys().add(name, key.get_name(), key)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        private = _private(self._key)
        line = self._mine.line = _Line(client)
        self._lines.add(line)
        client.connect(
            self._host,
            self._port,
            self._account,
            pkey=private,
            timeout=self._seconds,
            banner_timeout=self._seconds,
            auth_timeout=self._seconds,
            channel_timeout=self._seconds,
            allow_agent=False,
            look_for_keys=False,
        )
        line.session = _session(client, self._seconds)
        return line.session


@dataclass(eq=False, slots=True)
class _Line:
    """A thread's connection, and its session once that is open."""

    client: paramiko.SSHClient
    session: Session | None = None


class _Source(ReadAhead):
    """A file being read, whose faults are Retryable and end the connection."""

    def __init__(self, mailboxes: SftpMailboxes, session: Session, file: paramiko.SFTPFile, size: int, place: str):
        super().__init__(session, file, size)
        self._mailboxes = mailboxes
        self._place = place

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """As ReadAhead does. Raises Retryable."""
        with self._mailboxes._failing("read", self._place) as session:
            if session is not self._session:
                raise EOFError
            return super().readinto(buffer)

    def close(self) -> None:
        """Let go of the file, on a connection that may be gone."""
        if not self.closed:
            with contextlib.suppress(*_FAULTS):
                self._file.close()
        super().close()


def _reason(fault: BaseException) -> str:
    """Without the server's words: it may quote names there."""
    if isinstance(fault, OSError) and fault.errno is not None and fault.errno > 0:
        return os.strerror(fault.errno)
    return type(fault).__name__


def _path(*names: str) -> bytes:
    return b"/".join(map(addressable, names))


def _entry(name: str, attributes: paramiko.SFTPAttributes) -> Entry:
    return Entry(name, attributes.st_size or 0, attributes.st_mtime or 0, stat.S_ISREG(attributes.st_mode or 0))


def _exists(session: Session, path: bytes) -> bool:
    try:
        session.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _created(session: Session, path: bytes) -> paramiko.SFTPFile:
    try:
        return session.open(path, "wbx")
    except FileNotFoundError:
        box = path.rpartition(b"/")[0]
        for missing in filter(None, (box.rpartition(b"/")[0], box)):
            if not _exists(session, missing):
                session.mkdir(missing, 0o770)
    return session.open(path, "wbx")


def _fill(session: Session, file: paramiko.SFTPFile, source: BinaryIO) -> None:
    """Write all bytes and have them on the server's disk; each answer of the server is looked at."""
    size = 0
    with file:
        while block := source.read(BLOCK):
            file.set_pipelined(True)
            file.write(block[:-_LAST])
            file.set_pipelined(False)
            file.write(block[-_LAST:])
            size += len(block)
        session.fsync(file)
        if file.stat().st_size != size:
            raise OSError(errno.EIO, "the server kept another number of bytes")


def _rename_over(session: Session, unfinished: bytes, path: bytes) -> None:
    if POSIX_RENAME in session.extensions:
        session.posix_rename(unfinished, path)
        return
    with contextlib.suppress(FileNotFoundError):
        session.remove(path)
    session.rename(unfinished, path)


def _session(client: paramiko.SSHClient, seconds: float) -> Session:
    transport = client.get_transport()
    if transport is None:
        raise EOFError
    # The library waits for ever for the answer to this one request.
    alarm = threading.Timer(seconds, transport.close)
    alarm.start()
    try:
        channel = transport.open_session(timeout=seconds)
        channel.settimeout(seconds)
        channel.invoke_subsystem("sftp")
        return Session(channel)
    finally:
        alarm.cancel()


def _private(path: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(path)
    except (OSError, ValueError, TypeError, UnknownKeyType, paramiko.SSHException) as fault:
        raise Configuration(f"{path}: no private key without a passphrase ({type(fault).__name__})") from fault


def _pinned(given: Path | str) -> list[paramiko.PKey]:
    """Keys of a public key file, a known_hosts file or such a line: a word that names a key type, then the key."""
    path = given if isinstance(given, Path) else "a host key"
    try:
        lines = (given.read_text(encoding="ascii") if isinstance(given, Path) else given).splitlines()
        keys = [_public(line.split()) for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, ValueError, StopIteration, UnknownKeyType, paramiko.SSHException) as fault:
        raise Configuration(f"{path}: no public host keys, one a line ({type(fault).__name__})") from fault
    if not keys:
        raise Configuration(f"{path}: no public host key; put the server's there")
    return keys


def _public(words: list[str]) -> paramiko.PKey:
    kind, key = next(pair for pair in pairwise(words) if pair[0].startswith(("ssh-", "ecdsa-sha2-")))
    return paramiko.PKey.from_type_string(kind, base64.b64decode(key, validate=True))
