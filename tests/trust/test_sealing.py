"""A sealed extract is opened by its recipient, by nobody else, and not at all once a byte has changed."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pyrage
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from declarations.adapters.sealing import Sealer
from declarations.errors import Configuration, Retryable
from declarations.extracts.write import before_sealing
from declarations.parties.party import AgeSeal, X509Seal
from tests.trust.forge import Authority, Identity, PrivateKey, pem, rsa_key

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "pensions-000001.1of1.zip"
    path.write_bytes(CONTENT)
    return path


@cache
def ssh_key(kind: str) -> Path:
    """A private key as an institution makes it, one for the whole run; its public half lies beside it."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen")
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / f"id_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "desk", "-f", str(path)], check=True)
    return path


def public(key: Path) -> AgeSeal:
    return AgeSeal(key.with_suffix(".pub").read_text().strip())


def ssh_identity(key: Path) -> pyrage.ssh.Identity:
    return pyrage.ssh.Identity.from_buffer(key.read_bytes())


def x509_identity(key: PrivateKey) -> Identity:
    return Authority().issue(key, usages=("key_encipherment", "key_agreement"))


def certificate(identity: Identity) -> X509Seal:
    return X509Seal(identity.certificate.public_bytes(serialization.Encoding.PEM).decode())


def decrypted(sealed: Path, identity: Identity) -> subprocess.CompletedProcess[bytes]:
    """What openssl makes of it."""
    key, own, plain = (sealed.with_name(name) for name in ("desk.key", "desk.pem", "plain"))
    key.write_bytes(
        identity.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    pem(own, identity.certificate)
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(sealed), "-out", str(plain)]
    return subprocess.run([*command, "-recip", str(own), "-inkey", str(key)], capture_output=True, check=False)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_the_owner_of_an_ssh_key_opens_what_was_sealed_to_it(kind: str, extract: Path, tmp_path: Path) -> None:
    key = ssh_key(kind)
    sealed = tmp_path / "sealed.age"
    Sealer().seal(extract, sealed, public(key))
    assert pyrage.decrypt(sealed.read_bytes(), [ssh_identity(key)]) == CONTENT


def test_the_owner_of_an_age_key_opens_what_was_sealed_to_it(extract: Path, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    sealed = tmp_path / "sealed.age"
    Sealer().seal(extract, sealed, AgeSeal(str(identity.to_public())))
    assert pyrage.decrypt(sealed.read_bytes(), [identity]) == CONTENT


@pytest.mark.skipif(shutil.which("age") is None, reason="needs age")
def test_the_age_program_opens_what_was_sealed_to_an_ssh_key(extract: Path, tmp_path: Path) -> None:
    key = ssh_key("ed25519")
    sealed = tmp_path / "sealed.age"
    Sealer().seal(extract, sealed, public(key))
    opened = subprocess.run(["age", "-d", "-i", str(key), str(sealed)], capture_output=True, check=True)
    assert opened.stdout == CONTENT


@pytest.mark.parametrize("key", [rsa_key(), ec.generate_private_key(ec.SECP256R1())], ids=["rsa", "ec"])
def test_the_owner_of_a_certificate_opens_what_was_sealed_to_it(key: PrivateKey, extract: Path, tmp_path: Path) -> None:
    identity = x509_identity(key)
    sealed = tmp_path / "sealed.p7m"
    Sealer().seal(extract, sealed, certificate(identity))
    assert decrypted(sealed, identity).returncode == 0
    assert (tmp_path / "plain").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("key", "way", "hashed"),
    [
        (rsa_key(), "rsaes_oaep", "sha256"),
        (ec.generate_private_key(ec.SECP256R1()), "1.3.132.1.11.1", None),  # dhSinglePass-stdDH-sha256kdf (RFC 5753)
    ],
    ids=["rsa", "ec"],
)
def test_a_certificates_key_is_used_as_the_instructions_say(
    key: PrivateKey, way: str, hashed: str | None, extract: Path, tmp_path: Path
) -> None:
    sealed = tmp_path / "sealed.p7m"
    Sealer().seal(extract, sealed, certificate(x509_identity(key)))
    enveloped = cms.ContentInfo.load(sealed.read_bytes())["content"]
    (recipient,) = enveloped["recipient_infos"]
    algorithm = recipient.chosen["key_encryption_algorithm"]
    assert algorithm["algorithm"].native == way
    if hashed:
        assert algorithm["parameters"]["hash_algorithm"]["algorithm"].native == hashed


def test_another_institution_does_not_open_it(extract: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "sealed.age"
    Sealer().seal(extract, sealed, AgeSeal(str(pyrage.x25519.Identity.generate().to_public())))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.generate()])


def test_the_owner_of_another_certificate_does_not_open_it(extract: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "sealed.p7m"
    Sealer().seal(extract, sealed, certificate(x509_identity(ec.generate_private_key(ec.SECP256R1()))))
    assert decrypted(sealed, x509_identity(ec.generate_private_key(ec.SECP256R1()))).returncode != 0


@pytest.mark.parametrize("place", [0.1, 0.5, 0.999])
def test_age_refuses_a_sealed_file_with_a_changed_byte(place: float, extract: Path, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    sealed = tmp_path / "sealed.age"
    Sealer().seal(extract, sealed, AgeSeal(str(identity.to_public())))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(changed(sealed.read_bytes(), place), [identity])


@pytest.mark.parametrize("place", [0.1, 0.5, 0.999])
def test_openssl_refuses_a_sealed_file_with_a_changed_byte(place: float, extract: Path, tmp_path: Path) -> None:
    identity = x509_identity(rsa_key())
    sealed = tmp_path / "sealed.p7m"
    Sealer().seal(extract, sealed, certificate(identity))
    sealed.write_bytes(changed(sealed.read_bytes(), place))
    assert decrypted(sealed, identity).returncode != 0


def changed(content: bytes, place: float) -> bytes:
    at = int(len(content) * place)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_a_sealed_file_holds_nothing_of_its_content(tmp_path: Path) -> None:
    source = tmp_path / "extract.zip"
    source.write_bytes(b"85073003328" * 5000)
    for name, key in (
        ("sealed.age", AgeSeal(str(pyrage.x25519.Identity.generate().to_public()))),
        ("sealed.p7m", certificate(x509_identity(rsa_key()))),
    ):
        Sealer().seal(source, tmp_path / name, key)
        assert b"85073003328" not in (tmp_path / name).read_bytes()


@pytest.mark.parametrize("most_bytes", [10_000, 2_000_000])
def test_a_file_cut_with_its_seal_in_mind_is_not_too_large_once_sealed(most_bytes: int, tmp_path: Path) -> None:
    source, sealed = tmp_path / "extract.zip", tmp_path / "sealed"
    source.write_bytes(os.urandom(before_sealing(most_bytes)))
    for key in (public(ssh_key("rsa")), certificate(x509_identity(rsa_key()))):
        Sealer().seal(source, sealed, key)
        assert sealed.stat().st_size <= most_bytes


@pytest.mark.parametrize(
    "key",
    [
        AgeSeal("ssh-ed25519 AAAA"),
        AgeSeal("age1nobody"),
        AgeSeal("-----BEGIN CERTIFICATE-----"),
        X509Seal("ssh-ed25519 AAAA"),
        X509Seal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ],
)
def test_what_is_no_key_is_a_fault_of_ours_and_leaves_no_file(
    key: AgeSeal | X509Seal, extract: Path, tmp_path: Path
) -> None:
    with pytest.raises(Configuration):
        Sealer().seal(extract, tmp_path / "sealed", key)
    assert [each.name for each in tmp_path.iterdir()] == [extract.name]


def test_a_file_that_cannot_be_read_is_tried_again_later(tmp_path: Path) -> None:
    for key in (
        AgeSeal(str(pyrage.x25519.Identity.generate().to_public())),
        certificate(x509_identity(rsa_key())),
    ):
        with pytest.raises(Retryable):
            Sealer().seal(tmp_path / "gone.zip", tmp_path / "sealed", key)
    assert list(tmp_path.iterdir()) == []
