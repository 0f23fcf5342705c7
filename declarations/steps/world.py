"""What the steps need of the world, and what they all do with it."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from declarations.errors import DeclarationsError
from declarations.families import Family
from declarations.ledger import Ledger
from declarations.model import (
    Batch,
    Environment,
    Outcome,
    Outgoing,
)
from declarations.parties.party import Parties
from declarations.ports import Archive, Directory, Mailboxes, Sealing, Signatures
from declarations.settings import Limits
from validators import rules

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class World:
    """What the flow needs, put together by `declarations.world`. `holder` names this process in leases."""

    mailboxes: Mailboxes
    pushed: Mapping[str, Mailboxes]  # by folder: the servers of recipients that do not fetch
    archive: Archive
    ledger: Ledger
    signatures: Signatures
    sealing: Sealing
    directory: Directory
    parties: Parties
    families: Sequence[Family]
    limits: Limits
    clock: Callable[[], datetime]
    holder: str

    def today(self) -> datetime:
        """Now, in Brussels."""
        return self.clock().astimezone(ZoneInfo("Europe/Brussels"))


@contextmanager
def lease(world: World, resource: str) -> Iterator[bool]:
    """Hold a resource while the body runs; gives False where another process holds it."""
    mine = prolonged(world, resource)
    try:
        yield mine
    finally:
        if mine:
            world.ledger.release(resource, world.holder)


def prolonged(world: World, resource: str) -> bool:
    """Take or renew a lease; False where another process holds it."""
    return world.ledger.acquire(resource, world.holder, world.clock(), world.limits.lease_seconds)


def outgoing(world: World, object_: str, folder: str, environment: Environment, content: bytes) -> Outgoing:
    """A file of ours, signed; content and signature lie in the archive."""
    stored = world.archive.put(io.BytesIO(content))
    signature = world.archive.put(io.BytesIO(world.signatures.sign(io.BytesIO(content))))
    return Outgoing(object_, folder, environment, stored.sha256, stored.size, signature.sha256)


def advanced(world: World, batch: Batch, outcome: Outcome) -> bool:
    """Put an outcome into the ledger; False where the batch has moved on."""
    if not world.ledger.advance(batch, outcome, world.clock()):
        return False
    log.info(str(outcome.status), extra={"batch": batch.id, "reference": batch.reference, "note": outcome.note})
    return True


def told(fault: Exception) -> str:
    """What may be written down of a fault: foreign texts may quote data, so of those only where they came from."""
    ours = isinstance(fault, DeclarationsError | rules.RuleError)
    return f"{type(fault).__name__}: {fault if ours else _origin(fault)}"


def _origin(fault: Exception) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames[-4:]))
