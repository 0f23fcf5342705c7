"""Two worlds that differ only in what a recipient may not see: the same files leave for it, byte by byte."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest

from declarations import pipeline
from declarations.demo.home import RECIPIENTS
from declarations.entitlement.authorizations import authorizations, merged
from declarations.entitlement.entitlements import AUTHORIZATIONS, ROUTES
from declarations.families import Family, families
from declarations.model import Artifact, Batch, BatchStatus
from declarations.parties.party import AgeSeal, Format, Parties, Recipient, Seal, X509Seal
from declarations.steps.distribute import distribute
from declarations.steps.kept import keep, kept, tables
from declarations.steps.shelf import Shelf
from declarations.steps.split import entitled
from tests.cuts import other
from tests.directory.given import frames, load
from tests.worlds import Place, demo_keys, dmfa, document, place, with_world

WAYS = {
    "csv": (Format.CSV, None),
    "ndjson": (Format.NDJSON, None),
    "xml": (Format.XML, None),
    "parquet": (Format.PARQUET, None),
    "age": (Format.CSV, AgeSeal),
    "cms": (Format.XML, X509Seal),
}
"""Every recipient gets its extracts in every format, and sealed in every way; each way is a recipient of its own."""

CONTENT = document(employers=3, persons=30, seed=3)
KEYS = "990001"
"""The party to whose keys they are sealed."""

LINKS = ("form", "part", "row")

Files = dict[str, dict[str, bytes]]
"""By recipient, the files that lie ready for it by their names, opened where they are sealed."""

Rows = Mapping[str, set[int]]
"""Block -> the rows that a recipient gets, by their ids in the batch."""


@dataclass(frozen=True, slots=True)
class Before:
    """A batch that is controlled, in an installation to be copied."""

    root: Path
    family: Family
    reference: str

    def at(self, root: Path, *recipients: str) -> Place:
        """The installation once more, with these recipients in every way."""
        shutil.copytree(self.root, root)
        parties = {
            each.id: each for name in recipients for nth, way in enumerate(WAYS) if (each := recipient(name, way, nth))
        }
        here = place(root)
        return with_world(here, families=(self.family,), parties=Parties(here.world.parties.senders, parties))


def recipient(name: str, way: str, nth: int) -> Recipient:
    format, seal = WAYS[way]
    number = str(int(RECIPIENTS[name]) - 1000 * (nth + 1))
    return Recipient(
        id=f"{name}-{way}", number=number, name=name, certificates=frozenset(), format=format, seal=sealed_by(seal)
    )


def sealed_by(kind: type[Seal] | None) -> Seal | None:
    own = demo_keys() / "parties" / KEYS
    if kind is None:
        return None
    if kind is AgeSeal:
        return AgeSeal((own / "id_ed25519.pub").read_text(encoding="ascii").strip())
    return X509Seal((own / "sign.pem").read_text(encoding="ascii"))


def in_every_way(text: str) -> str:
    """Routes or authorizations, once for each way."""
    return "\n".join(re.sub(r'(?m)^(id|recipient) = "(.*)"$', rf'\1 = "\2-{way}"', text) for way in WAYS)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """The DmfA, entitled to which is every recipient in every way."""
    root = tmp_path_factory.mktemp("families")
    folder = root / "dmfa"
    shutil.copytree(dmfa()[0].folder, folder)
    for name in (ROUTES, AUTHORIZATIONS):
        (folder / name).write_text(in_every_way((folder / name).read_text(encoding="utf-8")), encoding="utf-8")
    (found,) = families(root)
    return found


def controlled(root: Path, family: Family, content: bytes) -> Before:
    """That batch, controlled, and who knows the persons in it."""
    here = place(root)
    persons = sorted({each.decode() for each in re.findall(rb"<INSS>(\d{11})</INSS>", content)})
    for way in WAYS:
        for name, quality, nth in (("unemployment", "unemployed", 3), ("occupational-risks", "victim", 4)):
            known = frames(*(f"{each},{quality},2020-01-01," for each in persons[::nth]))
            here.world.directory.take_list(load(f"{name}-{way}"), known)
    reference = here.drop(content)
    for step in ("receive", "accept", "normalize", "control"):
        pipeline.STEPS[step](here.world)
    assert here.batch(reference).status is BatchStatus.CONTROLLED
    return Before(root, family, reference)


@pytest.fixture(scope="module")
def before(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Before:
    """A batch whose hour, which nobody may see, is another one: so every file that is kept of it is, too."""
    assert not any(
        "form_creation_hour" in each.columns.get("form", ()) for each in authorizations(family.folder / AUTHORIZATIONS)
    )
    content, hours = re.subn(rb"(<FormCreationHour>)\d\d:", rb"\g<1>23:", CONTENT)
    assert hours
    assert content != CONTENT
    return controlled(tmp_path_factory.mktemp("worlds") / "before", family, content)


def delivered(here: Place) -> Files:
    """What leaves."""
    pipeline.STEPS["split"](here.world)
    distribute(here.world)
    found = {}
    for each in here.world.parties.recipients.values():
        out = here.root / "parties" / each.number / "OUT"
        found[each.id] = {path.name: opened(path, each.seal) for path in sorted(out.glob("FO.*"))}
    return found


def opened(path: Path, seal: Seal | None) -> bytes:
    own = demo_keys() / "parties" / KEYS
    match seal:
        case None:
            return path.read_bytes()
        case AgeSeal():
            key = pyrage.ssh.Identity.from_buffer((own / "id_ed25519").read_bytes())
            return pyrage.decrypt(path.read_bytes(), [key])
        case X509Seal():
            command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(path)]
            keys = ["-recip", str(own / "sign.pem"), "-inkey", str(own / "sign.key")]
            return subprocess.run([*command, *keys], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def as_it_is(family: Family, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Files]:
    """The world whose declarations are left as they were, and what left it."""
    root = tmp_path_factory.mktemp("worlds")
    here = controlled(root / "before", family, CONTENT).at(root / "as-it-is", *RECIPIENTS)
    return here, delivered(here)


def rows_of(here: Place, reference: str, name: str) -> Rows:
    """The rows that a recipient gets, as they were kept with the cut."""
    batch = here.batch(reference)
    parcels = [each for each in here.world.ledger.story(batch.id).parcels if each.parcel.recipient == f"{name}-csv"]
    found: dict[str, set[int]] = {}
    for parcel in parcels:
        for _, own in Shelf(here.world, parcels).rows(parcel):
            for block, frame in own.items():
                found.setdefault(block, set()).update(frame["row"])
    return found


def change(here: Place, before: Before, name: str, mine: Rows) -> None:
    """Change all that the recipient may not see of the batch, block by block.

    In rows that it gets, the columns it may not see; in all other rows, every column. What selects rows stays, and
    how they hang together. A row's place among its siblings changes too: there may have been hidden ones before it.
    """
    batch = here.batch(before.reference)
    held = entitled(here.world, before.family).authorizations[f"{name}-csv"]
    seen, selecting = merged(each.columns for each in held), merged(each.selects_by for each in held)
    for place_, artifact in tables(here.world, batch.id, "block").items():
        block = place_.partition("/")[2]
        frame = kept(here.world, artifact)
        own = frame["row"].is_in(list(mine.get(block, ())))
        for column in frame:
            if column.name in (*LINKS, *selecting.get(block, ())) or column.name.endswith("_row"):
                continue
            values = other(column)
            frame = frame.with_columns(column.zip_with(own, values) if column.name in seen.get(block, ()) else values)
        replace(here, batch, keep(here.world, "block", place_, frame))


def replace(here: Place, batch: Batch, artifact: Artifact) -> None:
    """Let that table stand in the place of the one that was kept under its name."""
    with closing(sqlite3.connect(here.root / "ledger.sqlite")) as ledger, ledger:
        sql = "UPDATE artifact SET sha256 = ? WHERE batch_id = ? AND kind = ? AND name = ?"
        assert ledger.execute(sql, (artifact.sha256, batch.id, artifact.kind, artifact.name)).rowcount == 1


@pytest.mark.parametrize("name", RECIPIENTS)
def test_what_a_recipient_may_not_see_changes_no_byte_that_leaves_for_it(
    name: str, before: Before, as_it_is: tuple[Place, Files], tmp_path: Path
) -> None:
    first, files = as_it_is
    here = before.at(tmp_path / "other", name)
    change(here, before, name, rows_of(first, before.reference, name))
    again = delivered(here)
    assert set(again) == {f"{name}-{way}" for way in WAYS}
    for each, those in again.items():
        assert those
        assert those == files[each]
