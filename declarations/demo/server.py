"""An SFTP server for the demonstration and the tests: a party sees its own folder and nothing else.

In production the same is OpenSSH's work: `internal-sftp` in a chroot.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import posixpath
import signal
import stat
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from declarations.adapters.folder import directory
from declarations.filenames import decoded
from declarations.model import Environment

INBOXES = frozenset(each.inbox for each in Environment)
OUTBOXES = frozenset(each.outbox for each in Environment)
LOOPBACK = "127.0.0.1"
_SECONDS = 30
_FREE = 0  # has the system choose a port
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, slots=True)
class Account:
    """Who may come in: with which keys (lines of an authorized_keys file), and to which folder.

    `folder` is the party's, or None for the account that sees all folders and may do in them what files allow.
    """

    keys: tuple[str, ...]
    folder: str | None


def serve(root: Path, host: str, port: int, host_key: Path, accounts: Mapping[str, Account]) -> None:
    """Serve until the process is told to stop (SIGTERM, SIGINT)."""
    asyncio.run(_serve_until_told(root, host, port, host_key, accounts))


@contextmanager
def serving(root: Path, host_key: Path, accounts: Mapping[str, Account], port: int = _FREE) -> Iterator[int]:
    """Serve on the loopback address in a thread of this process; gives the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sftp server", daemon=True)
    thread.start()
    try:
        listening = _listen(root, LOOPBACK, port, host_key, accounts)
        server = asyncio.run_coroutine_threadsafe(listening, loop).result(timeout=_SECONDS)
        try:
            yield server.acceptor.get_port()
        finally:
            asyncio.run_coroutine_threadsafe(_stop(server), loop).result(timeout=_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=_SECONDS)
        loop.close()


async def _serve_until_told(root: Path, host: str, port: int, host_key: Path, accounts: Mapping[str, Account]) -> None:
    told = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told.set)
    server = await _listen(root, host, port, host_key, accounts)
    await told.wait()
    await _stop(server)


@dataclass(frozen=True, slots=True)
class _Server:
    acceptor: asyncssh.SSHAcceptor
    connections: set[asyncssh.SSHServerConnection]


async def _stop(server: _Server) -> None:
    server.acceptor.close()
    for connection in list(server.connections):
        connection.abort()
        await connection.wait_closed()
    await server.acceptor.wait_closed()


async def _listen(root: Path, host: str, port: int, host_key: Path, accounts: Mapping[str, Account]) -> _Server:
    connections: set[asyncssh.SSHServerConnection] = set()

    def jail(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        account = accounts[channel.get_extra_info("username")]
        if account.folder is None:
            return _Jail(channel, root)
        return _PartysJail(channel, root / account.folder)

    acceptor = await asyncssh.listen(
        host,
        port,
        server_factory=lambda: _Door(accounts, connections),
        server_host_keys=[str(host_key)],
        sftp_factory=jail,
        sftp_version=3,
        allow_scp=False,
        allow_pty=False,
        agent_forwarding=False,
        x11_forwarding=False,
        compression_algs=None,
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
    )
    return _Server(acceptor, connections)


class _Door(asyncssh.SSHServer):
    """Lets in who has a key of an account; forwards nothing and starts no program (both are the library's defaults)."""

    def __init__(self, accounts: Mapping[str, Account], connections: set[asyncssh.SSHServerConnection]) -> None:
        self._accounts = accounts
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        account = self._accounts.get(username)
        if account is not None and account.keys and self._connection is not None:
            lines = "".join(f"{key.strip()}\n" for key in account.keys)
            self._connection.set_authorized_keys(asyncssh.import_authorized_keys(lines))
        return True


class _Jail(asyncssh.SFTPServer):
    """A folder that no path and no link leads out of; without links, attributes or anything else not needed here."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], root: Path) -> None:
        super().__init__(channel)
        self._root = root

    def map_path(self, path: bytes) -> bytes:
        """The library's own operations on paths, as far as they are not replaced below, find no path."""
        raise _refused()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """A plain file; the attributes that the client wishes for are not given."""
        flags = _flags(pflags)
        self._may_open(_steps(path), flags)
        with self._parent(path) as (folder, name):
            descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o660, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _refused()
        mode = {os.O_RDONLY: "rb", os.O_WRONLY: "wb", os.O_RDWR: "r+b"}[flags & os.O_ACCMODE]
        return os.fdopen(descriptor, mode, buffering=0)

    def stat(self, path: bytes) -> os.stat_result:
        return self.lstat(path)

    def lstat(self, path: bytes) -> os.stat_result:
        if not _steps(path):
            return self._root.stat()
        with self._parent(path) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        with directory(self._root, *_steps(path)) as folder, os.scandir(folder) as found:
            listed = [name for each in found for name in _names(each)]
        return _each(listed)

    def realpath(self, path: bytes) -> bytes:
        return posixpath.normpath(posixpath.join(b"/", path))

    def remove(self, path: bytes) -> None:
        self._may_remove(_steps(path))
        with self._parent(path) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Onto no existing name."""
        try:
            self.lstat(newpath)
        except FileNotFoundError:
            self.posix_rename(oldpath, newpath)
            return
        raise asyncssh.SFTPFailure("the name is taken")

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._may_rename(_steps(oldpath), _steps(newpath))
        with self._parent(oldpath) as (old, name), self._parent(newpath) as (new, new_name):
            os.rename(name, new_name, src_dir_fd=old, dst_dir_fd=new)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self._may_make(_steps(path))
        with self._parent(path) as (folder, name):
            os.mkdir(name, 0o770, dir_fd=folder)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        raise _refused()

    def readlink(self, path: bytes) -> bytes:
        raise _refused()

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise _refused()

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise _refused()

    def fstatvfs(self, file_obj: object) -> asyncssh.SFTPVFSAttrs:
        raise _refused()

    def format_user(self, uid: int | None) -> str:
        """Nobody's name leaves this machine."""
        return "-"

    def format_group(self, gid: int | None) -> str:
        return "-"

    def _may_open(self, steps: list[str], flags: int) -> None:
        """Whoever sees all folders may do all this; `_may_...` raise PermissionError where not."""

    def _may_remove(self, steps: list[str]) -> None:
        pass

    def _may_rename(self, old: list[str], new: list[str]) -> None:
        pass

    def _may_make(self, steps: list[str]) -> None:
        pass

    @contextmanager
    def _parent(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """The folder that holds the path's last name, and that name."""
        steps = _steps(path)
        if not steps:
            raise _refused()
        with directory(self._root, *steps[:-1]) as folder:
            yield folder, posixpath.basename(self.realpath(path))


class _PartysJail(_Jail):
    """One party's folder: it puts files into its inboxes, and takes files away from its outboxes."""

    def _may_open(self, steps: list[str], flags: int) -> None:
        _must(_box(steps) in (INBOXES if flags & _CHANGES else OUTBOXES))

    def _may_remove(self, steps: list[str]) -> None:
        _must(_box(steps) in INBOXES | OUTBOXES)

    def _may_rename(self, old: list[str], new: list[str]) -> None:
        _must(_box(old) in INBOXES and _box(old) == _box(new))

    def _may_make(self, steps: list[str]) -> None:
        raise _refused()


def _box(steps: list[str]) -> str | None:
    """The box of a path to an entry of one."""
    return steps[0] if len(steps) == 2 else None


def _must(allowed: bool) -> None:
    if not allowed:
        raise _refused()


def _refused() -> asyncssh.SFTPPermissionDenied:
    return asyncssh.SFTPPermissionDenied("not here")


def _steps(path: bytes) -> list[str]:
    """The names on the way from the jail's root: `..` leads no higher than that."""
    return [decoded(each) for each in posixpath.normpath(posixpath.join(b"/", path)).split(b"/") if each]


def _flags(pflags: int) -> int:
    reads, writes = pflags & asyncssh.FXF_READ, pflags & asyncssh.FXF_WRITE
    flags = os.O_RDWR if reads and writes else os.O_WRONLY if writes else os.O_RDONLY
    wishes = {
        asyncssh.FXF_APPEND: os.O_APPEND,
        asyncssh.FXF_CREAT: os.O_CREAT,
        asyncssh.FXF_TRUNC: os.O_TRUNC,
        asyncssh.FXF_EXCL: os.O_EXCL,
    }
    for wish, flag in wishes.items():
        if pflags & wish:
            flags |= flag
    return flags


def _names(found: os.DirEntry[str]) -> Iterator[asyncssh.SFTPName]:
    """One, or none where it went away while we listed."""
    with contextlib.suppress(FileNotFoundError):
        attributes = asyncssh.SFTPAttrs.from_local(found.stat(follow_symlinks=False))
        yield asyncssh.SFTPName(os.fsencode(found.name), attrs=attributes)


async def _each(names: list[asyncssh.SFTPName]) -> AsyncIterator[asyncssh.SFTPName]:
    for name in names:
        yield name
