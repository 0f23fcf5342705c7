"""The sample batches: what each case drops, and what came of it, in a form that a repository can hold.

A case is a folder with `in/<party>/<box>/<file>`, laid out as on the server; where the same name is dropped a second
time, `later/<party>/<box>/<file>`; and `out/`, what came of it:

    <name of the GO>.status     status, ACRF codes, forms accepted
    <name of the GO>.ACRF.xml   the answers, moments masked
    <name of the GO>.NOTI.xml
    <name of the GO>.parcels    each recipient's rows, block by block
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from declarations.model import Batch, KeptParcel, Story
from declarations.steps.parcels import holdings
from declarations.steps.process import version_named
from declarations.steps.shelf import Shelf
from declarations.steps.split import entitled
from declarations.steps.world import World
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


def stories(case: Case, world: World) -> list[Story]:
    """The stories of the batches that a case dropped, by name; of one name, the newest drop first."""
    return [
        world.ledger.story(batch.id)
        for party, name in sorted(case.references())
        for batch in world.ledger.find(name)
        if (batch.folder, batch.name) == (party, name)
    ]


def observed(case: Case, world: World) -> dict[str, str]:
    """What came of a case so far, in the shape of its `out/`."""
    files: dict[str, str] = {}
    for story in stories(case, world):
        files |= _outcome(story, world)
    return files


def _outcome(story: Story, world: World) -> dict[str, str]:
    batch = story.batch
    title = batch.name if batch.occurrence == 1 else f"{batch.name}.{batch.occurrence}"
    files = {f"{title}.status": _status(story)}
    for exchange in story.exchanges:
        if exchange.sent_at is not None:
            with world.archive.open(exchange.outgoing.content) as source:
                files[f"{title}.{exchange.outgoing.object}.xml"] = masked(source.read())
    parcels = "\n".join(_parcel(kept, world) for kept in story.parcels)
    if parcels:
        files[f"{title}.parcels"] = parcels
    return files


def _status(story: Story) -> str:
    batch: Batch = story.batch
    lines = [f"status: {batch.status}"]
    lines += [f"code: ACRF-{code}" for code in batch.codes]
    if story.forms:
        accepted = sum(form.accepted for form in story.forms)
        lines.append(f"forms accepted: {accepted} of {len(story.forms)}")
    lines += [f"anomaly: {count.code} {count.anomaly_class} {count.count}" for count in story.counts]
    lines += [f"parcel: {each.parcel.recipient} {_stands(each, story)}" for each in story.parcels]
    return "\n".join(lines) + "\n"


def _stands(kept: KeptParcel, story: Story) -> str:
    """Where the delivery that carries it stands; where the parcel does while none carries it."""
    carried = [each.status for each in story.deliveries if each.id == kept.delivery_id]
    return str(carried[0] if carried else kept.parcel.status)


def masked(answer: bytes) -> str:
    """An ACRF or NOTI with our own moments masked; those of the sender's form stay."""
    root = etree.fromstring(answer, etree.XMLParser(**HARDENED))
    for form in root:
        for element in (*form, *form.iterfind("FileReceptionInformation/*")):
            if element.tag in MASKS:
                element.text = MASKS[str(element.tag)]
    return etree.tostring(root, encoding="unicode") + "\n"


def _parcel(kept: KeptParcel, world: World) -> str:
    """The rows of one recipient as text: each block under its name."""
    recipient = kept.parcel.recipient
    version = version_named(world, kept.parcel.message)
    granted = entitled(world, version.family).authorizations.get(recipient, ())
    texts = [
        f"-- {name}\n{frame.write_csv(line_terminator=chr(10))}"
        for piece in holdings(Shelf(world, [kept]), kept, version, granted)
        for name, frame in piece.frames.items()
    ]
    return f"== {recipient}\n" + "".join(texts)
