"""The keys of a demonstration: laid out as promised, private where they should be, kept when asked again."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import paramiko
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from declarations.adapters.keys import DemoKeys, Validity, discard_private_keys, fingerprint, make_demo, revoke
from declarations.errors import Configuration

NOW = datetime(2026, 4, 23, 10, tzinfo=UTC)

PRIVATE = [
    "authority/root.key",
    "exchange/id_ed25519",
    "host/ssh_host_ed25519_key",
    "ours/sign.key",
    "parties/000101/id_ed25519",
    "parties/000101/sign.key",
    "parties/990001/id_ed25519",
    "parties/990001/sign.key",
]
PUBLIC = [
    "authority/crl.pem",
    "authority/root.pem",
    "exchange/id_ed25519.pub",
    "host/ssh_host_ed25519_key.pub",
    "ours/sign.pem",
    "parties/000101/id_ed25519.pub",
    "parties/000101/sign.pem",
    "parties/990001/id_ed25519.pub",
    "parties/990001/sign.pem",
]


@cache
def once() -> Path:
    folder = Path(mkdtemp(prefix="keys-"))
    atexit.register(shutil.rmtree, folder)
    make_demo(folder, ["000101"], ["990001"], NOW)
    return folder


def made(folder: Path) -> DemoKeys:
    """A fresh copy of the same demonstration: making keys is slow."""
    shutil.copytree(once(), folder, dirs_exist_ok=True)
    return make_demo(folder, ["000101"], ["990001"], NOW)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_everything_lies_where_it_is_looked_for(tmp_path: Path) -> None:
    keys = made(tmp_path)
    assert sorted(contents(tmp_path)) == sorted(PRIVATE + PUBLIC)
    assert keys.parties["000101"].signing.certificate == tmp_path / "parties" / "000101" / "sign.pem"
    assert keys.ours.key == tmp_path / "ours" / "sign.key"


def test_private_keys_are_readable_to_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_demo(tmp_path, ["000101"], ["990001"], NOW)
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / each).stat().st_mode) for each in PRIVATE} == {0o600}
    assert {stat.S_IMODE((tmp_path / each).stat().st_mode) for each in PUBLIC} == {0o644}


def test_asked_again_what_exists_is_kept_and_new_parties_are_added(tmp_path: Path) -> None:
    made(tmp_path)
    before = contents(tmp_path)
    make_demo(tmp_path, ["000101", "000102"], ["990001"], NOW)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    assert {name.split("/")[1] for name in after.keys() - before.keys()} == {"000102"}


def test_a_key_that_never_got_its_certificate_is_made_again(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "parties" / "000101" / "sign.pem").unlink()
    keys = made(tmp_path).parties["000101"].signing
    key = load_pem_private_key(keys.key.read_bytes(), None)
    assert key.public_key() == certificate(keys.certificate).public_key()


def test_paramiko_reads_the_keys(tmp_path: Path) -> None:
    keys = made(tmp_path)
    for pair in (keys.exchange, keys.host, keys.parties["990001"].ssh):
        key = paramiko.Ed25519Key.from_private_key_file(str(pair.key))
        assert f"{key.get_name()} {key.get_base64()}" in pair.public.read_text()


def test_certificates_may_be_valid_for_generations(tmp_path: Path) -> None:
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)
    keys = make_demo(tmp_path, ["000101"], [], start, Validity(start, end))
    for path in (keys.root, keys.ours.certificate, keys.parties["000101"].signing.certificate):
        assert (certificate(path).not_valid_before_utc, certificate(path).not_valid_after_utc) == (start, end)
    listed = x509.load_pem_x509_crl(keys.revocation_lists.read_bytes())
    assert (listed.last_update_utc, listed.next_update_utc) == (start, end)


def test_a_revocation_is_added_to_those_before(tmp_path: Path) -> None:
    keys = make_demo(tmp_path, ["000101", "000102", "000103"], [], NOW)
    revoke(tmp_path, "000101", NOW)
    revoke(tmp_path, "000102", NOW)
    listed = x509.load_pem_x509_crl(keys.revocation_lists.read_bytes())
    revoked = {each.serial_number for each in listed}
    assert revoked == {
        certificate(keys.parties[each].signing.certificate).serial_number for each in ("000101", "000102")
    }
    assert keys.revocation_lists.read_bytes().count(b"BEGIN X509 CRL") == 3


def test_once_discarded_no_private_key_is_left_and_nobody_is_added(tmp_path: Path) -> None:
    made(tmp_path)
    discard_private_keys(tmp_path)
    assert sorted(contents(tmp_path)) == sorted(PUBLIC)
    with pytest.raises(Configuration, match=r"root\.key"):
        make_demo(tmp_path, ["000102"], [], NOW)
    with pytest.raises(Configuration, match=r"root\.key"):
        revoke(tmp_path, "000101", NOW)


def test_whom_nobody_knows_cannot_be_revoked(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(Configuration, match="000999"):
        revoke(tmp_path, "000999", NOW)


def test_a_fingerprint_is_that_of_the_certificate_itself(tmp_path: Path) -> None:
    path = made(tmp_path).ours.certificate
    assert len(fingerprint(path)) == 64
    path.write_bytes(b"some text before\n" + path.read_bytes())
    assert len(fingerprint(path)) == 64


@pytest.mark.parametrize("content", [b"", b"not a certificate"])
def test_what_is_no_certificate_has_no_fingerprint(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sign.pem").write_bytes(content)
    with pytest.raises(Configuration, match=r"sign\.pem"):
        fingerprint(tmp_path / "sign.pem")
