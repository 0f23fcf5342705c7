"""The operators' door for schedulers: what is overseen, decided and swept, as counts and texts without persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape
from typing import TypedDict

from declarations import metrics
from declarations.adapters.webhook import Webhook
from declarations.errors import Configuration
from declarations.model import Batch, Delivery
from declarations.operations import Action, Alarm, AlarmKind, Channel, Ruling, Verdict
from declarations.settings import load
from declarations.steps import housekeep, operate, reporting
from declarations.steps import oversee as overseeing
from declarations.steps.distribute import conclude
from declarations.steps.world import World
from declarations.world import opened

RECENT = timedelta(hours=1)
"""A held batch gets its run of `quarantine` within that time, should starting it have failed the first time."""

SHORTEST_REASON = 3
"""Letters of it."""


class Overseen(TypedDict):
    """What there is to look at: alarms by kind, and runs to start for held batches."""

    alarms: dict[str, int]
    held: list[dict[str, str | int]]


def oversee() -> Overseen:
    """Look at the clocks and at what is held or stuck, and raise an alarm for each thing once."""
    with opened() as world:
        conclude(world)
        counts = overseeing.oversee(world)
        alarms, now = world.ledger.alarms(), world.clock()
    recent = [alarm for alarm in alarms if alarm.kind == AlarmKind.HELD and alarm.raised_at > now - RECENT]
    return Overseen(
        alarms=counts,
        held=[{"run": f"held__{alarm.subject}__{alarm.id}", "batch": int(alarm.subject)} for alarm in recent],
    )


def call() -> int:
    """Tell the webhook of the alarms that it does not know yet, where there is one; how many.

    Raises Retryable where it did not take them.
    """
    settings = load()
    if not settings.alarms.webhook:
        return 0
    with opened(settings) as world:
        return overseeing.tell(world, Channel.WEBHOOK, Webhook(settings.alarms.webhook))


Send = Callable[[list[str], str, str], None]
"""Sends a mail: to whom, its subject, its text as HTML. Raises what it likes where that failed."""


def mail(send: Send) -> int:
    """Send the alarms that no mail told of yet to those who want them, all in one; how many."""
    settings = load()
    if not settings.alarms.mail_to:
        return 0

    def sent(alarms: list[Alarm]) -> None:
        lines = "".join(f"<li>{escape(f'{each.key}: {each.detail}')}</li>" for each in alarms)
        subject = "1 alarm" if len(alarms) == 1 else f"{len(alarms)} alarms"
        send(list(settings.alarms.mail_to), f"Declarations: {subject}", f"<ul>{lines}</ul>")

    with opened(settings) as world:
        return overseeing.tell(world, Channel.MAIL, sent)


def propose_release(batch_id: int, operator: str, reason: str) -> str:
    """Write down who proposes to release a held batch; what came of it.

    Raises Configuration where it is not held, or the reason says nothing.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise Configuration(f"batch {batch_id}: say what was repaired, in {SHORTEST_REASON} letters at least")
    with opened() as world:
        ruling = world.ledger.propose(batch_id, Action.RELEASE, operate.named(operator), reason, world.clock())
    return _taken(ruling, batch_id)


def release(batch_id: int, operator: str, approved: bool) -> str:
    """Write down another person's word on that proposal, and do it; what came of it.

    Raises Configuration where it is the same person's: the ledger does not take it.
    """
    verdict = Verdict.APPROVED if approved else Verdict.REJECTED
    with opened() as world:
        ruling = world.ledger.decide(batch_id, Action.RELEASE, operate.named(operator), verdict, world.clock())
    return _taken(ruling, batch_id)


def act(action: str, reference: str, operator: str, reason: str, **more: str) -> str:
    """Do one of the actions of the form `operate` to the batch or delivery of that reference; what came of it.

    Raises Configuration where it cannot be done, and says why.
    """
    with opened() as world:
        if action == "resend":
            return _resent(world, reference, operator)
        batch = _named(world, reference)
        match action:
            case "hold":
                return _taken(operate.hold(world, batch, operator, reason), batch.id)
            case "propose-release":
                return propose_release(batch.id, operator, reason)
            case "release" | "cancel":
                return _taken(operate.agree(world, batch, Action(action), operator, reason), batch.id)
            case "rerun":
                return f"stands {operate.rerun(world, batch)}; handed on within a minute"
            case "pause":
                since, until = (datetime.fromisoformat(more[name]) for name in ("since", "until"))
                operate.pause(world, batch, since, until, more["attributed_to"], reason, operator)
                return "paused"
    raise Configuration(f"{action} is no action of an operator")


def _named(world: World, reference: str) -> Batch:
    """The batch of that number, or the only one of that name. Raises Configuration."""
    if reference.isdecimal():
        return world.ledger.batch(int(reference))
    found = world.ledger.find(reference)
    exact = [batch for batch in found if reference in (batch.reference, batch.name)]
    if len(exact or found) != 1:
        raise Configuration(f"{len(exact or found)} batches have {reference} in their name; give one's whole name")
    return (exact or found)[0]


def _resent(world: World, name: str, operator: str) -> str:
    delivery = _delivery(world, name)
    if not world.ledger.resend(delivery, operate.named(operator), world.clock()):
        raise Configuration(f"{delivery.name} stands {delivery.status}: it is not sent again")
    return "sent again"


def _delivery(world: World, name: str) -> Delivery:
    """The delivery of that number or name. Raises Configuration."""
    if name.isdecimal():
        return world.ledger.delivery(int(name))
    found = world.ledger.delivery_named(name)
    if found is None:
        raise Configuration(f"no delivery is called {name}; they are called like pensions-000123")
    return found


def _taken(ruling: Ruling, batch_id: int) -> str:
    if ruling is Ruling.SAME_PERSON:
        raise Configuration(f"batch {batch_id}: whoever proposed may not approve; another person has to")
    if ruling is Ruling.NOTHING:
        raise Configuration(f"batch {batch_id}: nothing to decide; it has moved on, or does not stand where that helps")
    return str(ruling)


def measures() -> dict[str, float]:
    """What is measured now, by the names that StatsD knows."""
    with opened() as world:
        return {each.dotted: each.value for each in metrics.readings(world)}


def housekeeping() -> dict[str, int]:
    """Take away what killed processes left behind, and forget what is known no longer."""
    with opened() as world:
        return housekeep.housekeep(world)


def daily_reports() -> int:
    """Make each actor's view of the day; how many files."""
    with opened() as world:
        return reporting.daily(world)


def monthly_reports() -> int:
    """Make last month's reports; how many files."""
    with opened() as world:
        return reporting.monthly(world)
