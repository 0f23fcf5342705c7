"""The sample batches: what each case drops, and what came of it, in a form that a repository can hold.

A case is a folder with `in/<party>/<box>/<file>`, laid out as on the server; where the same name is dropped a second
time, `later/<party>/<box>/<file>`; and `out/`, what came of it:

    <name of the GO>.status     status, ACRF codes, forms accepted
    <name of the GO>.ACRF.xml   the answers, moments masked
    <name of the GO>.NOTI.xml
    <name of the GO>.extracts   each recipient's manifest and CSVs
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from declarations.model import Batch, Delivery, Story
from declarations.ports import Archive, Ledger
from validators.envelope import HARDENED

MASKS = {
    "FormCreationDate": "2000-01-01",
    "FormCreationHour": "00:00:00.000",
    "ReceptionDate": "2000-01-01",
    "ReceptionHour": "00:00:00.000",
}
"""What stands in a kept answer for moments that differ at each run."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file of a case, and where it goes."""

    party: str
    box: str
    path: Path


@dataclass(frozen=True, slots=True)
class Case:
    """One sample."""

    folder: Path

    @property
    def name(self) -> str:
        """What the case is called."""
        return self.folder.name

    def drops(self) -> list[list[Dropped]]:
        """The files to drop, in one or two rounds, each in the order of a sender: FI, FS, GO, TD."""
        rounds = [self.folder / "in", self.folder / "later"]
        return [sorted(_files(each), key=_order) for each in rounds if each.is_dir()]

    def references(self) -> set[tuple[str, str]]:
        """Party and name of every file that an answer may quote."""
        return {(each.party, each.path.name) for drop in self.drops() for each in drop}

    def expected(self) -> dict[str, str]:
        """The files of `out/`, by name."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((self.folder / "out").iterdir())}


def cases(folder: Path) -> list[Case]:
    """The cases in that folder, by name."""
    return [Case(path.parent) for path in sorted(folder.glob("*/in"))]


def _files(root: Path) -> Iterator[Dropped]:
    for path in root.glob("*/*/*"):
        yield Dropped(path.parent.parent.name, path.parent.name, path)


def _order(dropped: Dropped) -> tuple[int, str]:
    kind = dropped.path.name.partition(".")[0]
    return ({"FI": 0, "FS": 1, "GO": 2, "TD": 3}.get(kind, 4), dropped.path.name)


def observed(case: Case, ledger: Ledger, archive: Archive) -> dict[str, str]:
    """What came of a case so far, in the shape of its `out/`."""
    files: dict[str, str] = {}
    for party, name in sorted(case.references()):
        for batch in ledger.find(name):
            if (batch.folder, batch.name) == (party, name):
                files |= _outcome(ledger.story(batch.id), archive)
    return files


def _outcome(story: Story, archive: Archive) -> dict[str, str]:
    batch = story.batch
    title = batch.name if batch.occurrence == 1 else f"{batch.name}.{batch.occurrence}"
    files = {f"{title}.status": _status(story)}
    for exchange in story.exchanges:
        if exchange.delivery_id is None and exchange.sent_at is not None:
            with archive.open(exchange.outgoing.content) as source:
                files[f"{title}.{exchange.outgoing.object}.xml"] = masked(source.read())
    extracts = "\n".join(_extract(delivery, archive) for delivery in story.deliveries)
    if extracts:
        files[f"{title}.extracts"] = extracts
    return files


def _status(story: Story) -> str:
    batch: Batch = story.batch
    lines = [f"status: {batch.status}"]
    lines += [f"code: ACRF-{code}" for code in batch.codes]
    if story.forms:
        accepted = sum(form.accepted for form in story.forms)
        lines.append(f"forms accepted: {accepted} of {len(story.forms)}")
    lines += [f"anomaly: {count.code} {count.anomaly_class} {count.count}" for count in story.counts]
    lines += [f"delivery: {each.parcel.recipient} {each.parcel.status}" for each in story.deliveries]
    return "\n".join(lines) + "\n"


def masked(answer: bytes) -> str:
    """An ACRF or NOTI with our own moments masked; those of the sender's form stay."""
    root = etree.fromstring(answer, etree.XMLParser(**HARDENED))
    for form in root:
        for element in (*form, *form.iterfind("FileReceptionInformation/*")):
            if element.tag in MASKS:
                element.text = MASKS[str(element.tag)]
    return etree.tostring(root, encoding="unicode") + "\n"


def _extract(delivery: Delivery, archive: Archive) -> str:
    """A delivery's zip as text: each member under its name."""
    if delivery.parcel.extract is None:
        return f"== {delivery.parcel.recipient}: withheld\n"
    with archive.open(delivery.parcel.extract) as source, zipfile.ZipFile(io.BytesIO(source.read())) as members:
        texts = [f"-- {name}\n{members.read(name).decode()}" for name in members.namelist()]
    return f"== {delivery.parcel.recipient}\n" + "".join(texts)
