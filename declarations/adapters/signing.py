"""Our own detached CMS signatures (RFC 5652): the key is read once, and what is the same in each encoded once."""

# asn1crypto has no annotations of its own:
# mypy: disallow-untyped-calls=False, warn-return-any=False

from __future__ import annotations

import base64
import hashlib
from typing import BinaryIO

from asn1crypto import algos, cms, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from declarations.errors import Retryable

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""What we can sign with."""

_CHUNK = 1 << 20
_SHA256 = utils.Prehashed(hashes.SHA256())
_OCTET_STRING, _SEQUENCE, _SET, _FIRST = 0x04, 0x30, 0x31, 0xA0  # tags of DER (X.690); _FIRST is [0]


class Signer:
    """A private key and its certificate."""

    def __init__(self, key: PrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        kind = "sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa"
        algorithm = algos.SignedDigestAlgorithm({"algorithm": kind})
        self._attributes = _attributes(digest, algorithm, certificate)
        owner = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        self._version = cms.CMSVersion("v1").dump()
        self._owner = cms.IssuerAndSerialNumber(owner).dump()
        self._digest, self._algorithm, self._certificate = digest.dump(), algorithm.dump(), certificate.dump()

    def sign(self, content: BinaryIO) -> bytes:
        """The text of an FS file: base64 in 76 columns; the content is read in pieces from where it stands.

        Raises Retryable where it cannot be read.
        """
        message_digest = _dumped("message_digest", _digest(content))
        attributes = b"".join(sorted([*self._attributes, message_digest]))  # the order of a set in DER
        signature = self._signature(hashlib.sha256(_der(_SET, attributes)).digest())
        return base64.encodebytes(self._enveloped(attributes, signature))

    def _signature(self, digest: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(digest, padding.PKCS1v15(), _SHA256)
        return self._key.sign(digest, ec.ECDSA(_SHA256))

    def _enveloped(self, attributes: bytes, signature: bytes) -> bytes:
        """ContentInfo with SignedData with one SignerInfo (RFC 5652, sections 3, 5.1 and 5.3)."""
        signer = _der(
            _SEQUENCE,
            self._version,
            self._owner,
            self._digest,
            _der(_FIRST, attributes),
            self._algorithm,
            _der(_OCTET_STRING, signature),
        )
        signed = _der(
            _SEQUENCE,
            self._version,
            _der(_SET, self._digest),
            _der(_SEQUENCE, _DATA),
            _der(_FIRST, self._certificate),
            _der(_SET, signer),
        )
        return _der(_SEQUENCE, _SIGNED_DATA, _der(_FIRST, signed))


_DATA = cms.ContentType("data").dump()
_SIGNED_DATA = cms.ContentType("signed_data").dump()


def _attributes(
    digest: algos.DigestAlgorithm, algorithm: algos.SignedDigestAlgorithm, certificate: x509.Certificate
) -> list[bytes]:
    """What is signed besides the content: nobody exchanges the algorithms (RFC 6211) or the certificate (RFC 5035)."""
    protection = cms.CMSAlgorithmProtection({"digest_algorithm": digest, "signature_algorithm": algorithm})
    named = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": certificate.sha256})]})
    return [
        _dumped("content_type", cms.ContentType("data")),
        _dumped("cms_algorithm_protection", protection),
        _dumped("signing_certificate_v2", named),
    ]


def _dumped(kind: str, value: object) -> bytes:
    encoded: bytes = cms.CMSAttribute({"type": kind, "values": (value,)}).dump()
    return encoded


def _digest(content: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    try:
        while block := content.read(_CHUNK):
            digest.update(block)
    except OSError as fault:
        raise Retryable(f"the content to sign cannot be read: {fault.strerror}") from fault
    return digest.digest()


def _der(tag: int, *contents: bytes) -> bytes:
    """A value with its tag and its length."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
