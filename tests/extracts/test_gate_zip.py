"""A file that is not the whole, plain zip file that was written does not get past the gate."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.parties.party import Format
from tests.extracts import opened
from tests.extracts.at_the_gate import honest, refused
from tests.extracts.deliveries import (
    FORMATS,
)


def cut_short(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def with_a_tail(content: bytes) -> bytes:
    return content + b"85073003328"


def with_a_head(content: bytes) -> bytes:
    return b"85073003328" + content


def with_a_changed_byte(content: bytes) -> bytes:
    return content[:200] + bytes([content[200] ^ 1]) + content[201:]


def twice(content: bytes) -> bytes:
    return content + content


def with_a_comment(content: bytes) -> bytes:
    return content[:-2] + b"\x04\x00abcd"


@pytest.mark.parametrize("change", [cut_short, with_a_tail, with_a_head, with_a_changed_byte, twice, with_a_comment])
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_is_not_the_zip_it_was_may_not_leave(
    format: Format, change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = honest(format, tmp_path)
    path.write_bytes(change(path.read_bytes()))
    refused(path, format)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25, derandomize=True)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_file_with_any_bit_turned_may_not_leave(format: Format, place: float, bit: int) -> None:
    content = bytearray(made(format))
    content[int(place * len(content))] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turned.zip"
        path.write_bytes(content)
        refused(path, format)


@pytest.mark.parametrize("format", FORMATS)
def test_no_bit_of_a_header_can_be_turned(format: Format, tmp_path: Path) -> None:
    content, path = made(format), tmp_path / "turned.zip"
    end = len(content) - 22
    places = [*range(30), *range(int.from_bytes(content[-6:-2], "little"), len(content))]
    for place in places[:: 1 if format is Format.CSV else 7]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        refused(path, format)
    assert content[end : end + 4] == b"PK\x05\x06"


@cache
def made(format: Format) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return honest(format, Path(folder)).read_bytes()


def test_bytes_hidden_behind_a_members_end_are_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    files = opened.members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            stream = zlib.compressobj(wbits=-15)
            packed = stream.compress(content) + stream.flush() + b"85073003328"
            archive.writestr(entry, packed)
            entry.compress_type, entry.file_size, entry.CRC = 8, len(content), zlib.crc32(content)
            _mend_header(archive, entry)
    assert "has bytes behind its end" in refused(path, Format.CSV)


def _mend_header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    assert archive.fp is not None
    at = archive.fp.tell()
    archive.fp.seek(entry.header_offset)
    archive.fp.write(entry.FileHeader(zip64=False))
    archive.fp.seek(at)


def test_bytes_hidden_between_members_are_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        hidden = archive.getinfo("manifest.json")
        archive.writestr(zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0)), archive.read("manifest.json"))
        archive.filelist.remove(hidden)
        archive.getinfo("x").filename = "manifest.json"
    assert "has bytes between its members" in refused(path, Format.CSV)


def test_a_member_that_stands_twice_is_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(zipfile.ZipInfo("line.csv", (1980, 1, 1, 0, 0, 0)), b"")
    assert "has a member twice" in refused(path, Format.CSV)


def test_a_member_that_tells_when_it_was_made_is_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    files = opened.members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 4, 23, 0, 0, 0)), content)
    assert "whose header is not as it should be" in refused(path, Format.CSV)
