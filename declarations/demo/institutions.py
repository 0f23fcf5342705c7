"""What a recipient's software does: takes its extracts, verifies and keeps each, and answers with a receipt."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paramiko

from declarations.adapters.keys import fingerprint
from declarations.adapters.signatures import CmsSignatures
from declarations.answers import acrf
from declarations.demo.home import RECIPIENTS, keys
from declarations.demo.mailbox import Found, clear, connected, found
from declarations.demo.senders import signatures
from declarations.model import Environment

BAD_SIGNATURE = "125"
NOT_PROCESSABLE = "163"
EVERY_SECONDS = 30
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
    done = []
    with connected(home, port, number) as session:
        for each in found(session):
            (folder / f"{each.stem}.zip").write_bytes(each.content)
            (folder / f"{each.stem}.FS").write_bytes(each.signature)
            codes = faults(desk, ours, each, now)
            _answer(session, desk, number, each, codes, now)
            clear(session, each)
            done.append(Taken(number, each.stem, codes))
    return done


def stand_by(home: Path, port: int) -> None:
    """Take and answer extracts for ever; a server that does not answer is tried again later."""
    while True:
        try:
            for each in take_all(home, port, datetime.now(UTC)):
                sys.stdout.write(f"{each.number} {each.stem} {' '.join(each.codes) or 'confirmed'}\n")
        except (paramiko.SSHException, OSError, EOFError) as fault:
            sys.stdout.write(f"the SFTP server did not answer: {type(fault).__name__}\n")
        time.sleep(EVERY_SECONDS)


def faults(desk: CmsSignatures, ours: str, given: Found, now: datetime) -> tuple[str, ...]:
    """The codes for which an extract is contested; none where signature, manifest and contents agree."""
    if desk.verify(io.BytesIO(given.content), given.signature, {ours}, now) is not None:
        return (BAD_SIGNATURE,)
    return () if _agrees(given.content) else (NOT_PROCESSABLE,)


def _agrees(extract: bytes) -> bool:
    """Whether each block of the manifest is there, with its hash and its number of rows, and nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(extract)) as members:
            blocks = json.loads(members.read("manifest.json"))["blocks"]
            named = {"manifest.json", *(block["file"] for block in blocks)}
            return set(members.namelist()) == named and all(
                _is_block(members.read(block["file"]), block["sha256"], block["rows"]) for block in blocks
            )
    except (zipfile.BadZipFile, KeyError, ValueError):
        return False


def _is_block(content: bytes, sha256: str, rows: int) -> bool:
    counted = sum(1 for _ in csv.reader(io.StringIO(content.decode(), newline=""))) - 1
    return hashlib.sha256(content).hexdigest() == sha256 and counted == rows


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
