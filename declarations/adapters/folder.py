"""Mailboxes in a local folder: `<root>/<folder>/<box>/<name>`, no link ever followed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from declarations.errors import Invariant, Retryable
from declarations.filenames import decoded, encoded
from declarations.ports import Entry

ASIDE = "ASIDE"
BLOCK = 1 << 20
_TEMPORARY = re.compile(r"\.declarations-[0-9a-f]{32}")
_PARTY = re.compile(r"[0-9]{6}")
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe under the name must not block
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderMailboxes:
    """`ports.Mailboxes` on a file system."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folders(self) -> list[str]:
        """The parties' folders that exist, sorted: those that have a party's number for a name."""
        with _failing("list", "the root"), directory(self._root) as root, os.scandir(root) as found:
            return sorted(each.name for each in found if is_party(each.name) and each.is_dir(follow_symlinks=False))

    def entries(self, folder: str, box: str) -> list[Entry]:
        """What lies there, sorted by name; our own unfinished files are not listed."""
        return [each for each in self._listed(folder, box) if not is_temporary(each.name)]

    def leftovers(self, folder: str, box: str) -> list[Entry]:
        """Our own unfinished files there, sorted by name."""
        return [each for each in self._listed(folder, box) if is_temporary(each.name)]

    def _listed(self, folder: str, box: str) -> list[Entry]:
        with _failing("list", f"{folder}/{box}"):
            try:
                with directory(self._root, folder, box) as here, os.scandir(here) as found:
                    listed = [_entry(decoded(os.fsencode(each.name)), each) for each in found]
            except FileNotFoundError:
                return []
        return sorted(filter(None, listed), key=lambda each: each.name)

    def look(self, folder: str, box: str, name: str) -> Entry | None:
        """That entry as it is now, or None where it is gone."""
        raw = addressable(name)
        with _failing("look", f"{folder}/{box}"):
            try:
                with directory(self._root, folder, box) as here:
                    return entry(name, os.stat(raw, dir_fd=here, follow_symlinks=False))
            except FileNotFoundError:
                return None

    def open(self, folder: str, box: str, name: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of a plain file. Retryable where it is gone or is none any more."""
        raw = addressable(name)
        with _failing("open", f"{folder}/{box}"), directory(self._root, folder, box) as here:
            source = _File(os.open(raw, _READ, dir_fd=here), f"{folder}/{box}")
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            source.close()
            raise Retryable(f"open in {folder}/{box}: no plain file")
        return io.BufferedReader(source, BLOCK)

    def remove(self, folder: str, box: str, name: str) -> None:
        """Take a file or a link away; one that is gone already is fine."""
        raw = addressable(name)
        with (
            _failing("remove", f"{folder}/{box}"),
            contextlib.suppress(FileNotFoundError),
            directory(self._root, folder, box) as here,
        ):
            os.unlink(raw, dir_fd=here)
            os.fsync(here)

    def set_aside(self, folder: str, box: str, name: str) -> None:
        """Move an entry of any kind to the party's ASIDE folder, overwriting nothing; one that is gone is fine."""
        raw = addressable(name)
        with (
            _failing("set aside", f"{folder}/{box}"),
            contextlib.suppress(FileNotFoundError),
            directory(self._root, folder, box) as here,
            made(self._root, folder, ASIDE) as there,
        ):
            kept = another(raw) if _exists(raw, there) else raw
            os.rename(raw, kept, src_dir_fd=here, dst_dir_fd=there)
            os.fsync(there)
            os.fsync(here)

    def write(self, folder: str, box: str, name: str, source: BinaryIO) -> None:
        """Write under a temporary name, then rename over whatever has the name; durable on return."""
        raw, unfinished = addressable(name), temporary()
        with _failing("write", f"{folder}/{box}"), made(self._root, folder, box) as here:
            try:
                with os.fdopen(os.open(unfinished, _CREATE, 0o660, dir_fd=here), "wb") as target:
                    while block := source.read(BLOCK):
                        target.write(block)
                    target.flush()
                    os.fsync(target.fileno())
                os.rename(unfinished, raw, src_dir_fd=here, dst_dir_fd=here)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(unfinished, dir_fd=here)
                raise
            os.fsync(here)


class _File(io.FileIO):
    """A plain file whose faults are Retryable."""

    def __init__(self, descriptor: int, place: str) -> None:
        super().__init__(descriptor, "rb")
        self._place = place

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """As FileIO does. Raises Retryable."""
        with _failing("read", self._place):
            return super().readinto(buffer)


@contextmanager
def directory(root: Path, *components: str) -> Iterator[int]:
    """A descriptor of the folder under `root` that those names lead to, following no link below the root.

    Raises OSError.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for component in components:
            below = os.open(addressable(component), _DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def made(root: Path, *components: str) -> Iterator[int]:
    """As `directory`, the folders being made where they are missing."""
    for length in range(len(components)):
        with directory(root, *components[:length]) as above, contextlib.suppress(FileExistsError):
            os.mkdir(addressable(components[length]), 0o770, dir_fd=above)
            os.fsync(above)
    with directory(root, *components) as found:
        yield found


def addressable(name: str) -> bytes:
    """The bytes of a name that is one step of a path. Raises Invariant for any other: no listing gives those."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise Invariant("a name that is empty, a dot, two dots, or holds a slash or NUL leads out of its box")
    return encoded(name)


def entry(name: str, status: os.stat_result) -> Entry:
    """That line of a listing."""
    return Entry(name, status.st_size, status.st_mtime_ns // 10**9, stat.S_ISREG(status.st_mode))


def temporary() -> str:
    """A new name for an unfinished file of ours."""
    return f".declarations-{secrets.token_hex(16)}"


def is_temporary(name: str) -> bool:
    """Whether `temporary` gave that name."""
    return _TEMPORARY.fullmatch(name) is not None


def is_party(name: str) -> bool:
    """Whether a folder of that name is a party's."""
    return _PARTY.fullmatch(name) is not None


def another(name: bytes) -> bytes:
    """A name like that one which nothing has, short enough for a file system."""
    return name[:200] + b"." + secrets.token_hex(8).encode()


def _exists(name: bytes, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _entry(name: str, found: os.DirEntry[str]) -> Entry | None:
    """None where it went away while we listed."""
    try:
        return entry(name, found.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None


@contextmanager
def _failing(operation: str, place: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise Retryable(f"{operation} in {place}: {fault.strerror or type(fault).__name__}") from fault
