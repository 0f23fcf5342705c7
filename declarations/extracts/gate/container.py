"""A zip file taken as a suspect: nothing between its members, nothing beside them, no member twice."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LOCAL_HEADER = 30  # bytes, before the name; the lengths of name and extra field stand in its last four
_END = b"PK\x05\x06"
_END_SIZE = 22
_CHUNK = 1 << 20


class UnreadableError(Exception):
    """The file, or a member of it, is not what it should be; the text says how, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A member's size and SHA-256, as read."""

    size: int
    sha256: str


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip file. Raises UnreadableError where it is cut short, or holds a byte that belongs to no member."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_stowaways(archive, path)
            yield archive
    except (zipfile.BadZipFile, EOFError) as fault:
        raise UnreadableError("is not a whole zip file") from fault


def weighed(archive: zipfile.ZipFile, name: str) -> Weighed:
    """Read the member to its end. Raises UnreadableError where its bytes are damaged."""
    digest, size = hashlib.sha256(), 0
    with member(archive, name) as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Weighed(size, digest.hexdigest())


@contextmanager
def member(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """The member's bytes. Raises UnreadableError where it is not there or damaged."""
    try:
        with archive.open(name) as source:
            yield source
    except KeyError as fault:
        raise UnreadableError(f"has no member {name}") from fault
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as fault:
        raise UnreadableError(f"{name} is damaged") from fault


def _refuse_stowaways(archive: zipfile.ZipFile, path: Path) -> None:
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise UnreadableError("has a member twice")
    if archive.comment or any(each.comment or each.flag_bits & ~0x800 for each in archive.infolist()):
        raise UnreadableError("has a comment, or a member that is encrypted or streamed")
    if any(each.date_time != (1980, 1, 1, 0, 0, 0) or each.create_system != 3 for each in archive.infolist()):
        raise UnreadableError("has a member with a moment or a system of its own")
    with path.open("rb") as source:
        if _after_members(archive, source) != archive.start_dir:
            raise UnreadableError("has bytes between its members")
        source.seek(-_END_SIZE, 2)
        if source.read(4) != _END:
            raise UnreadableError("has bytes after its directory")


def _after_members(archive: zipfile.ZipFile, source: IO[bytes]) -> int:
    """Where the last member ends, if each begins where the one before it ends; else -1."""
    at = 0
    for each in archive.infolist():
        if each.header_offset != at:
            return -1
        source.seek(at + _LOCAL_HEADER - 4)
        lengths = source.read(4)
        at += _LOCAL_HEADER + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
        at += each.compress_size
    return at
