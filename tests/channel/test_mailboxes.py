"""What every kind of mailboxes promises: a local folder, our demonstration's server, OpenSSH's server."""

import io
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declarations.adapters.folder import FolderMailboxes, temporary
from declarations.adapters.sftp import SftpMailboxes
from declarations.demo.server import serving
from declarations.errors import Invariant, Retryable
from declarations.ports import Entry, Mailboxes
from tests.channel.conftest import BOXES, PARTIES, Site, accounts, free_port, make_boxes

PARTY = PARTIES[0]
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True)
class Place:
    """Mailboxes, and the folder in which they show."""

    boxes: Mailboxes
    root: Path

    def drop(self, name: str, content: bytes = b"x", box: str = "IN") -> Path:
        path = self.root / PARTY / box / name
        path.write_bytes(content)
        return path


@contextmanager
def openssh(root: Path, keys: Path, folder: Path, port: int | None = None) -> Iterator[Site]:
    """OpenSSH's own server, without privileges, landing in `root`; on a free port unless it is told one."""
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where a server started by root wants to separate its privileges
    port = port or free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys / 'host'}\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {keys / 'exchange.pub'}\nSubsystem sftp internal-sftp\n"
        f"ForceCommand internal-sftp -d {root}\n"
    )
    with subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")]) as server:
        try:
            _wait(port, server)
            yield Site(port, root, keys)
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.skip("OpenSSH's server does not start here")


@contextmanager
def _mailboxes(kind: str, root: Path, keys: Path, folder: Path) -> Iterator[Mailboxes]:
    if kind == "folder":
        yield FolderMailboxes(root)
    elif kind == "sftp":
        with serving(root, keys / "host", accounts(keys)) as port, Site(port, root, keys).mailboxes() as boxes:
            yield boxes
    else:
        with openssh(root, keys, folder) as site:
            account = pwd.getpwuid(os.getuid()).pw_name
            key, host_key = keys / "exchange", keys / "host.pub"
            with SftpMailboxes(
                host="127.0.0.1", port=site.port, account=account, key=key, host_key=host_key, seconds=10
            ) as boxes:
                yield boxes


@pytest.fixture(
    params=[
        "folder",
        "sftp",
        pytest.param("openssh", marks=pytest.mark.skipif(SSHD is None, reason="no OpenSSH server installed")),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path, keys: Path) -> Iterator[Place]:
    root = make_boxes(tmp_path / "root")
    with _mailboxes(request.param, root, keys, tmp_path) as boxes:
        yield Place(boxes, root)


def names(place: Place, box: str = "IN") -> list[str]:
    return [each.name for each in place.boxes.entries(PARTY, box)]


def read(place: Place, name: str, box: str = "IN") -> bytes:
    with place.boxes.open(PARTY, box, name) as source:
        return source.read()


def test_the_folders_are_those_that_have_a_party_number(place: Place) -> None:
    (place.root / "lost+found").mkdir()
    (place.root / "999999").write_text("a file")
    (place.root / "000103").symlink_to(place.root / PARTY)
    assert place.boxes.folders() == list(PARTIES)


def test_a_listing_tells_name_size_and_second_sorted_by_name(place: Place) -> None:
    for name, content in (("b", b"22"), ("a", b"1")):
        os.utime(place.drop(name, content), ns=(0, 1_777_777_777_900_000_000))
    assert place.boxes.entries(PARTY, "IN") == [Entry("a", 1, 1_777_777_777, True), Entry("b", 2, 1_777_777_777, True)]


def test_a_box_or_folder_that_does_not_exist_is_empty(place: Place) -> None:
    assert place.boxes.entries(PARTY, "NONE") == []
    assert place.boxes.entries("000199", "IN") == []
    assert place.boxes.look("000199", "IN", "a") is None


def test_a_long_listing_is_complete(place: Place) -> None:
    for number in range(300):
        place.drop(f"f{number:04}", b"")
    assert names(place) == [f"f{number:04}" for number in range(300)]


def test_a_listing_is_whole_while_files_come_and_go(place: Place) -> None:
    place.drop("stays")
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            for number in range(20):
                place.drop(f"f{number}", b"")
            for number in range(20):
                (place.root / PARTY / "IN" / f"f{number}").unlink()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        assert all("stays" in names(place) for _ in range(50))
    finally:
        stop.set()
        thread.join()


def test_folders_links_and_pipes_are_listed_as_not_regular(place: Place) -> None:
    inbox = place.root / PARTY / "IN"
    (inbox / "folder").mkdir()
    (inbox / "link").symlink_to("/etc/passwd")
    (inbox / "nowhere").symlink_to("nowhere at all")
    os.mkfifo(inbox / "pipe")
    listed = place.boxes.entries(PARTY, "IN")
    assert [(each.name, each.regular) for each in listed] == [
        ("folder", False),
        ("link", False),
        ("nowhere", False),
        ("pipe", False),
    ]
    assert [place.boxes.look(PARTY, "IN", each.name) for each in listed] == listed


def test_what_is_no_plain_file_is_not_opened(place: Place) -> None:
    inbox = place.root / PARTY / "IN"
    (inbox / "folder").mkdir()
    (inbox / "link").symlink_to("/etc/passwd")
    os.mkfifo(inbox / "pipe")
    for name in ("folder", "link", "pipe"):
        with pytest.raises(Retryable), place.boxes.open(PARTY, "IN", name):
            pass


def test_a_file_that_went_away_can_not_be_opened_now(place: Place) -> None:
    with pytest.raises(Retryable, match=f"open in {PARTY}/IN"), place.boxes.open(PARTY, "IN", "gone"):
        pass


def test_a_box_that_is_a_link_is_not_entered(place: Place) -> None:
    if not isinstance(place.boxes, FolderMailboxes):
        pytest.skip("the server decides which links it follows")
    box = place.root / PARTY / "IN"
    box.rmdir()
    box.symlink_to(place.root / PARTIES[1] / "IN")
    with pytest.raises(Retryable):
        place.boxes.entries(PARTY, "IN")


@pytest.mark.parametrize("size", [0, 1, 32_767, 32_768, 32_769, 65_536, 3_000_001])
def test_a_file_is_written_and_read_whole(place: Place, size: int) -> None:
    content = os.urandom(size)
    place.boxes.write(PARTY, "OUT", "a", io.BytesIO(content))
    assert read(place, "a", "OUT") == content
    assert (place.root / PARTY / "OUT" / "a").read_bytes() == content


def test_two_files_can_be_read_at_once(place: Place) -> None:
    first, second = os.urandom(3_000_000), os.urandom(3_000_000)
    place.drop("a", first)
    place.drop("b", second)
    with place.boxes.open(PARTY, "IN", "a") as one, place.boxes.open(PARTY, "IN", "b") as other:
        start = one.read(10)
        assert other.read() == second
        assert place.boxes.look(PARTY, "IN", "b") is not None
        assert start + one.read() == first


def test_a_file_left_half_read_does_not_disturb_the_next(place: Place) -> None:
    place.drop("a", os.urandom(3_000_000))
    place.drop("b", b"b" * 100_000)
    with place.boxes.open(PARTY, "IN", "a") as source:
        source.read(1)
    assert read(place, "b") == b"b" * 100_000


def test_a_file_that_grows_or_shrinks_while_read_ends_where_it_ends(place: Place) -> None:
    path = place.drop("a", b"x" * 5_000_000)
    with place.boxes.open(PARTY, "IN", "a") as source:
        source.read(1)
        os.truncate(path, 4_000_000)
        assert 4_000_000 - 1 <= len(source.read()) < 5_000_000
    with place.boxes.open(PARTY, "IN", "a") as source, path.open("ab") as writer:
        source.read(1)
        writer.write(b"y" * 3_000_000)
        writer.flush()
        assert len(source.read()) == 7_000_000 - 1


def test_writing_makes_the_box(place: Place) -> None:
    place.boxes.write("000103", "OUT", "a", io.BytesIO(b"x"))
    assert (place.root / "000103" / "OUT" / "a").read_bytes() == b"x"


def test_writing_again_replaces_and_leaves_nothing_else(place: Place) -> None:
    place.boxes.write(PARTY, "OUT", "a", io.BytesIO(b"first"))
    place.boxes.write(PARTY, "OUT", "a", io.BytesIO(b"2"))
    assert [(each.name, each.read_bytes()) for each in (place.root / PARTY / "OUT").iterdir()] == [("a", b"2")]


def test_an_unfinished_file_of_ours_is_not_listed_but_a_stranger_is(place: Place) -> None:
    place.drop(temporary())
    place.drop(".declarations-mine")
    assert names(place) == [".declarations-mine"]


class Breaking(io.BytesIO):
    """A source that fails after its first blocks."""

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        if not block:
            raise OSError(5, "Input/output error")
        return block


def test_a_source_that_breaks_off_leaves_nothing_behind(place: Place) -> None:
    with pytest.raises(Retryable):
        place.boxes.write(PARTY, "OUT", "a", Breaking(b"x" * 3_000_000))
    assert list((place.root / PARTY / "OUT").iterdir()) == []
    place.boxes.write(PARTY, "OUT", "a", io.BytesIO(b"x"))
    assert names(place, "OUT") == ["a"]


def test_a_file_or_link_is_removed_and_its_target_stays(place: Place) -> None:
    target = place.drop("target")
    (place.root / PARTY / "IN" / "link").symlink_to(target)
    place.boxes.remove(PARTY, "IN", "link")
    assert names(place) == ["target"]
    place.boxes.remove(PARTY, "IN", "target")
    assert names(place) == []


def test_removing_what_is_gone_is_fine(place: Place) -> None:
    place.boxes.remove(PARTY, "IN", "gone")
    place.boxes.remove("000199", "IN", "gone")


def test_a_folder_is_not_removed(place: Place) -> None:
    (place.root / PARTY / "IN" / "folder").mkdir()
    with pytest.raises(Retryable):
        place.boxes.remove(PARTY, "IN", "folder")
    assert names(place) == ["folder"]


def test_any_entry_is_set_aside_and_overwrites_nothing(place: Place) -> None:
    inbox, aside = place.root / PARTY / "IN", place.root / PARTY / "ASIDE"
    (inbox / "folder").mkdir()
    (inbox / "folder" / "inside").write_text("x")
    (inbox / "link").symlink_to("nowhere")
    for content in (b"first", b"second"):
        place.drop("file", content)
        place.boxes.set_aside(PARTY, "IN", "file")
    for name in ("folder", "link"):
        place.boxes.set_aside(PARTY, "IN", name)
    assert names(place) == []
    assert (aside / "folder" / "inside").read_text() == "x"
    assert (aside / "link").is_symlink()
    assert sorted(each.read_bytes() for each in aside.glob("file*")) == [b"first", b"second"]


def test_setting_aside_what_is_gone_is_fine(place: Place) -> None:
    place.boxes.set_aside(PARTY, "IN", "gone")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b"])
def test_a_name_that_leads_out_of_the_box_is_refused(place: Place, name: str) -> None:
    boxes = place.boxes
    for refused in (boxes.look, boxes.remove, boxes.set_aside):
        with pytest.raises(Invariant):
            refused(PARTY, "IN", name)
    with pytest.raises(Invariant):
        boxes.write(PARTY, "OUT", name, io.BytesIO(b"x"))
    with pytest.raises(Invariant), boxes.open(PARTY, "IN", name):
        pass
    with pytest.raises(Invariant):
        boxes.entries(PARTY, name)
    with pytest.raises(Invariant):
        boxes.entries(name, "IN")


HOSTILE = (
    b"caf\xe9",
    b"caf\xc3\xa9",
    b"new\nline",
    b"-rf",
    b"%s%n",
    b"\xe2\x80\xaebidi",
    b"\xff" * 250,
    b"\xef\x9e\x80",
    b"a\\b",
)


def test_names_that_are_not_text_are_listed_read_and_taken_away(place: Place) -> None:
    inbox = os.fsencode(place.root / PARTY / "IN")
    for name in HOSTILE:
        with open(os.path.join(inbox, name), "wb") as file:  # noqa: PTH118, PTH123 - a path of bytes
            file.write(name)
    listed = names(place)
    assert len(listed) == len(HOSTILE)
    assert all(each.encode("utf-8") for each in listed)
    assert {read(place, each) for each in listed} == set(HOSTILE)
    for each in listed[::2]:
        place.boxes.remove(PARTY, "IN", each)
    for each in listed[1::2]:
        place.boxes.set_aside(PARTY, "IN", each)
    assert names(place) == []
    assert len(place.boxes.entries(PARTY, "ASIDE")) == len(HOSTILE) // 2


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200_000), st.lists(st.integers(1, 70_000), min_size=1))
def test_what_is_written_is_read_back_in_any_steps(place: Place, content: bytes, steps: list[int]) -> None:
    place.boxes.write(PARTY, "OUT", "a", io.BytesIO(content))
    with place.boxes.open(PARTY, "OUT", "a") as source:
        found = b"".join(source.read(step) for step in steps)
        assert found + source.read() == content


def test_the_boxes_are_those_of_the_model() -> None:
    assert {"IN", "INTEST", "INTEST-S", "OUT", "OUTTEST", "OUTTEST-S"} == set(BOXES)
