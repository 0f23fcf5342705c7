"""What the parties' own software does, over a real SFTP server."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from declarations.adapters.sealing import Sealer
from declarations.adapters.signatures import CmsSignatures
from declarations.demo import institutions, senders
from declarations.demo.home import RECIPIENTS, keys, load_parties, mailboxes, numbers, party_keys
from declarations.demo.samples import Dropped
from declarations.parties.party import AgeSeal, X509Seal
from declarations.settings import SftpSettings, load
from declarations.world import register
from tests.airflow.conftest import NOW, SENDER, Demo

INSTITUTION = RECIPIENTS["statistics"]
BLOCK = b"row,quarter\n1,20231\n2,20231\n"
NUMBERS = count(1)


def extract(content: bytes = BLOCK, rows: int = 2, surplus: str | None = None) -> bytes:
    block = {"file": "form.csv", "rows": rows}
    member = {"name": "form.csv", "sha256": hashlib.sha256(BLOCK).hexdigest()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as members:
        members.writestr("manifest.json", json.dumps({"members": [member], "blocks": [block]}))
        members.writestr("form.csv", content)
        if surplus:
            members.writestr(surplus, "")
    return buffer.getvalue()


def ours(demo: Demo) -> CmsSignatures:
    own = keys(demo.home) / "ours"
    return CmsSignatures((), (), own / "sign.key", own / "sign.pem")


def leave(demo: Demo, number: str, content: bytes, signature: bytes | None = None) -> str:
    """Put a file into a party's OUT as the exchange does; its stem."""
    stem = f"DMFA.999999.20260423.{next(NUMBERS):05d}.R"
    box = mailboxes(demo.home) / number / "OUT"
    (box / f"FO.{stem}").write_bytes(content)
    (box / f"FS.{stem}").write_bytes(signature or ours(demo).sign(io.BytesIO(content)))
    (box / f"GO.{stem}").write_bytes(b"")
    return stem


@pytest.fixture(autouse=True)
def _empty_boxes(demo: Demo) -> Iterator[None]:
    yield
    for path in mailboxes(demo.home).glob("*/*/*"):
        path.unlink()


def test_a_good_extract_is_kept_answered_and_taken_away(demo: Demo) -> None:
    content = extract()
    stem = leave(demo, INSTITUTION, content)
    assert institutions.take(demo.home, demo.port, INSTITUTION, NOW) == [institutions.Taken(INSTITUTION, stem, ())]
    assert (demo.home / "institutions" / INSTITUTION / f"{stem}.zip").read_bytes() == content
    assert list((mailboxes(demo.home) / INSTITUTION / "OUT").iterdir()) == []


@pytest.mark.parametrize("seal", ["age", "x509"])
def test_a_sealed_extract_is_opened_with_the_institutions_own_key(demo: Demo, tmp_path: Path, seal: str) -> None:
    own = party_keys(demo.home, INSTITUTION)
    public = " ".join((own / "id_ed25519.pub").read_text(encoding="ascii").split()[:2])
    key = AgeSeal(public) if seal == "age" else X509Seal((own / "sign.pem").read_text(encoding="ascii"))
    content = extract()
    (tmp_path / "extract.zip").write_bytes(content)
    Sealer().seal(tmp_path / "extract.zip", tmp_path / "sealed", key)
    stem = leave(demo, INSTITUTION, (tmp_path / "sealed").read_bytes())
    assert institutions.take(demo.home, demo.port, INSTITUTION, NOW) == [institutions.Taken(INSTITUTION, stem, ())]
    assert (demo.home / "institutions" / INSTITUTION / f"{stem}.zip").read_bytes() == content


def test_a_receipt_is_a_whole_envelope_that_quotes_the_extract(demo: Demo) -> None:
    stem = leave(demo, INSTITUTION, extract())
    institutions.take(demo.home, demo.port, INSTITUTION, NOW)
    inbox = mailboxes(demo.home) / INSTITUTION / "IN"
    reference = stem.replace("DMFA.999999", f"ACRF.{INSTITUTION}")
    assert sorted(each.name for each in inbox.iterdir()) == [
        f"FI.{reference}.1.1",
        f"FS.{reference}.1.1",
        f"GO.{reference}.1",
    ]
    assert f"<FileName>GO.{stem}</FileName>" in (inbox / f"FI.{reference}.1.1").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(extract(BLOCK.replace(b"2,20231", b"2,20232")), id="a changed value"),
        pytest.param(extract(rows=3), id="a missing row"),
        pytest.param(extract(surplus="natural_person.csv"), id="a file that the manifest does not name"),
        pytest.param(b"PK not a zip", id="no zip"),
        pytest.param(b"not sealed for anybody", id="nothing known"),
    ],
)
def test_an_extract_that_is_not_what_its_manifest_says_is_contested(demo: Demo, content: bytes) -> None:
    leave(demo, INSTITUTION, content)
    (taken,) = institutions.take(demo.home, demo.port, INSTITUTION, NOW)
    assert taken.codes == ("163",)


def test_an_extract_that_we_did_not_sign_is_contested(demo: Demo) -> None:
    content = extract()
    forged = senders.signatures(demo.home, SENDER).sign(io.BytesIO(content))
    leave(demo, INSTITUTION, content, forged)
    (taken,) = institutions.take(demo.home, demo.port, INSTITUTION, NOW)
    assert taken.codes == ("125",)


def test_a_file_without_its_go_is_left_alone(demo: Demo) -> None:
    stem = leave(demo, INSTITUTION, extract())
    (mailboxes(demo.home) / INSTITUTION / "OUT" / f"GO.{stem}").unlink()
    assert institutions.take(demo.home, demo.port, INSTITUTION, NOW) == []


def test_a_sender_keeps_its_answers_and_knows_whether_they_are_genuine(demo: Demo) -> None:
    good = leave(demo, SENDER, b"<ACRF/>")
    bad = leave(demo, SENDER, b"<ACRF/>", ours(demo).sign(io.BytesIO(b"<NOTIFICATION/>")))
    received = senders.collect(demo.home, demo.port, SENDER, NOW)
    assert {each.stem: each.genuine for each in received} == {good: True, bad: False}
    assert (demo.home / "senders" / SENDER / f"FO.{good}").read_bytes() == b"<ACRF/>"


def test_files_arrive_in_the_boxes_they_were_meant_for(demo: Demo, tmp_path: Path) -> None:
    files = []
    for box in ("IN", "INTEST", "INTEST-S"):
        (tmp_path / box).write_bytes(box.encode())
        files.append(Dropped(SENDER, box, tmp_path / box))
    assert senders.drop(demo.home, demo.port, files) == 3
    for box in ("IN", "INTEST", "INTEST-S"):
        assert (mailboxes(demo.home) / SENDER / box / box).read_bytes() == box.encode()


def test_the_home_is_an_installation_that_knows_its_parties(demo: Demo) -> None:
    settings = load(demo.home)
    assert isinstance(settings.mailboxes, SftpSettings)
    assert settings.mailboxes.port == demo.port
    newest = register(settings).newest()
    assert newest is not None
    known = newest[1].parties()
    assert {*known.senders, *(each.number for each in known.recipients.values())} == set(numbers())
    assert all(known.certificates(number) for number in numbers())


def test_a_home_that_is_laid_out_again_keeps_its_list_of_parties(demo: Demo) -> None:
    load_parties(demo.home, NOW)
    assert len(register(load(demo.home)).history()) == 1
