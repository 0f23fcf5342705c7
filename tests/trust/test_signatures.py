"""Which signatures are taken, and for which code the others are not."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.adapters.keys import discard_private_keys, fingerprint, make_demo, revoke
from declarations.adapters.signatures import CmsSignatures, Policy
from declarations.errors import Configuration, Invariant, Retryable

from .forge import DAY, NOW, YEAR, Authority, Identity, pem, rsa_key, signature

CONTENT = b'<?xml version="1.0" encoding="UTF-8"?>\n<DmfAOriginal>\n</DmfAOriginal>\n'
AUTHORITY = Authority()
SENDER = AUTHORITY.issue(rsa_key())
FS = signature(CONTENT, SENDER)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> CmsSignatures:
    """Trusts AUTHORITY, whose list of yesterday revokes nobody."""
    folder = tmp_path_factory.mktemp("trust")
    return trusting(folder, AUTHORITY)


def trusting(folder: Path, authority: Authority, *revoked: Identity) -> CmsSignatures:
    return CmsSignatures(
        [pem(folder / "root.pem", authority.root())], [pem(folder / "crl.pem", authority.revocation_list(*revoked))]
    )


def verdict(
    trust: CmsSignatures, fs: bytes, signer: Identity = SENDER, content: bytes = CONTENT, moment: datetime = NOW
) -> str | None:
    return trust.verify(io.BytesIO(content), fs, [signer.fingerprint], moment)


# Taken

COLUMNS = [FS.replace(b"\n", b"")[start : start + 64] for start in range(0, len(FS.replace(b"\n", b"")), 64)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FS, id="76 columns with LF"),
        pytest.param(FS.replace(b"\n", b"\r"), id="CR"),
        pytest.param(FS.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(FS.replace(b"\n", b""), id="one line"),
        pytest.param(b"\r\n".join(COLUMNS), id="64 columns with CRLF"),
        pytest.param(b"\n\n " + FS.replace(b"\n", b" \t\n") + b"\n \n", id="blanks around"),
        pytest.param(b"-----BEGIN PKCS7-----\n" + FS + b"-----END PKCS7-----\n", id="PEM armor"),
        pytest.param(b"-----BEGIN CMS-----\r\n" + FS + b"-----END CMS-----", id="CMS armor"),
    ],
)
def test_a_signature_holds_whatever_its_white_space_and_armor(trust: CmsSignatures, text: bytes) -> None:
    assert verdict(trust, text) is None


def test_a_signature_with_an_elliptic_key_holds(trust: CmsSignatures) -> None:
    sender = AUTHORITY.issue(ec.generate_private_key(ec.SECP256R1()))
    assert verdict(trust, signature(CONTENT, sender), sender) is None


def test_a_fingerprint_may_be_registered_in_capitals(trust: CmsSignatures) -> None:
    assert trust.verify(io.BytesIO(CONTENT), FS, [SENDER.fingerprint.upper()], NOW) is None


def test_a_sender_may_have_several_certificates(trust: CmsSignatures) -> None:
    assert trust.verify(io.BytesIO(CONTENT), FS, ["00" * 32, SENDER.fingerprint], NOW) is None


# Somebody else's


def test_a_good_signature_of_a_certificate_not_registered_is_not_its_owners(trust: CmsSignatures) -> None:
    assert verdict(trust, FS, AUTHORITY.issue()) == "153"


def test_a_bad_signature_is_called_bad_before_its_owner_is_asked_for(trust: CmsSignatures) -> None:
    assert verdict(trust, FS, AUTHORITY.issue(), content=CONTENT + b" ") == "125"


# Not taken


def test_a_changed_byte_breaks_the_signature(trust: CmsSignatures) -> None:
    assert verdict(trust, FS, content=CONTENT.replace(b"A", b"B", 1)) == "125"


def test_changed_line_ends_break_the_signature(trust: CmsSignatures) -> None:
    assert verdict(trust, FS, content=CONTENT.replace(b"\n", b"\r\n")) == "125"


EXPIRED = AUTHORITY.issue(end=NOW - DAY)
EARLY = AUTHORITY.issue(start=NOW + DAY)
SHORT = AUTHORITY.issue(rsa_key(1024))
FOR_LETTERS = AUTHORITY.issue(usages=["key_encipherment"])
OTHER = AUTHORITY.issue()
ROGUE = Authority().issue()  # an authority of the same name with another key
FOREIGN = Authority("Another authority").issue()
SELF = Identity(AUTHORITY.root(), AUTHORITY.key)


@pytest.mark.parametrize(
    ("signer", "text"),
    [
        pytest.param(EXPIRED, signature(CONTENT, EXPIRED), id="expired certificate"),
        pytest.param(EARLY, signature(CONTENT, EARLY), id="certificate not valid yet"),
        pytest.param(SHORT, signature(CONTENT, SHORT), id="RSA of 1024 bits"),
        pytest.param(FOR_LETTERS, signature(CONTENT, FOR_LETTERS), id="certificate not for signatures"),
        pytest.param(ROGUE, signature(CONTENT, ROGUE), id="rogue issuer"),
        pytest.param(FOREIGN, signature(CONTENT, FOREIGN), id="issuer we do not trust"),
        pytest.param(SELF, signature(CONTENT, SELF), id="signed by the authority itself"),
        pytest.param(SENDER, signature(CONTENT, SENDER, digest="sha1"), id="SHA-1"),
        pytest.param(SENDER, signature(CONTENT, SENDER, digest="md5"), id="MD5"),
        pytest.param(SENDER, signature(CONTENT, SENDER, attributes=False), id="no signed attributes"),
        pytest.param(SENDER, signature(CONTENT, SENDER, unsigned=True), id="unsigned attributes"),
        pytest.param(SENDER, signature(CONTENT, SENDER, embed=True), id="content inside"),
        pytest.param(SENDER, signature(CONTENT, SENDER, OTHER), id="two signers"),
        pytest.param(SENDER, signature(CONTENT, certificates=[SENDER]), id="no signer"),
        pytest.param(SENDER, signature(CONTENT, SENDER, certificates=[]), id="no certificate"),
        pytest.param(SENDER, signature(CONTENT, SENDER, certificates=[OTHER]), id="another certificate"),
        pytest.param(SENDER, signature(CONTENT, SENDER, content_type="signed_data"), id="not over data"),
        pytest.param(SENDER, b"", id="empty"),
        pytest.param(SENDER, b"go", id="not base64"),
        pytest.param(SENDER, FS[:-20], id="cut off"),
        pytest.param(SENDER, FS + b"AAAA", id="something after it"),
        pytest.param(SENDER, FS[:100] + b"*" + FS[100:], id="a character that is not base64"),
        pytest.param(SENDER, base64.b64decode(FS), id="DER instead of base64"),
        pytest.param(SENDER, base64.b64encode(base64.b64decode(FS) + b"\x00"), id="a byte after the DER"),
        pytest.param(SENDER, base64.b64encode(b"\x30\x80" * 20_000), id="nested 20,000 deep"),
        pytest.param(SENDER, FS + b"\n" * 100_000, id="longer than any signature"),
        pytest.param(SENDER, b"-----BEGIN PKCS7-----\n" + FS + b"-----END CMS-----\n", id="armor that does not match"),
        pytest.param(SENDER, FS.decode().encode("utf-16"), id="UTF-16"),
    ],
)
def test_a_signature_that_is_not_what_it_should_be_is_invalid(
    trust: CmsSignatures, signer: Identity, text: bytes
) -> None:
    assert verdict(trust, text, signer) == "125"


# Revocation


def test_a_revoked_certificate_signs_nothing(tmp_path: Path) -> None:
    assert verdict(trusting(tmp_path, AUTHORITY, SENDER), FS) == "125"


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        pytest.param(NOW - 3 * DAY, NOW - DAY, id="stale"),
        pytest.param(NOW + DAY, NOW + 3 * DAY, id="issued later"),
    ],
)
def test_without_a_current_revocation_list_nothing_is_taken(tmp_path: Path, issued: datetime, until: datetime) -> None:
    listed = AUTHORITY.revocation_list(issued=issued, until=until)
    trust = CmsSignatures([pem(tmp_path / "root.pem", AUTHORITY.root())], [pem(tmp_path / "crl.pem", listed)])
    assert verdict(trust, FS) == "125"
    assert trust.uncovered(NOW) == ["Common Name: Authority"]


def test_without_any_revocation_list_nothing_is_taken(tmp_path: Path) -> None:
    trust = CmsSignatures([pem(tmp_path / "root.pem", AUTHORITY.root())], [])
    assert verdict(trust, FS) == "125"


def test_a_revocation_list_of_somebody_else_is_not_believed(tmp_path: Path) -> None:
    listed = Authority().revocation_list()
    trust = CmsSignatures([pem(tmp_path / "root.pem", AUTHORITY.root())], [pem(tmp_path / "crl.pem", listed)])
    assert verdict(trust, FS) == "125"


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_revocation_lists_the_newest_of_that_moment_counts(tmp_path: Path, order: int) -> None:
    older = AUTHORITY.revocation_list(issued=NOW - 3 * DAY, until=NOW + YEAR)
    newer = AUTHORITY.revocation_list(SENDER, issued=NOW - DAY, until=NOW + YEAR, on=NOW - DAY)
    lists = pem(tmp_path / "crl.pem", *[older, newer][::order])
    trust = CmsSignatures([pem(tmp_path / "root.pem", AUTHORITY.root())], [lists])
    assert verdict(trust, FS, moment=NOW - 2 * DAY) is None
    assert verdict(trust, FS, moment=NOW) == "125"


def test_a_newer_list_about_other_certificates_takes_the_place_of_none(tmp_path: Path) -> None:
    whole = AUTHORITY.revocation_list(issued=NOW - 3 * DAY, until=NOW + YEAR)
    newer = AUTHORITY.revocation_list(issued=NOW - DAY, until=NOW + YEAR, about_authorities=True)
    lists = pem(tmp_path / "crl.pem", whole, newer)
    trust = CmsSignatures([pem(tmp_path / "root.pem", AUTHORITY.root())], [lists])
    assert verdict(trust, FS) is None


def test_a_revocation_list_may_be_in_der(tmp_path: Path) -> None:
    path = tmp_path / "list.crl"
    path.write_bytes(AUTHORITY.revocation_list().public_bytes(Encoding.DER))
    trust = CmsSignatures([pem(tmp_path / "root.pem", AUTHORITY.root())], [path])
    assert verdict(trust, FS) is None
    assert trust.uncovered(NOW) == []


# Never a crash


@settings(max_examples=150)
@given(bit=st.integers(0, len(base64.b64decode(FS)) * 8 - 1))
def test_a_flipped_bit_is_refused_or_was_not_part_of_what_is_signed(trust: CmsSignatures, bit: int) -> None:
    der = bytearray(base64.b64decode(FS))
    der[bit // 8] ^= 1 << bit % 8
    assert verdict(trust, base64.b64encode(bytes(der))) in {None, "125", "153"}
    assert verdict(trust, base64.b64encode(bytes(der)), content=b"something else") == "125"


@settings(max_examples=100)
@given(text=st.binary(max_size=200) | st.binary(max_size=200).map(base64.b64encode))
def test_bytes_that_are_no_signature_are_invalid(trust: CmsSignatures, text: bytes) -> None:
    assert verdict(trust, text) == "125"


# Ours


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo(folder, ["000101"], ["990001"], NOW - DAY)
    return folder


def party(folder: Path, number: str) -> CmsSignatures:
    authority, own = folder / "authority", folder / "parties" / number
    return CmsSignatures([authority / "root.pem"], [authority / "crl.pem"], own / "sign.key", own / "sign.pem")


def test_what_we_sign_is_taken_by_who_knows_us(demo: Path) -> None:
    fs = party(demo, "000101").sign(io.BytesIO(CONTENT))
    known = [fingerprint(demo / "parties" / "000101" / "sign.pem")]
    assert party(demo, "990001").verify(io.BytesIO(CONTENT), fs, known, NOW) is None
    assert party(demo, "990001").verify(io.BytesIO(CONTENT), fs, [], NOW) == "153"


def test_the_same_bytes_get_the_same_signature(demo: Path) -> None:
    signer = party(demo, "000101")
    assert signer.sign(io.BytesIO(CONTENT)) == signer.sign(io.BytesIO(CONTENT))


def test_a_signature_of_ours_is_base64_in_76_columns(demo: Path) -> None:
    lines = party(demo, "000101").sign(io.BytesIO(CONTENT)).split(b"\n")
    assert {len(each) for each in lines[:-2]} == {76}
    assert lines[-1] == b""


def test_signatures_are_made_and_judged_inside_an_event_loop_and_inside_a_thread(demo: Path) -> None:
    signer, known = party(demo, "000101"), [fingerprint(demo / "parties" / "000101" / "sign.pem")]

    async def both() -> str | None:
        return signer.verify(io.BytesIO(CONTENT), signer.sign(io.BytesIO(CONTENT)), known, NOW)

    assert asyncio.run(both()) is None
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, both()).result() is None


def test_a_certificate_revoked_in_the_demonstration_counts_until_then(tmp_path: Path) -> None:
    make_demo(tmp_path, ["000101"], [], NOW - 3 * DAY)
    known = [fingerprint(tmp_path / "parties" / "000101" / "sign.pem")]
    fs = party(tmp_path, "000101").sign(io.BytesIO(CONTENT))
    revoke(tmp_path, "000101", NOW)
    judge = party(tmp_path, "000101")
    assert judge.verify(io.BytesIO(CONTENT), fs, known, NOW - DAY) is None
    assert judge.verify(io.BytesIO(CONTENT), fs, known, NOW + timedelta(minutes=1)) == "125"


def test_what_was_signed_before_the_keys_were_discarded_still_verifies(tmp_path: Path) -> None:
    make_demo(tmp_path, ["000101"], [], NOW - DAY)
    authority = tmp_path / "authority"
    fs = party(tmp_path, "000101").sign(io.BytesIO(CONTENT))
    discard_private_keys(tmp_path)
    judge = CmsSignatures([authority / "root.pem"], [authority / "crl.pem"])
    known = [fingerprint(tmp_path / "parties" / "000101" / "sign.pem")]
    assert judge.verify(io.BytesIO(CONTENT), fs, known, NOW) is None


# Faults of ours are never the sender's


class Broken(io.BytesIO):
    """A disk that fails."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")

    def readinto(self, _buffer: object) -> int:
        raise OSError(5, "Input/output error")


def test_a_disk_that_fails_is_not_a_bad_signature(trust: CmsSignatures, demo: Path) -> None:
    with pytest.raises(Retryable):
        trust.verify(Broken(), FS, [SENDER.fingerprint], NOW)
    with pytest.raises(Retryable):
        party(demo, "000101").sign(Broken())


def test_a_moment_without_a_time_zone_is_not_a_bad_signature(trust: CmsSignatures) -> None:
    with pytest.raises(Invariant):
        verdict(trust, FS, moment=NOW.replace(tzinfo=None))


def test_who_only_verifies_cannot_sign(trust: CmsSignatures) -> None:
    with pytest.raises(Configuration):
        trust.sign(io.BytesIO(CONTENT))


def test_a_key_that_is_not_the_certificates_is_found_at_the_start(demo: Path) -> None:
    parties = demo / "parties"
    with pytest.raises(Configuration, match="is not the certificate of"):
        CmsSignatures([], [], parties / "000101" / "sign.key", parties / "990001" / "sign.pem")


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"-----BEGIN X509 CRL-----\nAAAA\n"])
def test_files_of_trust_that_are_wrong_are_found_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Configuration, match=r"file\.pem"):
        CmsSignatures([path], [])
    with pytest.raises(Configuration, match=r"file\.pem"):
        CmsSignatures([], [path])
    with pytest.raises(Configuration, match=r"file\.pem"):
        CmsSignatures([], [], path, path)


def test_the_name_in_a_certificate_is_never_logged(trust: CmsSignatures, caplog: pytest.LogCaptureFixture) -> None:
    assert AUTHORITY.issue().certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Sender"
    with caplog.at_level(logging.DEBUG):
        verdict(trust, signature(CONTENT, EXPIRED), EXPIRED)
    assert "Sender" not in caplog.text


def test_the_policy_may_be_stricter(tmp_path: Path) -> None:
    roots, lists = [pem(tmp_path / "r.pem", AUTHORITY.root())], [pem(tmp_path / "c.pem", AUTHORITY.revocation_list())]
    strict = CmsSignatures(roots, lists, policy=Policy(weak_hashes=frozenset({"sha1", "sha256"})))
    assert verdict(strict, FS) == "125"
