"""oversee: the four days, what is held or stuck, and who is told of it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from declarations.model import BatchStatus
from declarations.operations import Alarm, AlarmKind, Channel, warned
from declarations.steps.post import late_receipts
from declarations.steps.world import World

log = logging.getLogger(__name__)

AHEAD = timedelta(hours=49)
"""Half of four calendar days is at most that long: a clock that ends later has nothing to be said of it yet."""

STILL = timedelta(hours=1)
"""A batch that has not moved for so long, though nothing is awaited, is stuck."""

MOVING = (BatchStatus.RECEIVED, BatchStatus.ACCEPTED, BatchStatus.NORMALIZED, BatchStatus.CONTROLLED)

AT_ONCE = 500
"""Alarms that are told in one go."""

Tell = Callable[[list[Alarm]], None]
"""Tells somebody of alarms. Raises Retryable where that somebody did not answer."""


def oversee(world: World) -> dict[str, int]:
    """Raise each alarm once, clear those that are over; how many of each kind stand."""
    late_receipts(world)
    known = {alarm.key for alarm in world.ledger.alarms()}
    found = [*_clocks(world), *_batches(world)]
    for key, kind, subject, detail in found:
        if key not in known:
            _raise(world, key, kind, subject, detail)
    world.ledger.calm_ended(SLA, world.clock())
    raised = {key for key, *_ in found}
    standing = world.ledger.alarms()
    for alarm in standing:
        if alarm.kind in OF_BATCHES and alarm.key not in raised:
            world.ledger.calm(alarm.key, world.clock())
    return dict(Counter(alarm.kind for alarm in standing if alarm.kind not in OF_BATCHES or alarm.key in raised))


SLA = (AlarmKind.HALF, AlarmKind.MOST, AlarmKind.BREACH)
OF_BATCHES = (AlarmKind.HELD, AlarmKind.STUCK)

_Found = tuple[str, AlarmKind, str, str]


def _clocks(world: World) -> Iterator[_Found]:
    """What is to be said of the clocks that run."""
    now = world.clock()
    for each in world.ledger.ticking(now + AHEAD):
        for kind in warned(each.start, each.due, now):
            due = each.due.isoformat(timespec="minutes")
            yield f"{kind}:{each.batch_id}", kind, str(each.batch_id), f"{each.reference} {each.status}, due {due}"


def _batches(world: World) -> Iterator[_Found]:
    """The batches that an operator has to look at."""
    now = world.clock()
    for batch in world.ledger.stuck((BatchStatus.HELD,), now + STILL):
        yield f"held:{batch.id}", AlarmKind.HELD, str(batch.id), f"{batch.reference} held from {batch.held_from}"
    for batch in world.ledger.stuck(MOVING, now - STILL):
        yield f"stuck:{batch.id}", AlarmKind.STUCK, str(batch.id), f"{batch.reference} still stands {batch.status}"


def _raise(world: World, key: str, kind: AlarmKind, subject: str, detail: str) -> None:
    """Raise an alarm, and say so in the log the first time."""
    if world.ledger.alarm(key, kind, subject, detail, world.clock()):
        level = logging.WARNING if kind in (AlarmKind.HALF, AlarmKind.MOST) else logging.ERROR
        log.log(level, "alarm", extra={"alarm": key, "detail": detail})


def tell(world: World, channel: Channel, how: Tell) -> int:
    """Tell of the alarms that have not gone out on that channel; how many.

    Raises Retryable where nobody took them: the next time they are told.
    """
    alarms = world.ledger.untold(channel, AT_ONCE)
    if alarms:
        how(alarms)
        world.ledger.told(channel, [alarm.id for alarm in alarms], world.clock())
    return len(alarms)
