"""What OpenSSL's command line and OpenSSH's say of our signatures and keys, and we of theirs."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from declarations.adapters.keys import fingerprint, make_demo
from declarations.adapters.signatures import CmsSignatures

from .forge import DAY, NOW, Authority, Identity, pem, rsa_key, signature

CONTENT = b"<DmfAOriginal>\r\n\x80\xff</DmfAOriginal>\n"

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on this machine")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo(folder, ["000101", "000102"], [], NOW - DAY)
    return folder


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> Path:
    """A fresh copy of the same demonstration: making keys is slow."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    (tmp_path / "content").write_bytes(CONTENT)
    return tmp_path


def party(folder: Path, number: str) -> CmsSignatures:
    authority, own = folder / "authority", folder / "parties" / number
    return CmsSignatures([authority / "root.pem"], [authority / "crl.pem"], own / "sign.key", own / "sign.pem")


def openssl(folder: Path, *arguments: str) -> bool:
    ran = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    return ran.returncode == 0


def verified_by_openssl(folder: Path) -> bool:
    authority = folder / "authority"
    (folder / "trusted.pem").write_bytes((authority / "root.pem").read_bytes() + (authority / "crl.pem").read_bytes())
    given = ["-inform", "DER", "-in", "fs", "-content", "content", "-CAfile", "trusted.pem", "-out", "verified"]
    rules = f"-crl_check_all -attime {int(NOW.timestamp())}".split()
    return openssl(folder, "cms", "-verify", "-binary", *given, *rules)


@needs_openssl
def test_openssl_takes_what_we_sign(demo: Path) -> None:
    (demo / "fs").write_bytes(base64.b64decode(party(demo, "000101").sign(io.BytesIO(CONTENT))))
    assert verified_by_openssl(demo)


@needs_openssl
def test_openssl_refuses_what_we_signed_once_a_byte_has_changed(demo: Path) -> None:
    (demo / "fs").write_bytes(base64.b64decode(party(demo, "000101").sign(io.BytesIO(CONTENT))))
    (demo / "content").write_bytes(CONTENT + b"\n")
    assert not verified_by_openssl(demo)


@needs_openssl
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", None),
        ("-md sha512", None),
        ("-keyopt rsa_padding_mode:pss", None),
        ("-keyid", None),
        ("-noattr", "125"),
        ("-nodetach", "125"),
        ("-md sha1", "125"),
        ("-nocerts", "125"),
        ("-econtent_type 1.2.3.4", "125"),
    ],
)
def test_what_openssl_signs_is_judged_as_it_should_be(demo: Path, options: str, expected: str | None) -> None:
    own = ["-signer", "parties/000101/sign.pem", "-inkey", "parties/000101/sign.key"]
    written = ["-in", "content", "-out", "fs.pem", "-outform", "PEM"]
    assert openssl(demo, "cms", "-sign", "-binary", *own, *options.split(), *written)
    known = [fingerprint(demo / "parties" / "000101" / "sign.pem")]
    judge = party(demo, "000101")
    assert judge.verify(io.BytesIO(CONTENT), (demo / "fs.pem").read_bytes(), known, NOW) == expected


@needs_openssl
def test_a_second_signer_added_with_openssl_is_refused(demo: Path) -> None:
    signers = [f"-signer parties/{each}/sign.pem -inkey parties/{each}/sign.key" for each in ("000101", "000102")]
    command = f"cms -sign -binary {' '.join(signers)} -in content -out fs.pem -outform PEM"
    assert openssl(demo, *command.split())
    known = [fingerprint(demo / "parties" / each / "sign.pem") for each in ("000101", "000102")]
    judge = party(demo, "000101")
    assert judge.verify(io.BytesIO(CONTENT), (demo / "fs.pem").read_bytes(), known, NOW) == "125"


AUTHORITY = Authority()
SENDER = AUTHORITY.issue(rsa_key())
REVOKED = AUTHORITY.issue()
EXPIRED = AUTHORITY.issue(end=NOW - DAY)
ROGUE = Authority().issue()


@needs_openssl
@pytest.mark.parametrize(
    ("signer", "holds"),
    [
        pytest.param(SENDER, True, id="good"),
        pytest.param(REVOKED, False, id="revoked"),
        pytest.param(EXPIRED, False, id="expired"),
        pytest.param(ROGUE, False, id="rogue"),
    ],
)
def test_openssl_and_we_agree(tmp_path: Path, signer: Identity, holds: bool) -> None:
    fs, listed = signature(CONTENT, signer), AUTHORITY.revocation_list(REVOKED)
    (tmp_path / "authority").mkdir()
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "fs").write_bytes(base64.b64decode(fs))
    root, lists = tmp_path / "authority" / "root.pem", tmp_path / "authority" / "crl.pem"
    trust = CmsSignatures([pem(root, AUTHORITY.root())], [pem(lists, listed)])
    assert (trust.verify(io.BytesIO(CONTENT), fs, [signer.fingerprint], NOW) is None) == holds
    assert verified_by_openssl(tmp_path) == holds


@needs_openssh
@pytest.mark.parametrize("key", ["parties/000101/id_ed25519", "exchange/id_ed25519", "host/ssh_host_ed25519_key"])
def test_openssh_reads_the_keys_and_finds_the_same_public_one(demo: Path, key: str) -> None:
    read = subprocess.run(["ssh-keygen", "-y", "-f", key], cwd=demo, capture_output=True, check=True, text=True)
    assert read.stdout.split()[:2] == (demo / f"{key}.pub").read_text().split()[:2]
