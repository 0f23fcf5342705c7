"""A zip file taken as a suspect: nothing between its members, nothing beside them, nothing in its headers."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LOCAL = struct.Struct("<4s5H3L2H")  # signature, version, flags, method, time, date, CRC, sizes, lengths
_LISTED = struct.Struct("<4s4B4H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_RIGHTS = 0o644 << 16
_ENTRY_DATE = 0x21  # 1980-01-01
_LARGE = 0xFFFFFFFF
_VERSIONS = (20, 45)
_CHUNK = 1 << 16


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
        with zipfile.ZipFile(path) as archive, path.open("rb") as source:
            _refuse_stowaways(archive, source)
            yield archive
    except (zipfile.BadZipFile, EOFError, struct.error) as fault:
        raise UnreadableError("is not a whole zip file") from fault


@contextmanager
def member(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """The member's bytes. Raises UnreadableError where it is not there or damaged."""
    try:
        with archive.open(name) as source:
            yield source
    except KeyError as fault:
        raise UnreadableError(f"has no member {name}") from fault
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as fault:
        raise UnreadableError(f"{name} is damaged") from fault


def weighed(archive: zipfile.ZipFile, path: Path, name: str) -> Weighed:
    """Unpack the member to its end. Raises UnreadableError where its bytes are damaged, or some are left over."""
    entry = archive.getinfo(name)
    digest, size, checksum = hashlib.sha256(), 0, 0
    try:
        for chunk in _unpacked(entry, path):
            digest.update(chunk)
            checksum = zlib.crc32(chunk, checksum)
            size += len(chunk)
    except zlib.error as fault:
        raise UnreadableError(f"{name} is damaged") from fault
    if (size, checksum) != (entry.file_size, entry.CRC):
        raise UnreadableError(f"{name} is damaged")
    return Weighed(size, digest.hexdigest())


def _unpacked(entry: zipfile.ZipInfo, path: Path) -> Iterator[bytes]:
    """zipfile would stop at the end of the stream, and not see what was put behind it."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    with path.open("rb") as source:
        source.seek(entry.header_offset + _local_size(entry, source))
        left = entry.compress_size
        while left:
            chunk = source.read(min(left, _CHUNK))
            if not chunk:
                raise UnreadableError(f"{entry.filename} is cut short")
            left -= len(chunk)
            yield chunk if entry.compress_type == zipfile.ZIP_STORED else stream.decompress(chunk)
    if entry.compress_type == zipfile.ZIP_DEFLATED and (not stream.eof or stream.unused_data):
        raise UnreadableError(f"{entry.filename} has bytes behind its end")


def _refuse_stowaways(archive: zipfile.ZipFile, source: IO[bytes]) -> None:
    entries = archive.infolist()
    if len({each.filename for each in entries}) < len(entries):
        raise UnreadableError("has a member twice")
    at = 0
    for each in entries:
        if each.header_offset != at:
            raise UnreadableError("has bytes between its members")
        if not _as_listed(each, source):
            raise UnreadableError("has a member whose header is not as it should be")
        at += _local_size(each, source) + each.compress_size
    if at != archive.start_dir:
        raise UnreadableError("has bytes between its members")
    _refuse_another_end(archive, source)


def _as_listed(entry: zipfile.ZipInfo, source: IO[bytes]) -> bool:
    """Whether the header before the member says what the directory says, and no more."""
    source.seek(entry.header_offset)
    signature, version, *rest, length, more = _LOCAL.unpack(source.read(_LOCAL.size))
    name, extra = source.read(length), source.read(more)
    sizes = [entry.compress_size, entry.file_size]
    if extra:
        if extra != struct.pack("<HHQQ", 1, 16, entry.file_size, entry.compress_size):
            return False
        sizes = [_LARGE, _LARGE]
    wanted = [entry.flag_bits, entry.compress_type, 0, _ENTRY_DATE, entry.CRC, *sizes]
    return bool(
        signature == b"PK\x03\x04" and version in _VERSIONS and rest == wanted and name == entry.filename.encode()
    )


def _local_size(entry: zipfile.ZipInfo, source: IO[bytes]) -> int:
    source.seek(entry.header_offset)
    *_, length, more = _LOCAL.unpack(source.read(_LOCAL.size))
    return int(_LOCAL.size + length + more)


def _refuse_another_end(archive: zipfile.ZipFile, source: IO[bytes]) -> None:
    """The directory says of each member what it must, and is followed by its end and nothing else.

    Only of a file too large for the plain form of a directory is it not looked at byte by byte.
    """
    entries = archive.infolist()
    if archive.start_dir > _LARGE or any(each.file_size >= _LARGE for each in entries):
        return
    directory = b"".join(_listing(each) for each in entries)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), archive.start_dir, 0)
    source.seek(archive.start_dir)
    if source.read() != directory + end:
        raise UnreadableError("has a directory that is not as it should be, or bytes after it")


def _listing(entry: zipfile.ZipInfo) -> bytes:
    """How the directory lists a member: no comment, no moment, no system, no rights of its own."""
    name, version = entry.filename.encode(), 45 if entry.extract_version == 45 else 20
    numbers = (entry.CRC, entry.compress_size, entry.file_size, len(name), 0, 0, 0, 0, _RIGHTS, entry.header_offset)
    return _LISTED.pack(b"PK\x01\x02", version, 3, version, 0, 0, entry.compress_type, 0, _ENTRY_DATE, *numbers) + name
