"""What a sender's software does: drops files in the order of the channel, and takes its answers away."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from declarations.adapters.keys import fingerprint
from declarations.adapters.signatures import CmsSignatures
from declarations.demo.home import keys, party_keys
from declarations.demo.mailbox import clear, connected, found
from declarations.demo.samples import Dropped


@dataclass(frozen=True, slots=True)
class Received:
    """An answer that a sender found, and whether our signature on it is good."""

    number: str
    stem: str
    genuine: bool


def drop(home: Path, port: int, files: Iterable[Dropped]) -> int:
    """Upload the files in the order given, each into its party's box; how many."""
    count = 0
    for party, group in groupby(files, key=lambda each: each.party):
        with connected(home, port, party) as session:
            for each in group:
                session.put(str(each.path), f"{each.box}/{each.path.name}", confirm=False)
                count += 1
    return count


def collect(home: Path, port: int, number: str, now: datetime) -> list[Received]:
    """One sender takes its answers away, keeps them under `senders/<number>`, and verifies each."""
    folder = home / "senders" / number
    folder.mkdir(parents=True, exist_ok=True)
    desk, ours = signatures(home, number), {fingerprint(keys(home) / "ours" / "sign.pem")}
    received = []
    with connected(home, port, number) as session:
        for each in found(session):
            (folder / f"FO.{each.stem}").write_bytes(each.content)
            (folder / f"FS.{each.stem}").write_bytes(each.signature)
            genuine = desk.verify(io.BytesIO(each.content), each.signature, ours, now) is None
            received.append(Received(number, each.stem, genuine))
            clear(session, each)
    return received


def signatures(home: Path, number: str) -> CmsSignatures:
    """The signature software of one party: believes the demonstration's authority, signs with the party's key."""
    authority, own = keys(home) / "authority", party_keys(home, number)
    return CmsSignatures(
        roots=(authority / "root.pem",),
        revocation_lists=(authority / "crl.pem",),
        key=own / "sign.key",
        certificate=own / "sign.pem",
    )
