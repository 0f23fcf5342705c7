"""The demonstration's server, met by OpenSSH's own client: what a party can do, and what it can not."""

import subprocess
from pathlib import Path

import pytest

from tests.channel.conftest import PARTIES, Sftp, Site, make_boxes, process

PARTY, OTHER = PARTIES


def refuses(result: "subprocess.CompletedProcess[str]") -> bool:
    return result.returncode != 0


def test_a_party_puts_renames_lists_gets_and_removes(site: Site, sftp: Sftp, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine" * 50_000)
    (site.root / PARTY / "OUT" / "FO.1").write_bytes(b"answer" * 50_000)
    result = sftp(
        "pwd",
        f"put {tmp_path / 'mine'} IN/.mine.part",
        "rename IN/.mine.part IN/FI.1",
        "ls -l IN",
        "cd OUT",
        f"get FO.1 {tmp_path / 'got'}",
        "rm FO.1",
    )
    assert result.returncode == 0, result.stderr
    assert "Remote working directory: /" in result.stdout
    assert "FI.1" in result.stdout
    assert (site.root / PARTY / "IN" / "FI.1").read_bytes() == b"mine" * 50_000
    assert (tmp_path / "got").read_bytes() == b"answer" * 50_000
    assert list((site.root / PARTY / "OUT").iterdir()) == []


def test_a_party_sees_its_own_folder_as_the_whole_world(sftp: Sftp) -> None:
    listing = sftp("ls -1 /").stdout
    assert "IN\n" in listing
    assert "OUTTEST-S\n" in listing
    assert OTHER not in listing


@pytest.mark.parametrize(
    "path", ["/../000102/OUT/secret", "../../000102/OUT/secret", "/OUT/../../000102/OUT/secret", "/000102/OUT/secret"]
)
def test_dots_lead_no_higher_than_the_own_folder(site: Site, sftp: Sftp, tmp_path: Path, path: str) -> None:
    (site.root / OTHER / "OUT" / "secret").write_text("secret")
    assert refuses(sftp(f"get {path} {tmp_path / 'got'}"))
    assert not (tmp_path / "got").exists()


def test_no_command_leaves_the_own_folder(site: Site, sftp: Sftp, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (site.root / PARTY / "IN" / "file").write_text("x")
    commands = [
        f"put {tmp_path / 'mine'} ../000102/IN/x",
        f"put {tmp_path / 'mine'} /../x",
        "rename IN/file ../000102/IN/file",
        "rm ../000102/IN/x",
        "get /etc/passwd",
        "cd /etc",
        "ls /etc",
    ]
    assert [command for command in commands if not refuses(sftp(command))] == []
    assert [each.name for each in site.root.iterdir() if each.is_file()] == []
    assert list((site.root / OTHER / "IN").iterdir()) == []


def test_a_party_makes_no_links_folders_or_attributes(site: Site, sftp: Sftp) -> None:
    file = site.root / PARTY / "IN" / "file"
    file.write_text("x")
    mode = file.stat().st_mode
    commands = [
        "ln -s /etc/passwd IN/link",
        "ln -s ../../000102/OUT IN/link",
        "ln IN/file IN/hard",
        "chmod 777 IN/file",
        "chown 0 IN/file",
        "mkdir IN/folder",
        "mkdir NEW",
        "rmdir OUTTEST",
        "rm IN",
        "rename IN OUT2",
        "df",
    ]
    assert [command for command in commands if not refuses(sftp(command))] == []
    assert [each.name for each in (site.root / PARTY / "IN").iterdir()] == ["file"]
    assert file.stat().st_mode == mode


def test_planted_links_are_not_followed(site: Site, sftp: Sftp, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (site.root / OTHER / "OUT" / "secret").write_text("secret")
    (site.root / PARTY / "OUT" / "file").symlink_to("/etc/passwd")
    (site.root / PARTY / "OUT" / "folder").symlink_to(site.root / OTHER / "OUT")
    (site.root / PARTY / "IN" / "target").symlink_to(site.root / OTHER / "OUT" / "secret")
    (site.root / PARTY / "OUTTEST").rmdir()
    (site.root / PARTY / "OUTTEST").symlink_to(site.root / OTHER / "OUT")
    commands = [
        f"get OUT/file {tmp_path / 'got'}",
        f"get OUT/folder/secret {tmp_path / 'got'}",
        f"get OUTTEST/secret {tmp_path / 'got'}",
        "rm OUTTEST/secret",
        f"put {tmp_path / 'mine'} IN/target",
    ]
    assert [command for command in commands if not refuses(sftp(command))] == []
    assert "secret" not in sftp("ls -l OUTTEST", "ls -l OUTTEST/").stdout
    assert (site.root / OTHER / "OUT" / "secret").read_text() == "secret"
    assert not (tmp_path / "got").exists() or (tmp_path / "got").read_bytes() == b""


def test_an_inbox_is_not_read_and_an_outbox_not_written(site: Site, sftp: Sftp, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (site.root / PARTY / "IN" / "file").write_text("dropped")
    (site.root / PARTY / "OUT" / "FO.1").write_text("answer")
    commands = [
        f"get IN/file {tmp_path / 'got'}",
        f"put {tmp_path / 'mine'} OUT/FO.1",
        f"put {tmp_path / 'mine'} OUT/new",
        f"put {tmp_path / 'mine'} new",
        "rename IN/file OUT/file",
        "rename OUT/FO.1 IN/FO.1",
        "rename IN/file INTEST/file",
    ]
    assert [command for command in commands if not refuses(sftp(command))] == []
    assert (site.root / PARTY / "OUT" / "FO.1").read_text() == "answer"


def test_nobody_comes_in_with_the_key_of_another(sftp: Sftp) -> None:
    tries = [(PARTY, OTHER), (PARTY, "stranger"), ("exchange", PARTY), ("root", PARTY), ("nobody", "exchange")]
    results = [sftp("pwd", account=account, key=key) for account, key in tries]
    assert all("Permission denied" in each.stderr for each in results)


def test_the_exchange_sees_all_parties(site: Site, sftp: Sftp, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("answer")
    result = sftp("ls -1", f"put {tmp_path / 'mine'} {OTHER}/OUT/FO.1", account="exchange")
    assert result.returncode == 0, result.stderr
    assert f"{PARTY}\n" in result.stdout
    assert (site.root / OTHER / "OUT" / "FO.1").read_text() == "answer"


def test_no_program_is_started_and_nothing_forwarded(site: Site, sftp: Sftp, tmp_path: Path) -> None:
    sftp("pwd")
    words = [
        "ssh",
        "-i",
        str(site.keys / PARTY),
        "-p",
        str(site.port),
        "-o",
        "BatchMode=yes",
        "-o",
        "IdentitiesOnly=yes",
    ]
    words += ["-o", f"UserKnownHostsFile={tmp_path / 'known_hosts'}", "-o", "ExitOnForwardFailure=yes"]
    tries = [
        [*words, f"{PARTY}@127.0.0.1", "id"],
        [*words, f"{PARTY}@127.0.0.1"],
        [*words, "-W", f"127.0.0.1:{site.port}", f"{PARTY}@127.0.0.1"],
        [*words, "-N", "-R", "0:127.0.0.1:22", f"{PARTY}@127.0.0.1"],
    ]
    results = [subprocess.run(each, stdin=subprocess.DEVNULL, capture_output=True, timeout=20) for each in tries]
    assert [each.returncode != 0 for each in results] == [True] * len(tries)
    assert not any(b"uid=" in each.stdout for each in results)


def test_a_server_process_serves_until_it_is_told_to_stop(tmp_path: Path, keys: Path) -> None:
    with process(make_boxes(tmp_path / "root"), keys) as site, site.mailboxes() as boxes:
        assert boxes.folders() == list(PARTIES)
