"""What only a server can do to us: show another key, hang, vanish, lack an extension, take the file at once."""

import hashlib
import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from declarations.adapters.sftp import SftpMailboxes
from declarations.adapters.sftp_session import POSIX_RENAME
from declarations.demo.server import serving
from declarations.errors import Configuration, Retryable
from tests.channel.conftest import PARTIES, Site, accounts, make_boxes, process

PARTY = PARTIES[0]


def client(
    site: Site, *, key: str = "exchange", host_key: Path | None = None, account: str = "exchange"
) -> SftpMailboxes:
    return SftpMailboxes(
        host="127.0.0.1",
        port=site.port,
        account=account,
        key=site.keys / key,
        host_key=host_key or site.keys / "host.pub",
        seconds=10,
    )


def test_a_changed_host_key_is_an_alarm_and_not_a_retry(site: Site) -> None:
    with client(site, host_key=site.keys / "stranger.pub") as boxes, pytest.raises(Configuration, match="another key"):
        boxes.folders()


def test_the_host_key_may_stand_in_a_known_hosts_file_among_others(site: Site, tmp_path: Path) -> None:
    lines = [(site.keys / f"{name}.pub").read_text() for name in ("stranger", "host")]
    known = tmp_path / "known_hosts"
    known.write_text("# pinned\n\n" + "".join(f"sftp.example.org,127.0.0.1 {line}" for line in lines[1:]))
    with client(site, host_key=known) as boxes:
        assert boxes.folders() == list(PARTIES)


def test_threads_read_at_once_each_over_a_connection_of_its_own(site: Site) -> None:
    contents = {f"FI.{number}": os.urandom(200_000) for number in range(4)}
    with client(site) as boxes, ThreadPoolExecutor(len(contents)) as pool:
        for name, content in contents.items():
            boxes.write(PARTY, "IN", name, io.BytesIO(content))

        def read(name: str) -> bytes:
            with boxes.open(PARTY, "IN", name) as source:
                return source.read()

        for _ in range(5):
            assert list(pool.map(read, contents)) == list(contents.values())


@pytest.mark.parametrize("content", ["", "# nothing\n", "no key\n", "ssh-ed25519\n", "ssh-ed25519 AAAA\n", "é\n"])
def test_a_host_key_file_without_a_key_is_a_wrong_setting(site: Site, tmp_path: Path, content: str) -> None:
    (tmp_path / "known").write_text(content)
    with client(site, host_key=tmp_path / "known") as boxes, pytest.raises(Configuration, match="host key"):
        boxes.folders()


def test_a_key_file_that_is_missing_or_none_is_a_wrong_setting(site: Site) -> None:
    for key in ("missing", "host.pub"):
        with client(site, key=key) as boxes, pytest.raises(Configuration, match="private key"):
            boxes.folders()


def test_an_account_that_does_not_know_our_key_is_told_so(site: Site) -> None:
    for account, key in (("exchange", "stranger"), ("nobody", "exchange")):
        with client(site, account=account, key=key) as boxes, pytest.raises(Retryable, match="not let in"):
            boxes.folders()


def test_a_server_that_is_down_is_retried_and_found_again(tmp_path: Path, site: Site) -> None:
    with serving(site.root, site.keys / "host", accounts(site.keys)) as port:
        boxes = Site(port, site.root, site.keys).mailboxes()
        assert boxes.folders() == list(PARTIES)
    with pytest.raises(Retryable, match=f"SFTP 127.0.0.1:{port}: list in {PARTY}/IN"):
        boxes.entries(PARTY, "IN")
    with serving(site.root, site.keys / "host", accounts(site.keys), port):
        assert boxes.folders() == list(PARTIES)
    boxes.close()


def test_a_closed_client_opens_again(site: Site) -> None:
    boxes = site.mailboxes()
    assert boxes.folders() == list(PARTIES)
    boxes.close()
    assert boxes.folders() == list(PARTIES)
    boxes.close()


@contextmanager
def relay(port: int, passes: Callable[[bytes], bool]) -> Iterator[int]:
    """A port that leads to that one until the bytes from the server no longer pass; then it falls silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as server:
        ends: list[socket.socket] = []

        def pump(source: socket.socket, target: socket.socket, gate: Callable[[bytes], bool]) -> None:
            try:
                while block := source.recv(65_536):
                    if gate(block):
                        target.sendall(block)
            except OSError:
                return

        def accept() -> None:
            try:
                end, _ = listener.accept()
                ends.append(end)
                server.connect(("127.0.0.1", port))
            except OSError:
                return
            threading.Thread(target=pump, args=(server, end, passes), daemon=True).start()
            pump(end, server, lambda block: True)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        for each in (*ends, server):
            each.close()
    thread.join(5)


@pytest.mark.parametrize("allowed", [0, 200, 2_000, 100_000])
def test_a_server_that_falls_silent_is_given_up(site: Site, allowed: int) -> None:
    (site.root / PARTY / "IN" / "a").write_bytes(os.urandom(1_000_000))
    count = 0

    def passes(block: bytes) -> bool:
        nonlocal count
        count += len(block)
        return count <= allowed

    with (
        relay(site.port, passes) as port,
        Site(port, site.root, site.keys).mailboxes(seconds=0.7) as boxes,
        pytest.raises(Retryable),
        boxes.open(PARTY, "IN", "a") as source,
    ):
        source.read()


def test_a_connection_that_breaks_while_reading_is_retried(site: Site) -> None:
    content = os.urandom(8_000_000)
    with serving(site.root, site.keys / "host", accounts(site.keys)) as port:
        boxes = Site(port, site.root, site.keys).mailboxes()
        boxes.write(PARTY, "OUT", "a", io.BytesIO(content))
        opened = boxes.open(PARTY, "OUT", "a")
        source = opened.__enter__()
        source.read(10)
    with pytest.raises(Retryable, match="read in"):
        source.read()
    opened.__exit__(None, None, None)
    boxes.close()


def test_a_read_after_a_reconnection_does_not_go_on_elsewhere(site: Site) -> None:
    (site.root / PARTY / "IN" / "a").write_bytes(os.urandom(8_000_000))
    with site.mailboxes() as boxes, boxes.open(PARTY, "IN", "a") as source:
        source.read(10)
        boxes.close()
        assert boxes.folders() == list(PARTIES)
        with pytest.raises(Retryable):
            source.read()


def test_a_receiver_may_take_the_file_the_moment_it_appears(site: Site) -> None:
    outbox = site.root / PARTY / "OUT"
    taken: list[bytes] = []
    stop = threading.Event()

    def receiver() -> None:
        while not stop.is_set():
            for path in outbox.glob("FO.*"):
                taken.append(path.read_bytes())
                path.unlink()

    thread = threading.Thread(target=receiver)
    thread.start()
    try:
        with site.mailboxes() as boxes:
            for number in range(30):
                boxes.write(PARTY, "OUT", f"FO.{number}", io.BytesIO(b"x" * 50_000))
    finally:
        stop.set()
        thread.join()
    assert len(taken) + len(list(outbox.iterdir())) == 30
    assert set(map(len, taken)) <= {50_000}


def test_a_server_without_posix_rename_gets_the_same_file(site: Site) -> None:
    with site.mailboxes() as boxes:
        session = boxes._connected()
        assert POSIX_RENAME in session.extensions
        session.extensions = frozenset()
        for content in (b"first", b"second"):
            boxes.write(PARTY, "OUT", "a", io.BytesIO(content))
    assert [(each.name, each.read_bytes()) for each in (site.root / PARTY / "OUT").iterdir()] == [("a", b"second")]


def test_a_party_may_not_be_written_to_by_another(site: Site) -> None:
    with client(site, account=PARTY, key=PARTY) as boxes, pytest.raises(Retryable, match="Permission denied"):
        boxes.write(PARTY, "OUT", "a", io.BytesIO(b"x"))


@pytest.mark.parametrize("room", [1_000_000, 2_990_000])
def test_a_full_disk_is_noticed_up_to_the_last_byte(tmp_path: Path, keys: Path, room: int) -> None:
    root = make_boxes(tmp_path / "root")
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    with process(root, keys, limit) as site, site.mailboxes() as boxes:
        with pytest.raises(Retryable, match=f"write in {PARTY}/OUT"):
            boxes.write(PARTY, "OUT", "a", io.BytesIO(b"x" * 3_000_000))
        assert boxes.entries(PARTY, "OUT") == []
    assert list((root / PARTY / "OUT").iterdir()) == []


def test_an_error_quotes_no_file_name(site: Site) -> None:
    name = "85073003328"
    with site.mailboxes() as boxes, pytest.raises(Retryable) as raised, boxes.open(PARTY, "IN", name):
        pass
    assert name not in str(raised.value)


def test_a_large_file_arrives_identical(site: Site) -> None:
    content = os.urandom(5_000_000)
    with site.mailboxes() as boxes:
        boxes.write(PARTY, "OUT", "a", io.BytesIO(content))
        with boxes.open(PARTY, "OUT", "a") as source:
            assert hashlib.file_digest(source, "sha256").digest() == hashlib.sha256(content).digest()


def test_everything_lies_in_one_folder_of_a_server_that_is_a_recipients_own(site: Site) -> None:
    with SftpMailboxes(
        host="127.0.0.1",
        port=site.port,
        account="000101",
        key=site.keys / "000101",
        host_key=(site.keys / "host.pub").read_text(),
        inside="IN",
    ) as theirs:
        theirs.write("990001", "OUT", "GO.DMFA.999999.20260423.00001.R", io.BytesIO(b"go"))
        assert theirs.look("990001", "OUT", "GO.DMFA.999999.20260423.00001.R") is not None
    lying = [each.name for each in (site.root / "000101" / "IN").iterdir()]
    assert lying == ["GO.DMFA.999999.20260423.00001.R"]
