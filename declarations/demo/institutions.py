"""What a recipient's software does: takes its extracts, verifies and keeps each, and answers with a receipt."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import polars as pl
import pyrage  # type: ignore[import-untyped]
from lxml import etree

from declarations.adapters.keys import fingerprint
from declarations.adapters.signatures import CmsSignatures
from declarations.answers import acrf
from declarations.demo.home import RECIPIENTS, keys, party_keys
from declarations.demo.mailbox import Found, clear, connected, found
from declarations.demo.senders import signatures
from declarations.model import Environment
from validators.envelope import HARDENED

BAD_SIGNATURE = "125"
NOT_PROCESSABLE = "163"
EVERY_SECONDS = 30
DOCUMENT = "extract.xml"
REPORTS = frozenset({"ACRF", "DIRX", "KPIM", "OVRV"})
"""Objects of what answers a party's own files, or tells it of itself: it asks for no receipt."""

TICKET = "0000000000000"


@dataclass(frozen=True, slots=True)
class Taken:
    """One extract that an institution took, and the codes for which it contests it."""

    number: str
    stem: str
    codes: tuple[str, ...]


def take_all(home: Path, port: int, now: datetime) -> list[Taken]:
    """Every institution takes what lies ready for it and answers each file."""
    return [taken for number in RECIPIENTS.values() for taken in take(home, port, number, now)]


def take(home: Path, port: int, number: str, now: datetime) -> list[Taken]:
    """One institution keeps what lies ready for it under `institutions/<number>`, answers it, and takes it away."""
    folder = home / "institutions" / number
    folder.mkdir(parents=True, exist_ok=True)
    desk, ours = signatures(home, number), fingerprint(keys(home) / "ours" / "sign.pem")
    done: list[Taken] = []
    codes: tuple[str, ...]
    with connected(home, port, number) as session:
        for each in found(session):
            (folder / f"{each.stem}.FO").write_bytes(each.content)
            (folder / f"{each.stem}.FS").write_bytes(each.signature)
            if _object(each) in REPORTS:
                codes = () if desk.verify(io.BytesIO(each.content), each.signature, {ours}, now) is None else ("125",)
            else:
                codes = faults(home, number, desk, ours, each, now, folder)
                _answer(session, desk, number, each, codes, now)
            clear(session, each)
            done.append(Taken(number, each.stem, codes))
    return done


def _object(given: Found) -> str:
    return given.stem.partition(".")[0]


def stand_by(home: Path, port: int) -> None:
    """Take and answer extracts for ever; a server that does not answer is tried again later."""
    while True:
        try:
            for each in take_all(home, port, datetime.now(UTC)):
                sys.stdout.write(f"{each.number} {each.stem} {' '.join(each.codes) or 'confirmed'}\n")
        except (paramiko.SSHException, OSError, EOFError) as fault:
            sys.stdout.write(f"the SFTP server did not answer: {type(fault).__name__}\n")
        time.sleep(EVERY_SECONDS)


def faults(
    home: Path, number: str, desk: CmsSignatures, ours: str, given: Found, now: datetime, folder: Path
) -> tuple[str, ...]:
    """The codes for which an extract is contested; none where signature, seal, manifest and contents agree."""
    if desk.verify(io.BytesIO(given.content), given.signature, {ours}, now) is not None:
        return (BAD_SIGNATURE,)
    try:
        content = unsealed(given.content, party_keys(home, number))
        (folder / f"{given.stem}.zip").write_bytes(content)
        return () if _agrees(content) else (NOT_PROCESSABLE,)
    except (pyrage.DecryptError, subprocess.CalledProcessError):
        return (NOT_PROCESSABLE,)


def unsealed(content: bytes, own: Path) -> bytes:
    """The zip in what was sent: sealed with age to the SSH key, as CMS to the certificate, or not at all."""
    if content.startswith(b"PK"):
        return content
    if content.startswith(b"age-encryption.org/"):
        identity = pyrage.ssh.Identity.from_buffer((own / "id_ed25519").read_bytes())
        return bytes(pyrage.decrypt(content, [identity]))
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", str(own / "sign.key")]
    return subprocess.run(
        [*command, "-recip", str(own / "sign.pem")], input=content, capture_output=True, check=True
    ).stdout


def _agrees(extract: bytes) -> bool:
    """Whether the members are those of the manifest, unchanged, and each block has as many rows as it says."""
    try:
        with zipfile.ZipFile(io.BytesIO(extract)) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            members = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
            told = {each["name"]: each["sha256"] for each in manifest["members"]}
    except (zipfile.BadZipFile, KeyError, ValueError):
        return False
    if told != {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}:
        return False
    if DOCUMENT in members:
        rows = _document_rows(members[DOCUMENT], members[f"{manifest['schema']}.xsd"])
        return rows == sum(int(each["rows"]) for each in manifest["blocks"])
    return all(_rows(each["file"], members[each["file"]]) == each["rows"] for each in manifest["blocks"])


def _document_rows(document: bytes, schema: bytes) -> int:
    """How many rows an XML extract has; none where its schema refuses it."""
    root = etree.fromstring(document, etree.XMLParser(**HARDENED))
    valid = etree.XMLSchema(etree.fromstring(schema, etree.XMLParser(**HARDENED))).validate(root)
    return sum(1 for _ in root.iterfind(".//*[@row]")) if valid else 0


def _rows(name: str, content: bytes) -> int:
    """How many rows of its block a member holds."""
    match name.rpartition(".")[2]:
        case "csv":
            return sum(1 for _ in csv.reader(io.StringIO(content.decode(), newline=""))) - 1
        case "ndjson":
            return content.count(b"\n")
        case _:
            return len(pl.read_parquet(io.BytesIO(content)))


def _answer(
    session: paramiko.SFTPClient,
    desk: CmsSignatures,
    number: str,
    extract: Found,
    codes: tuple[str, ...],
    now: datetime,
) -> None:
    """The receipt is named after the extract, whose day and sequence are unique: answered twice, it has one name."""
    content = acrf(extract.name, TICKET, codes, now)
    _, _, day, sequence, environment = extract.stem.split(".")
    stem = f"ACRF.{number}.{day}.{sequence}.{environment}"
    files = {
        f"FI.{stem}.1.1": content,
        f"FS.{stem}.1.1": desk.sign(io.BytesIO(content)),
        f"GO.{stem}.1": b"",
    }
    for name, text in files.items():
        session.putfo(io.BytesIO(text), f"{Environment.PRODUCTION.inbox}/{name}", confirm=False)
