"""Certificates, revocation lists and signatures as anybody could make them: good ones, and each with one fault."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 4, 23, 10, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key of that size for the whole run: they are slow to make."""
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


@dataclass(frozen=True)
class Authority:
    """Issues certificates and revocation lists."""

    name: str = "Authority"
    key: PrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def subject(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])

    def root(self) -> x509.Certificate:
        builder = _certificate(self.subject, self.subject, self.key, NOW - 5 * YEAR, NOW + 5 * YEAR)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        return builder.add_extension(constraints, critical=True).sign(self.key, hashes.SHA256())

    def issue(
        self,
        key: PrivateKey | None = None,
        start: datetime = NOW - YEAR,
        end: datetime = NOW + YEAR,
        usages: Sequence[str] = ("digital_signature",),
    ) -> Identity:
        key = key or ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sender")])
        builder = _certificate(name, self.subject, key, start, end).add_extension(_key_usage(usages), critical=True)
        return Identity(builder.sign(self.key, hashes.SHA256()), key)

    def revocation_list(
        self,
        *revoked: Identity,
        issued: datetime = NOW - DAY,
        until: datetime = NOW + DAY,
        on: datetime = NOW - DAY,
        about_authorities: bool = False,
    ) -> x509.CertificateRevocationList:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.subject)
        for each in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(on).build())
        if about_authorities:
            builder = builder.add_extension(_ONLY_AUTHORITIES, critical=True)
        return builder.last_update(issued).next_update(until).sign(self.key, hashes.SHA256())


_ONLY_AUTHORITIES = x509.IssuingDistributionPoint(
    full_name=None,
    relative_name=None,
    only_contains_user_certs=False,
    only_contains_ca_certs=True,
    only_some_reasons=None,
    indirect_crl=False,
    only_contains_attribute_certs=False,
)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _key_usage(usages: Sequence[str]) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    rest = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{each: each in usages for each in (*names, *rest)})


def pem(path: Path, *values: x509.Certificate | x509.CertificateRevocationList) -> Path:
    """Those values one after the other in a PEM file."""
    path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in values))
    return path


def signature(
    content: bytes,
    *signers: Identity,
    digest: str = "sha256",
    attributes: bool = True,
    embed: bool = False,
    unsigned: bool = False,
    certificates: Sequence[Identity] | None = None,
    content_type: str = "data",
) -> bytes:
    """The text of an FS over that content: right unless told otherwise."""
    included = signers if certificates is None else certificates
    signed = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": {"content_type": content_type, **({"content": content} if embed else {})},
        "certificates": [_loaded(each) for each in included],
        "signer_infos": [_signer_info(content, each, digest, attributes, unsigned, content_type) for each in signers],
    }
    info = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})
    return base64.encodebytes(info.dump())


def _loaded(identity: Identity) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(identity.certificate.public_bytes(Encoding.DER))


def _signer_info(
    content: bytes, signer: Identity, digest: str, attributes: bool, unsigned: bool, content_type: str
) -> dict[str, Any]:
    certificate = _loaded(signer)
    algorithm = "rsassa_pkcs1v15" if isinstance(signer.key, rsa.RSAPrivateKey) else f"{digest}_ecdsa"
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        ),
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": {"algorithm": algorithm},
    }
    to_sign = content
    if attributes:
        hashed = hashlib.new(digest, content).digest()
        signed = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": [content_type]}),
                cms.CMSAttribute({"type": "message_digest", "values": [hashed]}),
            ]
        )
        info["signed_attrs"] = signed
        to_sign = signed.dump()
    if unsigned:
        info["unsigned_attrs"] = cms.CMSAttributes(
            [cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": NOW})]})]
        )
    info["signature"] = _sign(signer.key, to_sign, digest)
    return info


def _sign(key: PrivateKey, to_sign: bytes, digest: str) -> bytes:
    algorithm = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "md5": hashes.MD5}[digest]()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(to_sign, padding.PKCS1v15(), algorithm)
    return key.sign(to_sign, ec.ECDSA(algorithm))
