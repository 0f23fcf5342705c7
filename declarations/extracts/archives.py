"""Zip files whose bytes depend on their members alone: no clock, no names of machines or people."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

MANIFEST = "manifest.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The moment that every member carries."""

_LEVEL = 6
_CHUNK = 1 << 20


class Sink(Protocol):
    """Where bytes go, in order."""

    def write(self, content: bytes) -> None:
        """Take these."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the zip."""

    name: str
    size: int  # before compression
    sha256: str


class Archive:
    """A zip file being written, member by member."""

    def __init__(self, path: Path) -> None:
        """Begin a new one there."""
        self.members: list[Member] = []
        self._path = path
        self._zip = zipfile.ZipFile(path, "w")

    def __enter__(self) -> Archive:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the directory and close."""
        self._zip.close()

    @contextmanager
    def member(self, name: str) -> Iterator[Sink]:
        """A new compressed member, streamed."""
        with self._zip.open(_entry(name, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as target:
            sink = _Hashed(target)
            yield sink
        self.members.append(Member(name, sink.size, sink.hash.hexdigest()))

    def adopt(self, name: str, file: Path) -> None:
        """Take in a file that is compressed already, as it is."""
        with (
            file.open("rb") as source,
            self._zip.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as target,
        ):
            sink = _Hashed(target)
            while chunk := source.read(_CHUNK):
                sink.write(chunk)
        self.members.append(Member(name, sink.size, sink.hash.hexdigest()))


def completed(path: Path, to: Path, manifest: bytes) -> None:
    """Add the manifest to a finished zip file, as its last member, under its new name."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(_entry(MANIFEST, zipfile.ZIP_DEFLATED), manifest, compresslevel=_LEVEL)
    shutil.move(path, to)


class _Hashed:
    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.size = 0
        self.hash = hashlib.sha256()

    def write(self, content: bytes) -> None:
        self.size += len(content)
        self.hash.update(content)
        self._target.write(content)


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = compression
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
