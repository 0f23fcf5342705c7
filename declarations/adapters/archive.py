"""The archive as a folder: each file under its SHA-256, `ab/cd/abcd...`, written once and never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from declarations.errors import Invariant, Retryable
from declarations.ports import Stored

_BLOCK = 1 << 20
_INCOMING = "incoming"
_REMEMBERED = 10_000


class FolderArchive:
    """`ports.Archive` on a file system. Killed at any moment, it leaves something under `incoming` at most."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._settled: set[Path] = set()  # folders that are durable in theirs
        self._put: set[str] = set()  # keys that are durable: small files come again and again

    def put(self, source: BinaryIO) -> Stored:
        """Keep these bytes, once; durable on return. Raises Retryable where the disk fails."""
        with _failing("put"):
            head, rest = source.read(_BLOCK), source.read(1)
            if rest:
                return self._written(chain((head, rest), iter(partial(source.read, _BLOCK), b"")))
            key = hashlib.sha256(head).hexdigest()
            if key in self._put:
                return Stored(key, len(head))
            if self._path(key).exists():
                self._settle(self._path(key))
            else:
                self._written([head])
            if len(self._put) < _REMEMBERED:
                self._put.add(key)
            return Stored(key, len(head))

    def _written(self, blocks: Iterable[bytes]) -> Stored:
        with self._incoming() as (unfinished, descriptor):
            with os.fdopen(descriptor, "wb") as target:
                stored = _copy(blocks, target)
                target.flush()
                os.fsync(target.fileno())
            final = self._path(stored.sha256)
            final.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            if not final.exists():
                unfinished.rename(final)
            self._settle(final)
        return stored

    def _settle(self, final: Path) -> None:
        """Have the disk know the file's name; also where it was there: whoever put it may not have come this far."""
        _sync(final.parent)
        for folder in (final.parent, final.parent.parent):
            if folder not in self._settled:
                _sync(folder.parent)
                self._settled.add(folder)

    def open(self, sha256: str) -> BinaryIO:
        """Those bytes, seekable. Raises Invariant if there are none."""
        path = self._path(sha256)
        try:
            return path.open("rb")
        except FileNotFoundError as fault:
            raise _missing(sha256) from fault
        except OSError as fault:
            raise Retryable(f"archive: open {sha256}: {fault.strerror}") from fault

    def local(self, sha256: str) -> Path:
        """The file that holds those bytes. Raises Invariant if there is none."""
        path = self._path(sha256)
        if not path.is_file():
            raise _missing(sha256)
        return path

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A private folder on the archive's disk, gone afterwards. Raises Retryable where the disk fails."""
        with _failing("scratch"):
            folder = self._root / _INCOMING
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            work = TemporaryDirectory(dir=folder)
        with work as path:
            yield Path(path)

    def sweep(self, before: datetime) -> int:
        """Take away what killed processes left unfinished before then; how many files and folders."""
        with _failing("sweep"):
            folder = self._root / _INCOMING
            old = [each for each in folder.glob("*") if each.lstat().st_mtime < before.timestamp()]
            for each in old:
                shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)
        return len(old)

    def _path(self, sha256: str) -> Path:
        if re.fullmatch(r"[0-9a-f]{64}", sha256) is None:
            raise Invariant("archive: a key is a SHA-256 in 64 small hexadecimal digits")
        return self._root / sha256[:2] / sha256[2:4] / sha256

    @contextmanager
    def _incoming(self) -> Iterator[tuple[Path, int]]:
        """A new read-only file, open for writing, that is gone afterwards unless it was renamed."""
        folder = self._root / _INCOMING
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        path = folder / secrets.token_hex(16)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o440)
        try:
            yield path, descriptor
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _copy(blocks: Iterable[bytes], target: BinaryIO) -> Stored:
    digest = hashlib.sha256()
    size = 0
    for block in blocks:
        digest.update(block)
        target.write(block)
        size += len(block)
    return Stored(digest.hexdigest(), size)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(sha256: str) -> Invariant:
    return Invariant(f"archive: no file {sha256}, though the ledger knows it; restore it from the backup")


@contextmanager
def _failing(operation: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise Retryable(f"archive: {operation}: {fault.strerror or type(fault).__name__}") from fault
