"""post: the files that were decided on are written into the outboxes, once."""

from __future__ import annotations

import io
import logging

from declarations.errors import Configuration, Retryable
from declarations.model import Exchange
from declarations.steps.world import World, lease

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Files for one folder that one call takes."""


def post(world: World) -> int:
    """Write the files that were decided into the outboxes; how many."""
    count = 0
    for folder in world.ledger.outboxes():
        with lease(world, f"outbox:{folder}") as mine:
            if mine:
                count += _posted_to(world, folder)
    return count


def _posted_to(world: World, folder: str) -> int:
    """A folder that does not answer keeps its own files waiting, and no other's."""
    count = 0
    for exchange in world.ledger.unsent(folder, AT_ONCE):
        if not _posted(world, exchange):
            break
        count += 1
    return count


def _posted(world: World, exchange: Exchange) -> bool:
    """FO, then FS, then GO; whoever looks first does not write twice."""
    folder, box = exchange.outgoing.folder, exchange.outgoing.environment.outbox
    try:
        if world.mailboxes.look(folder, box, f"GO.{exchange.stem}") is None:
            for kind, key in (("FO", exchange.outgoing.content), ("FS", exchange.outgoing.signature)):
                with world.archive.open(key) as source:
                    world.mailboxes.write(folder, box, f"{kind}.{exchange.stem}", source)
            world.mailboxes.write(folder, box, f"GO.{exchange.stem}", io.BytesIO())
    except (Retryable, Configuration) as fault:
        log.warning("file not sent", extra={"exchange": exchange.stem, "folder": folder, "error": str(fault)})
        return False
    world.ledger.sent(exchange, world.clock())
    log.info("sent", extra={"exchange": exchange.stem, "folder": folder})
    return True
