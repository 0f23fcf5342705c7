"""post: the files decided on are written into the outboxes, once; who does not answer is left alone for a while."""

from __future__ import annotations

import hashlib
import io
import logging
from datetime import datetime, timedelta

from declarations.errors import Configuration, Invariant, Retryable
from declarations.model import OURS, Exchange, Line
from declarations.operations import AlarmKind
from declarations.ports import Mailboxes
from declarations.steps.world import World, lease

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Files for one folder that one call takes."""


def post(world: World) -> int:
    """Write the files that were decided into the outboxes, oldest first; how many.

    A server or folder that fails is tried again later and later, one file first, and costs the others nothing.
    """
    count = 0
    for folder in world.ledger.outboxes():
        with lease(world, f"outbox:{folder}") as mine:
            if mine and _due(world, folder):
                count += _posted_to(world, folder)
    return count


def _due(world: World, folder: str) -> bool:
    """Whether nothing is known against trying that folder now."""
    lines = (folder,) if folder in world.pushed else (OURS, folder)
    return all(_may_try(world.ledger.line(name), world.clock()) for name in lines)


def _may_try(line: Line, now: datetime) -> bool:
    return line.next_try_at is None or line.next_try_at <= now


def _posted_to(world: World, folder: str) -> int:
    """Write until one fails, or as many as a server of others is sent in one go."""
    pushed = folder in world.pushed
    waiting = world.ledger.unsent(folder, world.limits.pushed_at_once if pushed else AT_ONCE)
    for count, exchange in enumerate(waiting):
        try:
            _write(world, exchange)
        except (Retryable, Configuration, Invariant) as fault:
            _failed(world, exchange, fault)
            return count
        world.ledger.sent(exchange, world.clock())
        log.info("sent", extra={"exchange": exchange.stem, "folder": folder})
        if count == 0:
            _answered(world, folder)
    if pushed and len(waiting) == world.limits.pushed_at_once:
        _rest(world, folder)
    return len(waiting)


def _write(world: World, exchange: Exchange) -> None:
    """FO, then FS, then GO; whoever looks first does not write twice."""
    folder, box = exchange.outgoing.folder, exchange.outgoing.environment.outbox
    mailboxes = _mailboxes(world, folder)
    if mailboxes.look(folder, box, f"GO.{exchange.stem}") is None:
        for kind, key in (("FO", exchange.outgoing.content), ("FS", exchange.outgoing.signature)):
            with world.archive.open(key) as source:
                mailboxes.write(folder, box, f"{kind}.{exchange.stem}", source)
        mailboxes.write(folder, box, f"GO.{exchange.stem}", io.BytesIO())


def _mailboxes(world: World, folder: str) -> Mailboxes:
    return world.pushed.get(folder, world.mailboxes)


def _failed(world: World, exchange: Exchange, fault: Exception) -> None:
    """Leave the line alone for a while; an alarm where it has been down for long."""
    name, now = _at_fault(world, exchange.outgoing.folder), world.clock()
    line = world.ledger.line(name)
    next_try_at = now + patience(world, line)
    world.ledger.unreachable(name, str(fault), next_try_at, now)
    log.warning("file not sent", extra={"exchange": exchange.stem, "line": name, "error": str(fault)})
    if line.down_since is not None and now - line.down_since >= timedelta(seconds=world.limits.line_alarm_seconds):
        detail = f"down since {line.down_since.isoformat(timespec='minutes')}: {fault}"
        world.ledger.alarm(_alarm(name), AlarmKind.LINE, name, detail, now)


def _at_fault(world: World, folder: str) -> str:
    """The line that failed: a recipient's own server, one folder on ours, or all of ours."""
    if folder in world.pushed:
        return folder
    try:
        world.mailboxes.folders()
    except (Retryable, Configuration):
        return OURS
    return folder


def patience(world: World, line: Line) -> timedelta:
    """How long a line that failed once more is left alone: twice as long each time, spread by a quarter.

    The spread comes of the line's name, so that servers that fell together are not all tried together again.
    """
    limits = world.limits
    most = limits.retry_ours_seconds if line.folder == OURS else limits.retry_most_seconds
    seconds = min(most, limits.retry_first_seconds * 2 ** min(line.failures, 30))
    digest = hashlib.sha256(f"{line.folder}:{line.failures}".encode()).digest()
    return timedelta(seconds=seconds * (1 + int.from_bytes(digest[:2], "big") / 65536 / 4))


def _answered(world: World, folder: str) -> None:
    """Forget what was held against it; a server of others is noted as reached each time, ours when it was down."""
    for name in (folder,) if folder in world.pushed else (OURS, folder):
        if folder in world.pushed or world.ledger.line(name).failures:
            world.ledger.reached(name, world.clock())
            world.ledger.calm(_alarm(name), world.clock())


def _rest(world: World, folder: str) -> None:
    """More may be waiting: after days of silence a server is not flooded with all of it."""
    world.ledger.rest(folder, world.clock() + timedelta(seconds=world.limits.pushed_rest_seconds))


def _alarm(name: str) -> str:
    return f"{AlarmKind.LINE}:{name}"


def late_receipts(world: World) -> int:
    """Raise an alarm for each delivery whose receipt is overdue, and calm it once it came; how many stand."""
    late = set()
    for delivery in world.ledger.unconfirmed():
        recipient = world.parties.recipients.get(delivery.recipient)
        hours = recipient.receipt_hours if recipient else 0
        if delivery.sent_at is not None and world.clock() - delivery.sent_at > timedelta(hours=hours):
            key = f"{AlarmKind.RECEIPT}:{delivery.name}"
            late.add(key)
            detail = f"{delivery.status} since {delivery.sent_at.isoformat(timespec='minutes')}"
            world.ledger.alarm(key, AlarmKind.RECEIPT, delivery.name, detail, world.clock())
    for alarm in world.ledger.alarms():
        if alarm.kind == AlarmKind.RECEIPT and alarm.key not in late:
            world.ledger.calm(alarm.key, world.clock())
    return len(late)
