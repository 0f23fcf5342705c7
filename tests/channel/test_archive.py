"""The archive: kept once, durable, unchanged, and never half."""

import hashlib
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest

from declarations.adapters.archive import FolderArchive
from declarations.errors import Invariant, Retryable

CONTENT = b"<DmfAOriginal/>"
KEY = hashlib.sha256(CONTENT).hexdigest()


def kept(root: Path) -> list[Path]:
    return [each for each in root.rglob("*") if each.is_file()]


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


def test_what_is_put_is_found_by_its_hash(archive: FolderArchive) -> None:
    stored = archive.put(io.BytesIO(CONTENT))
    assert (stored.sha256, stored.size) == (KEY, len(CONTENT))
    with archive.open(KEY) as source:
        assert source.read() == CONTENT
    assert archive.local(KEY).read_bytes() == CONTENT


def test_an_opened_file_can_be_searched(archive: FolderArchive) -> None:
    archive.put(io.BytesIO(CONTENT))
    with archive.open(KEY) as source:
        source.seek(1)
        assert source.read(4) == b"DmfA"


def test_the_same_bytes_are_kept_once(archive: FolderArchive, tmp_path: Path) -> None:
    assert archive.put(io.BytesIO(CONTENT)) == archive.put(io.BytesIO(CONTENT))
    assert kept(tmp_path) == [archive.local(KEY)]


def test_a_kept_file_is_read_only(archive: FolderArchive) -> None:
    archive.put(io.BytesIO(CONTENT))
    assert archive.local(KEY).stat().st_mode & 0o777 == 0o440


def test_an_empty_file_is_kept_too(archive: FolderArchive) -> None:
    assert archive.put(io.BytesIO(b"")).size == 0


def test_a_file_larger_than_a_block_arrives_whole(archive: FolderArchive) -> None:
    content = bytes(range(256)) * 12_345
    assert archive.put(io.BytesIO(content)).sha256 == hashlib.sha256(content).hexdigest()


def test_a_missing_key_stops_us(archive: FolderArchive) -> None:
    with pytest.raises(Invariant):
        archive.open(KEY)
    with pytest.raises(Invariant):
        archive.local(KEY)


@pytest.mark.parametrize("key", ["", "..", "../../../../etc/passwd", KEY.upper(), f"{KEY}\n", KEY[:-1]])
def test_what_is_no_hash_is_no_key(archive: FolderArchive, key: str) -> None:
    with pytest.raises(Invariant):
        archive.open(key)


class Breaking(io.BytesIO):
    """A source that fails after its first block."""

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        if not block:
            raise OSError(5, "Input/output error")
        return block


def test_a_source_that_breaks_off_leaves_nothing(archive: FolderArchive, tmp_path: Path) -> None:
    with pytest.raises(Retryable):
        archive.put(Breaking(CONTENT))
    assert kept(tmp_path) == []


def test_an_archive_that_cannot_be_made_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("in the way")
    with pytest.raises(Retryable):
        FolderArchive(tmp_path / "archive").put(io.BytesIO(CONTENT))


WRITER = """
import io, os, sys
from pathlib import Path
from declarations.adapters.archive import FolderArchive
archive = FolderArchive(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    archive.put(io.BytesIO(os.urandom(3_000_000)))
"""


def test_a_kill_at_any_moment_leaves_only_whole_files(tmp_path: Path) -> None:
    for round_ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            if writer.stdout is None:
                raise RuntimeError("no output")
            writer.stdout.readline()
            time.sleep(0.05 + 0.017 * round_)  # the moment is the point of the test
            writer.kill()
    final = [each for each in kept(tmp_path) if each.parent.name != "incoming"]
    assert final
    assert all(hashlib.sha256(each.read_bytes()).hexdigest() == each.name for each in final)
