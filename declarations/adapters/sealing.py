"""Encrypting a file for one recipient: age to its SSH or age key, or CMS to its certificate; streamed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import pyrage  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from declarations.errors import Configuration, Retryable
from declarations.parties.party import AgeSeal, Seal, X509Seal

SUFFIXES: dict[type[Seal], str] = {AgeSeal: ".age", X509Seal: ".p7m"}
"""What is added to the name of a file when it is kept sealed."""

_SECONDS = 3600


class Sealer:
    """Seals with pyrage and with the `openssl` of this machine: `declarations.ports.Sealing`."""

    def seal(self, source: Path, to: Path, seal: Seal) -> None:
        """Write the file, encrypted for the owner of that key, to `to`; there is nothing where it fails.

        What is sealed twice has other bytes each time: keep what was sent. Nothing in it tells who sealed it; the
        signature over the sealed bytes does. Raises Configuration where the key is none, Retryable where the files
        cannot be read or written.
        """
        with _whole_or_nothing(to) as fresh:
            match seal:
                case AgeSeal():
                    _age(source, fresh, seal.key)
                case X509Seal():
                    _cms(source, fresh, seal.certificate)


@contextmanager
def _whole_or_nothing(to: Path) -> Iterator[Path]:
    """A path to write to, which becomes `to` if all goes well and is taken away if not."""
    fresh = to.with_name(f"{to.name}.part")
    try:
        yield fresh
        fresh.replace(to)
    except OSError as fault:
        raise Retryable(f"a file could not be sealed: {fault.strerror}") from fault
    finally:
        fresh.unlink(missing_ok=True)


def _age(source: Path, to: Path, key: str) -> None:
    try:
        recipient = pyrage.x25519.Recipient if key.startswith("age1") else pyrage.ssh.Recipient
        pyrage.encrypt_file(str(source), str(to), [recipient.from_str(key)])
    except pyrage.RecipientError as fault:
        raise Configuration("a key to seal with is no age, ssh-ed25519 or ssh-rsa key; mend the recipient") from fault


def _cms(source: Path, to: Path, certificate: str) -> None:
    """AES-256 in GCM: a changed byte is found out. The certificate is public, so it may lie in a file for a while."""
    options = _options(certificate)
    with NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as pem:
        pem.write(certificate)
        pem.flush()
        command = ["cms", "-encrypt", "-binary", "-stream", "-aes-256-gcm", "-outform", "DER"]
        _openssl([*command, "-in", str(source), "-out", str(to), "-recip", pem.name, *options])


def _options(certificate: str) -> list[str]:
    """RSA keys are used with OAEP; elliptic curves agree on a key of their own."""
    try:
        key = x509.load_pem_x509_certificate(certificate.encode("ascii")).public_key()
    except ValueError as fault:
        raise Configuration("a certificate to seal with is not PEM; mend the recipient") from fault
    if isinstance(key, rsa.RSAPublicKey):
        return ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ["-keyopt", "ecdh_kdf_md:sha256"]
    raise Configuration("a certificate to seal with has neither an RSA nor an elliptic-curve key; mend the recipient")


def _openssl(arguments: Sequence[str]) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise Configuration("there is no openssl on this machine to seal with; install OpenSSL 3")
    try:
        done = subprocess.run([program, *arguments], capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired as fault:
        raise Retryable("openssl did not end in an hour") from fault
    if done.returncode:
        raise Retryable(f"openssl could not seal a file (exit code {done.returncode})")
