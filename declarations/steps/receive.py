"""receive: inbox -> archive and ledger. Copy, hash, look again, record, then remove."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from declarations.errors import Configuration, Retryable
from declarations.filenames import FileName, parse
from declarations.model import (
    Batch,
    Drop,
    Environment,
    Kind,
    StoredFile,
)
from declarations.ports import Entry
from declarations.sla import due
from declarations.stages.receive import Ready, ready
from declarations.steps.world import World, lease, prolonged

log = logging.getLogger(__name__)


EVERYTHING = 1_000_000
"""More drops than an inbox holds."""


Spread = Callable[[Callable[[str], int], Iterable[str]], Iterable[int]]
"""Does a thing for each folder: one after the other as `map` does it, or several at once."""


def receive(world: World, most: int = EVERYTHING, spread: Spread = map) -> int:
    """Take what lies complete in the parties' inboxes, so much of each at most; how many drops were recorded."""
    return sum(spread(lambda folder: _receive_leased(world, folder, most), world.mailboxes.folders()))


def _receive_leased(world: World, folder: str, most: int) -> int:
    with lease(world, f"inbox:{folder}") as mine:
        return _receive_folder(world, folder, most) if mine else 0


def _receive_folder(world: World, folder: str, most: int) -> int:
    count = 0
    try:
        for batch in world.ledger.unremoved(folder):
            _clear(world, batch)
        for environment in Environment:
            count += _receive_inbox(world, folder, environment, most)
    except (Retryable, Configuration) as fault:
        log.warning("inbox not read", extra={"folder": folder, "error": str(fault)})
    return count


def _receive_inbox(world: World, folder: str, environment: Environment, most: int) -> int:
    entries = {entry.name: entry for entry in world.mailboxes.entries(folder, environment.inbox)}
    now = world.clock()
    seen = world.ledger.sight(folder, environment.inbox, entries, now)
    files = [name for name, entry in entries.items() if entry.regular]
    waiting = ready(files, seen, environment, world.limits, now)
    waiting += [
        Ready(Kind.ODD, name, name, (), seen[name], "129") for name, entry in entries.items() if not entry.regular
    ]
    fresh_until = now + timedelta(seconds=world.limits.lease_seconds / 4)
    count = 0
    for each in waiting:
        if count >= most:
            break
        if world.clock() > fresh_until:
            if not prolonged(world, f"inbox:{folder}"):
                break
            fresh_until = world.clock() + timedelta(seconds=world.limits.lease_seconds / 4)
        count += _taken(world, folder, environment, each, entries)
    return count


def _taken(world: World, folder: str, environment: Environment, what: Ready, entries: Mapping[str, Entry]) -> bool:
    """Take it if it can be read now: one unreadable file keeps no other waiting."""
    try:
        return _take(world, folder, environment, what, entries)
    except Retryable as fault:
        log.warning("drop not taken", extra={"folder": folder, "error": str(fault)})
        return False


def _take(world: World, folder: str, environment: Environment, what: Ready, entries: Mapping[str, Entry]) -> bool:
    """Copy, hash, look again, record, then remove. False where a file was still being written."""
    files = []
    for name in what.names:
        stored = _copied(world, folder, environment, entries[name])
        if stored is None:
            return False
        files.append(stored)
    now = world.clock()
    drop = Drop(
        what.kind, folder, environment, what.reference, what.name, what.first_seen_at, tuple(files), what.reason
    )
    batch = world.ledger.record(drop, world.holder, now, due(what.first_seen_at))
    if batch is None:
        return False
    log.info("received", extra={"batch": batch.id, "reference": batch.reference, "files": len(files)})
    _clear(world, batch)
    return True


def _copied(world: World, folder: str, environment: Environment, entry: Entry) -> StoredFile | None:
    with world.mailboxes.open(folder, environment.inbox, entry.name) as source:
        stored = world.archive.put(source)
    if world.mailboxes.look(folder, environment.inbox, entry.name) != entry or stored.size != entry.size:
        return None
    name = parse(entry.name)
    kind = str(name.kind) if isinstance(name, FileName) else ""
    part = name.part if isinstance(name, FileName) else None
    return StoredFile(kind, entry.name, part, stored.size, stored.sha256, entry.modified)


def _clear(world: World, batch: Batch) -> None:
    """Take a recorded drop out of the inbox, the GO first; what was put there since stays."""
    box = batch.environment.inbox
    for file in batch.files:
        entry = world.mailboxes.look(batch.folder, box, file.name)
        if entry is not None and (entry.size, entry.modified) == (file.size, file.modified):
            world.mailboxes.remove(batch.folder, box, file.name)
    if not batch.files and world.mailboxes.look(batch.folder, box, batch.name) is not None:
        world.mailboxes.set_aside(batch.folder, box, batch.name)
    world.ledger.removed(batch, world.clock())
