"""Plays the samples through the flow in one process: folders instead of SFTP, no waiting."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from declarations.adapters.archive import FolderArchive
from declarations.adapters.database import DatabaseLedger, migrate
from declarations.adapters.database.directory import DatabaseDirectory
from declarations.adapters.database.engine import engine
from declarations.adapters.folder import FolderMailboxes
from declarations.adapters.sealing import Sealer
from declarations.adapters.signatures import CmsSignatures
from declarations.demo.samples import Case
from declarations.families import families
from declarations.parties.file import read_list
from declarations.settings import Limits
from declarations.steps.world import World
from tests.worlds import RECIPIENTS, Clock, Place, demo_keys


@contextmanager
def installation(root: Path, samples: Path) -> Iterator[World]:
    """A world that knows the senders and the authority of the samples."""
    keys = demo_keys()
    authority = samples / "authority"
    lines = []
    for number in ("000101", "000102"):
        lines += ["[[sender]]", f'number = "{number}"', f'name = "Sender {number}"', 'families = ["dmfa"]']
        lines += [f'certificates = ["{authority}/{number}.pem"]']
    for name, number in RECIPIENTS.items():
        lines += ["[[recipient]]", f'id = "{name}"', f'number = "{number}"', f'name = "{name}"']
        lines += [f'certificates = ["{keys}/parties/{number}/sign.pem"]']
    (root / "parties.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    url = f"sqlite:///{root / 'ledger.sqlite'}"
    migrate(url)
    database = engine(url)
    yield World(
        mailboxes=FolderMailboxes(root / "parties"),
        pushed={},
        archive=FolderArchive(root / "archive"),
        ledger=DatabaseLedger(database),
        signatures=CmsSignatures(
            roots=(keys / "authority" / "root.pem", authority / "root.pem"),
            revocation_lists=(keys / "authority" / "crl.pem", authority / "crl.pem"),
            key=keys / "ours" / "sign.key",
            certificate=keys / "ours" / "sign.pem",
        ),
        sealing=Sealer(),
        directory=DatabaseDirectory(database),
        parties=read_list(root / "parties.toml", ["dmfa"]).parties(),
        families=families(),
        limits=Limits(max_age_days=36500),
        clock=Clock(datetime.now(UTC)),
        holder="samples",
    )


def play(world: World, root: Path, cases: Sequence[Case]) -> None:
    """Drop every case, run until nothing moves, let the recipients confirm; then the second drops."""
    clock = world.clock
    if not isinstance(clock, Clock):
        raise TypeError("samples are played on a clock moved by hand")
    here = Place(root, replace(world), clock)
    for nth in range(2):
        for case in cases:
            for dropped in case.drops()[nth : nth + 1]:
                for each in dropped:
                    target = root / "parties" / each.party / each.box / each.path.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(each.path, target)
        for _ in range(3):
            here.run()
            here.confirm()
            clock.now += timedelta(seconds=world.limits.incomplete_seconds)
        here.run()
