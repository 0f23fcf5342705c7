"""Detached CMS signatures (RFC 5652): those of the parties, judged, and ours, made."""

# asn1crypto and pyhanko have no annotations of their own:
# mypy: disallow-untyped-calls=False, warn-return-any=False

from __future__ import annotations

import asyncio
import binascii
import logging
import re
from collections.abc import Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

from asn1crypto import cms, core, crl, pem, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from declarations.adapters.signing import PrivateKey, Signer
from declarations.errors import Configuration, Invariant, Retryable

INVALID = "125"
NOT_THE_OWNER = "153"

_CHUNK = 1 << 20

# Both quote the subject of a certificate in their warnings: often a person's name.
for _library in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a signature must be."""

    weak_hashes: frozenset[str] = frozenset({"md2", "md5", "sha1"})
    key_usage: frozenset[str] = frozenset({"digital_signature"})
    clock_skew: timedelta = timedelta(seconds=1)
    max_bytes: int = 64 * 1024  # of an FS; a real one has some 3,000


class CmsSignatures:
    """Signatures under our trust roots and revocation lists: `declarations.ports.Signatures`.

    The files are read once, here. Raises Configuration where one is not what it should be.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        revocation_lists: Sequence[Path],
        key: Path | None = None,
        certificate: Path | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._roots = [each for path in roots for each in _certificates(path)]
        self._lists = [each for path in revocation_lists for each in _revocation_lists(path)]
        self._policy = policy or Policy()
        self._signer = _signer(key, certificate) if key and certificate else None
        self._ours = (
            frozenset(each.sha256.hex() for each in _certificates(certificate)[:1]) if certificate else frozenset()
        )

    def verify(
        self, content: BinaryIO, signature: bytes, certificates: Collection[str], moment: datetime
    ) -> str | None:
        """125 where the signature does not hold for these bytes at that moment, 153 where its owner is not registered.

        `certificates` are SHA-256 fingerprints in hexadecimal. The content is read from where it stands, in
        pieces. No network: revocation is judged by the newest of our lists that was issued by then, so a replay
        gives the same verdict. Raises Retryable where the content cannot be read.
        """
        if moment.tzinfo is None:
            raise Invariant("a signature is judged at a moment with a time zone")
        try:
            owner = _run(_owner(content, signature, self._context(moment), self._policy))
        except OSError as fault:
            raise Retryable(f"the signed content cannot be read: {fault.strerror}") from fault
        if owner is None:
            return INVALID
        return None if owner in {each.lower() for each in certificates} else NOT_THE_OWNER

    def sign(self, content: BinaryIO) -> bytes:
        """The text of an FS file: CMS with our certificate and SHA-256, in base64 of 76 columns.

        It has no signing time: with an RSA key the same bytes give the same signature. The content is read from
        where it stands. Raises Configuration where we have no key, Retryable where the content cannot be read.
        """
        if self._signer is None:
            raise Configuration("no key and certificate to sign with; name both in the settings under [trust]")
        return self._signer.sign(content)

    @property
    def ours(self) -> frozenset[str]:
        """The fingerprint of the certificate that we sign with, for whoever judges what we signed; none without one."""
        return self._ours

    def uncovered(self, moment: datetime) -> list[str]:
        """The subjects of our trust roots without a revocation list for that moment.

        Every signature under such a root is refused: a fault of ours, to be found before a sender is.
        """
        issuers = {each.issuer.hashable for each in self._lists_at(moment) if _next_update(each) >= moment}
        return [each.subject.human_friendly for each in self._roots if each.subject.hashable not in issuers]

    def _context(self, moment: datetime) -> ValidationContext:
        return ValidationContext(
            trust_roots=self._roots,
            crls=self._lists_at(moment),
            allow_fetching=False,
            revocation_mode="require",  # "hard-fail" lets a certificate without a distribution point pass
            weak_hash_algos=self._policy.weak_hashes,
            moment=moment,
            time_tolerance=self._policy.clock_skew,
        )

    def _lists_at(self, moment: datetime) -> list[crl.CertificateList]:
        """Of each issuer the newest list issued by that moment: an older one may not yet know of a revocation."""
        newest: dict[tuple[str, bytes], crl.CertificateList] = {}
        for each in sorted(self._lists, key=_age):
            if _this_update(each) <= moment:
                newest[each.issuer.hashable, _scope(each)] = each
        return list(newest.values())


# The verdict


async def _owner(content: BinaryIO, text: bytes, context: ValidationContext, policy: Policy) -> str | None:
    """The fingerprint of the certificate that signed the content, or None where the signature does not hold."""
    try:
        status = await async_validate_detached_cms(
            content,
            _signed_data(text, policy.max_bytes),
            signer_validation_context=context,
            key_usage_settings=KeyUsageConstraints(key_usage=policy.key_usage),
            chunk_size=_CHUNK,
        )
        signer = status.signing_cert
        # A trust root is never looked up in a revocation list, and an authority declares nothing.
        return str(signer.sha256.hex()) if status.bottom_line and not signer.ca else None
    except (OSError, MemoryError):  # our disk, our machine
        raise
    except Exception:  # noqa: BLE001 - hostile ASN.1 makes asn1crypto and pyhanko raise nearly anything
        return None


def _signed_data(text: bytes, most: int) -> cms.SignedData:
    """The CMS of an FS file. Raises ValueError, and nearly anything else, where it is not the one we take."""
    if len(text) > most:
        raise ValueError("too long for a signature")
    info = cms.ContentInfo.load(_decoded(text), strict=True)
    if info["content_type"].native != "signed_data":
        raise ValueError("not signed data")
    signed = info["content"]
    content = signed["encap_content_info"]
    if content["content_type"].native != "data" or content["content"] is not core.VOID:
        raise ValueError("not a detached signature over data")
    (signer,) = signed["signer_infos"]
    if signer["signed_attrs"] is core.VOID or not len(signer["signed_attrs"]):
        raise ValueError("no signed attributes")
    if signer["unsigned_attrs"] is not core.VOID:
        raise ValueError("unsigned attributes: anybody may have added them")
    return signed


_ARMOR = re.compile(rb"\s*-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----(?P<body>.*)-----END \1-----\s*", re.DOTALL)


def _decoded(text: bytes) -> bytes:
    """Base64 whatever its white space and with or without PEM armor; strict on everything else."""
    armored = _ARMOR.fullmatch(text)
    body = armored["body"] if armored else text
    return binascii.a2b_base64(b"".join(body.split()), strict_mode=True)


_T = TypeVar("_T")


def _run(coroutine: Coroutine[object, object, _T]) -> _T:
    """The result of pyhanko's coroutine, in a thread that has no event loop running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


# Revocation lists


def _this_update(one: crl.CertificateList) -> datetime:
    return one["tbs_cert_list"]["this_update"].native


def _age(one: crl.CertificateList) -> tuple[datetime, int]:
    number = one.crl_number_value
    return _this_update(one), number.native if number else 0


def _next_update(one: crl.CertificateList) -> datetime:
    return one["tbs_cert_list"]["next_update"].native or _this_update(one)


def _scope(one: crl.CertificateList) -> bytes:
    """What part of an issuer's certificates a list is about: lists of another scope do not replace it."""
    point, delta = one.issuing_distribution_point_value, one.delta_crl_indicator_value
    return (point.dump() if point else b"") + (b"delta" if delta else b"")


# Files


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Configuration(f"{path} cannot be read: {fault.strerror}") from fault


def _blocks(path: Path) -> list[bytes]:
    """The DER of every PEM block in a file, or the file itself where it is DER."""
    content = _read(path)
    if not pem.detect(content):
        return [content]
    return [der for _, _, der in pem.unarmor(content, multiple=True)]


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return [_whole(x509.Certificate.load(der, strict=True)) for der in _blocks(path)]
    except (ValueError, TypeError) as fault:
        raise Configuration(f"{path} is not a certificate in PEM or DER") from fault


def _revocation_lists(path: Path) -> list[crl.CertificateList]:
    try:
        return [_whole(crl.CertificateList.load(der, strict=True)) for der in _blocks(path)]
    except (ValueError, TypeError) as fault:
        raise Configuration(f"{path} is not a revocation list in PEM or DER") from fault


_A = TypeVar("_A", x509.Certificate, crl.CertificateList)


def _whole(value: _A) -> _A:
    """That value, read to the end: asn1crypto reads late, and would complain in the middle of a verdict."""
    value.native  # noqa: B018 - reads it
    return value


def _signer(key: Path, certificate: Path) -> Signer:
    """Raises Configuration where the key is not the certificate's, or of a kind that we do not sign with."""
    try:
        private = serialization.load_pem_private_key(_read(key), password=None)
    except (ValueError, TypeError) as fault:
        raise Configuration(f"{key} is not a private key in PEM without a password") from fault
    if not isinstance(private, PrivateKey):
        raise Configuration(f"{key} is neither an RSA key nor one on an elliptic curve")
    (ours, *_) = _certificates(certificate)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if public != ours.public_key.dump():
        raise Configuration(f"{certificate} is not the certificate of {key}")
    return Signer(private, ours)
