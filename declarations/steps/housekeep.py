"""housekeep: what killed processes left behind, and what is known no longer."""

from __future__ import annotations

import logging
from datetime import timedelta

from declarations.errors import Configuration, Retryable
from declarations.model import Environment
from declarations.steps.world import World, lease

log = logging.getLogger(__name__)

UNFINISHED = timedelta(days=1)
"""A file that is being written is not that old."""

FORGOTTEN = timedelta(days=30)
"""A lease or a sighting that old belongs to nothing that still lies anywhere."""


def housekeep(world: World) -> dict[str, int]:
    """Take away unfinished files in outboxes and archive, and forget old leases and sightings; how many of each."""
    outboxes = sum(_swept(world, folder) for folder in world.mailboxes.folders())
    archive = world.archive.sweep(world.clock() - UNFINISHED)
    return {"outboxes": outboxes, "archive": archive, **world.ledger.sweep(world.clock() - FORGOTTEN)}


def _swept(world: World, folder: str) -> int:
    """Nobody writes there meanwhile; a folder that does not answer keeps what it has."""
    with lease(world, f"outbox:{folder}") as mine:
        try:
            return sum(_cleared(world, folder, each.outbox) for each in Environment) if mine else 0
        except (Retryable, Configuration) as fault:
            log.warning("outbox not swept", extra={"folder": folder, "error": str(fault)})
            return 0


def _cleared(world: World, folder: str, box: str) -> int:
    old = (world.clock() - UNFINISHED).timestamp()
    found = [each for each in world.mailboxes.leftovers(folder, box) if each.modified < old]
    for each in found:
        world.mailboxes.remove(folder, box, each.name)
    return len(found)
