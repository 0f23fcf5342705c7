"""A small installation for tests: folders instead of SFTP, a clock that tests set, everything else real."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from declarations import pipeline
from declarations.adapters.archive import FolderArchive
from declarations.adapters.database import DatabaseLedger, migrate
from declarations.adapters.database.directory import DatabaseDirectory
from declarations.adapters.database.engine import engine
from declarations.adapters.database.parties import PartyRegister
from declarations.adapters.folder import FolderMailboxes
from declarations.adapters.keys import make_demo
from declarations.adapters.sealing import Sealer
from declarations.adapters.signatures import CmsSignatures
from declarations.answers import acrf
from declarations.demo.home import RECIPIENTS
from declarations.families import Family, families
from declarations.generate import Request, write
from declarations.model import Batch, Environment
from declarations.parties.file import read_list
from declarations.parties.register import Document
from declarations.settings import Limits
from declarations.steps.world import World

NOW = datetime(2026, 4, 23, 20, 0, tzinfo=UTC)
SENDER = "000101"
OTHER_SENDER = "000102"


class Clock:
    """The time of day, moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@cache
def demo_keys() -> Path:
    """One authority for the whole test run: making keys is slow."""
    folder = Path(mkdtemp(prefix="declarations-keys-"))
    make_demo(folder, [SENDER, OTHER_SENDER], list(RECIPIENTS.values()), NOW - timedelta(days=1))
    return folder


@cache
def dmfa() -> tuple[Family, ...]:
    """The families, their schemas compiled once for the whole test run."""
    return families()


@cache
def party_list() -> Document:
    """The parties of every test's installation."""
    keys = demo_keys()
    lines = []
    for number in (SENDER, OTHER_SENDER):
        lines += ["[[sender]]", f'number = "{number}"', f'name = "Sender {number}"', 'families = ["dmfa"]']
        lines += [f'certificates = ["parties/{number}/sign.pem"]']
    for name, number in RECIPIENTS.items():
        lines += ["[[recipient]]", f'id = "{name}"', f'number = "{number}"', f'name = "{name}"']
        lines += [f'certificates = ["parties/{number}/sign.pem"]']
    path = keys / "parties.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_list(path, [each.name for each in dmfa()])


@cache
def new_ledger() -> bytes:
    """A ledger with nothing but the list of parties: making its tables is slow."""
    path = Path(mkdtemp(prefix="declarations-ledger-")) / "ledger.sqlite"
    migrate(f"sqlite:///{path}")
    database = engine(f"sqlite:///{path}")
    PartyRegister(database).load(party_list(), "tests", NOW)
    database.dispose()
    return path.read_bytes()


@cache
def signer(number: str) -> CmsSignatures:
    """The software of a party, signing as it does."""
    own = demo_keys() / "parties" / number
    return CmsSignatures(roots=(), revocation_lists=(), key=own / "sign.key", certificate=own / "sign.pem")


@cache
def document(employers: int = 1, persons: int = 3, seed: int = 1, faults: tuple[tuple[str, int], ...] = ()) -> bytes:
    """A synthetic DmfA of 2023/1."""
    buffer = io.BytesIO()
    request = Request(
        seed=seed,
        employers=employers,
        persons=persons,
        quarter="20231",
        schema=None,
        faults=faults,
        created_on=date(2026, 4, 20),
        indent=True,
    )
    write(request, buffer)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Place:
    """A test's installation: its world, its clock, and the parties' side of the folders."""

    root: Path
    world: World
    clock: Clock

    def put(self, name: str, content: bytes, folder: str = SENDER, box: str = "IN") -> None:
        """Drop one file."""
        path = self.root / "parties" / folder / box / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def drop(
        self,
        *documents: bytes,
        sequence: str = "00001",
        folder: str = SENDER,
        environment: str = "R",
        day: str = "20260423",
    ) -> str:
        """Drop a whole batch as a sender's software does; its reference."""
        reference = f"DMFA.{folder}.{day}.{sequence}.{environment}"
        box = Environment(environment).inbox
        for part, content in enumerate(documents, start=1):
            self.put(f"FI.{reference}.{len(documents)}.{part}", content, folder, box)
            if environment != "S":
                signature = signer(folder).sign(io.BytesIO(content))
                self.put(f"FS.{reference}.{len(documents)}.{part}", signature, folder, box)
        self.put(f"GO.{reference}.{len(documents)}", b"", folder, box)
        return reference

    def run(self) -> None:
        """Let the flow run until nothing moves."""
        while sum(step(self.world) for step in pipeline.STEPS.values()):
            pass

    def batch(self, reference: str) -> Batch:
        """The newest drop of that reference."""
        return self.world.ledger.find(reference)[0]

    def box(self, folder: str = SENDER, box: str = "OUT") -> list[str]:
        """Names of what lies there."""
        path = self.root / "parties" / folder / box
        return sorted(each.name for each in path.iterdir()) if path.is_dir() else []

    def answers(self, object_: str, folder: str = SENDER, box: str = "OUT") -> list[bytes]:
        """The contents of the FO files of one object, oldest first."""
        path = self.root / "parties" / folder / box
        return [(path / name).read_bytes() for name in self.box(folder, box) if name.startswith(f"FO.{object_}.")]

    def confirm(self, codes: tuple[str, ...] = ()) -> int:
        """Every recipient takes its extracts and answers each with an ACRF; how many."""
        count = 0
        for number in RECIPIENTS.values():
            for name in self.box(number):
                if name.startswith("GO."):
                    count += 1
                    self._receipt(number, name, codes)
                    for kind in ("FO", "FS", "GO"):
                        (self.root / "parties" / number / "OUT" / f"{kind}.{name[3:]}").unlink()
        return count

    def _receipt(self, number: str, name: str, codes: tuple[str, ...]) -> None:
        content = acrf(name, "0000000000000", codes, self.clock())
        sequence = name.split(".")[4]
        stem = f"ACRF.{number}.{self.clock().strftime('%Y%m%d')}.{sequence}.R"
        self.put(f"FI.{stem}.1.1", content, number)
        self.put(f"FS.{stem}.1.1", signer(number).sign(io.BytesIO(content)), number)
        self.put(f"GO.{stem}.1", b"", number)


def place(root: Path, limits: Limits | None = None) -> Place:
    """An installation under that folder; called again, the same one seen by a new process."""
    keys = demo_keys()
    for number in (SENDER, OTHER_SENDER, *RECIPIENTS.values()):
        (root / "parties" / number / "IN").mkdir(parents=True, exist_ok=True)
    if not (root / "ledger.sqlite").exists():
        (root / "ledger.sqlite").write_bytes(new_ledger())
    database = engine(f"sqlite:///{root / 'ledger.sqlite'}")
    clock = Clock(NOW)
    world = World(
        mailboxes=FolderMailboxes(root / "parties"),
        pushed={},
        archive=FolderArchive(root / "archive"),
        ledger=DatabaseLedger(database),
        signatures=CmsSignatures(
            roots=(keys / "authority" / "root.pem",),
            revocation_lists=(keys / "authority" / "crl.pem",),
            key=keys / "ours" / "sign.key",
            certificate=keys / "ours" / "sign.pem",
        ),
        sealing=Sealer(),
        directory=DatabaseDirectory(database),
        parties=party_list().parties(),
        families=dmfa(),
        limits=limits or Limits(),
        clock=clock,
        holder=f"test-{id(clock)}",
    )
    return Place(root, world, clock)


def with_world(given: Place, **changes: object) -> Place:
    """The same installation with some of its world replaced."""
    return replace(given, world=replace(given.world, **changes))  # type: ignore[arg-type]


def write_settings(root: Path, limits: Limits) -> None:
    """The same installation as a home for the command line."""
    keys = demo_keys()
    text = f"""
database = "sqlite:///ledger.sqlite"
[mailboxes]
folder = "parties"
[trust]
roots = ["{keys}/authority/root.pem"]
revocation_lists = ["{keys}/authority/crl.pem"]
key = "{keys}/ours/sign.key"
certificate = "{keys}/ours/sign.pem"
[limits]
"""
    lines = [f"{each.name} = {getattr(limits, each.name)}" for each in fields(limits)]
    (root / "settings.toml").write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
