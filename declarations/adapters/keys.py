"""Keys and certificates of a demonstration: an authority with its revocation list, and a set for every party."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from declarations.errors import Configuration

OURSELVES = "999999"


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when certificates and revocation lists count."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """What signs: a certificate and its private key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class SshKeys:
    """What logs in, or answers for a server: a pair in the formats of OpenSSH."""

    key: Path
    public: Path


@dataclass(frozen=True, slots=True)
class PartyKeys:
    """What one sender or recipient holds."""

    signing: SigningKeys
    ssh: SshKeys


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """Where everything lies."""

    root: Path
    revocation_lists: Path  # PEM, the newest list first
    ours: SigningKeys
    parties: dict[str, PartyKeys]  # by number
    exchange: SshKeys  # of our SFTP client
    host: SshKeys  # of the server


def make_demo(
    folder: Path,
    senders: Sequence[str],
    recipients: Sequence[str],
    now: datetime,
    validity: Validity | None = None,
) -> DemoKeys:
    """Keys under that folder for all these numbers; what exists is kept, what is missing is added.

    Without a validity: from the day before `now`, for ten years. Raises Configuration where a certificate is
    missing and the authority's private key is gone.
    """
    authority = _authority(folder, validity or Validity(now - timedelta(days=1), now + timedelta(days=3652)))
    numbers = dict.fromkeys((*senders, *recipients))
    return DemoKeys(
        root=folder / "authority" / "root.pem",
        revocation_lists=folder / "authority" / "crl.pem",
        ours=_signing(folder / "ours", OURSELVES, authority),
        parties={each: _party(folder / "parties" / each, each, authority) for each in numbers},
        exchange=_ssh(folder / "exchange" / "id_ed25519", "exchange"),
        host=_ssh(folder / "host" / "ssh_host_ed25519_key", "host"),
    )


def revoke(folder: Path, number: str, now: datetime) -> None:
    """Put that party's certificate on a new revocation list, issued now; the earlier lists stay behind it.

    Earlier lists are kept so that a signature of before is judged as it was. Raises Configuration where the
    party or the authority's private key is not there.
    """
    path = folder / "authority" / "crl.pem"
    lists = _read(path)
    last = x509.load_pem_x509_crl(lists)
    certificate = _certificate(_home(folder, number) / "sign.pem")
    revoked = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now).build()
    number_of_last = last.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    until = last.next_update_utc or now
    root, key = _root(folder)
    newest = _revocation_list(root, key, Validity(now, until), number_of_last + 1, [*last, revoked])
    _replace(path, newest + lists)


def discard_private_keys(folder: Path) -> None:
    """Take away every private key: what was signed can be verified for ever, and nobody can sign anything more."""
    for pattern in ("**/*.key", "**/id_ed25519", "host/ssh_host_ed25519_key"):
        for path in folder.glob(pattern):
            path.unlink()


def fingerprint(certificate: Path) -> str:
    """The SHA-256 of that certificate in hexadecimal, as it is registered for a party. Raises Configuration."""
    return _certificate(certificate).fingerprint(hashes.SHA256()).hex()


# The authority


@dataclass(frozen=True, slots=True)
class _Authority:
    folder: Path
    validity: Validity


def _authority(folder: Path, validity: Validity) -> _Authority:
    home = folder / "authority"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "root.pem").exists():
        key = _private_key(home / "root.key", ec.generate_private_key(ec.SECP256R1()))
        _replace(home / "root.pem", _pem(_root_certificate(key, validity)))
    if not (home / "crl.pem").exists():
        root, key = _root(folder)
        _replace(home / "crl.pem", _revocation_list(root, key, validity, 1, []))
    return _Authority(folder, validity)


_SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _root(folder: Path) -> tuple[x509.Certificate, _SigningKey]:
    home = folder / "authority"
    if not (home / "root.key").exists():
        raise Configuration(f"{home / 'root.key'} does not exist: this authority issues nothing more; use a new folder")
    return _certificate(home / "root.pem"), _load(home / "root.key")


def _name(common_name: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Demonstration")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: _SigningKey, validity: Validity) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before.astimezone(UTC))
        .not_valid_after(validity.not_after.astimezone(UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _root_certificate(key: _SigningKey, validity: Validity) -> x509.Certificate:
    # Two authorities of one name could not be told apart by their revocation lists.
    name = _name(f"Demonstration authority {secrets.token_hex(4)}")
    return (
        _builder(name, name, key, validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf_certificate(folder: Path, number: str, key: _SigningKey, validity: Validity) -> x509.Certificate:
    root, root_key = _root(folder)
    issuer = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _builder(_name(number), root.subject, key, validity)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature", "content_commitment"), critical=True)
        .sign(root_key, hashes.SHA256())
    )


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{each: each in usages for each in _USAGES})


def _revocation_list(
    root: x509.Certificate,
    key: _SigningKey,
    validity: Validity,
    number: int,
    revoked: Sequence[x509.RevokedCertificate],
) -> bytes:
    issuer = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=list(revoked))
        .issuer_name(root.subject)
        .last_update(validity.not_before.astimezone(UTC))
        .next_update(validity.not_after.astimezone(UTC))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


# The parties


def _home(folder: Path, number: str) -> Path:
    return folder / "ours" if number == OURSELVES else folder / "parties" / number


def _party(home: Path, number: str, authority: _Authority) -> PartyKeys:
    return PartyKeys(_signing(home, number, authority), _ssh(home / "id_ed25519", number))


def _signing(home: Path, number: str, authority: _Authority) -> SigningKeys:
    """RSA, because its signatures are reproducible: the same bytes give the same FS."""
    home.mkdir(parents=True, exist_ok=True)
    keys = SigningKeys(home / "sign.pem", home / "sign.key")
    if not keys.certificate.exists():
        _root(authority.folder)  # refuses before a key without a certificate is left behind
        key = _private_key(keys.key, rsa.generate_private_key(65537, 2048))
        _replace(keys.certificate, _pem(_leaf_certificate(authority.folder, number, key, authority.validity)))
    return keys


def _ssh(path: Path, comment: str) -> SshKeys:
    path.parent.mkdir(parents=True, exist_ok=True)
    public = path.with_name(path.name + ".pub")
    if not public.exists():
        key = ed25519.Ed25519PrivateKey.generate()
        _replace(path, _private_bytes(key, serialization.PrivateFormat.OpenSSH), _SECRET)
        line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        _replace(public, line + f" {comment}\n".encode())
    return SshKeys(path, public)


# Files

_SECRET = 0o600
_PUBLIC = 0o644


def _private_bytes(key: _SigningKey | ed25519.Ed25519PrivateKey, layout: serialization.PrivateFormat) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, layout, serialization.NoEncryption())


def _private_key(path: Path, key: _SigningKey) -> _SigningKey:
    """Keep a fresh private key, in place of one that never got its certificate."""
    _replace(path, _private_bytes(key, serialization.PrivateFormat.PKCS8), _SECRET)
    return key


def _replace(path: Path, content: bytes, mode: int = _PUBLIC) -> None:
    """Write beside and rename, so that a file is there whole or not at all, and never readable to more than `mode`."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    beside.replace(path)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Configuration(f"{path} cannot be read: {fault.strerror}") from fault


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(path))
    except ValueError as fault:
        raise Configuration(f"{path} is not a certificate in PEM") from fault


def _load(path: Path) -> _SigningKey:
    key = serialization.load_pem_private_key(_read(path), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Configuration(f"{path} is not an RSA or EC private key")
    return key
