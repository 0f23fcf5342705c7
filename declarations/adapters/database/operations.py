"""Alarms, decisions, pauses, and which batches nobody works on, in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from declarations.adapters.database.intake import insert_new
from declarations.adapters.database.registers import alarm, decision, pause
from declarations.adapters.database.tables import batch, clock, lease, sighting, stored_file
from declarations.adapters.database.values import ALL_BATCHES, batches, tell
from declarations.errors import Invariant
from declarations.model import CANCELABLE, FOLLOWS, Batch, BatchStatus, Environment
from declarations.operations import (
    Action,
    Alarm,
    Channel,
    Decision,
    Pause,
    Ruling,
    Ticking,
    Verdict,
    Waiting,
    same_person,
)

# Alarms


def raise_alarm(connection: Connection, key: str, kind: str, subject: str, detail: str, now: datetime) -> bool:
    """Raise an alarm; False where it is raised already."""
    row = {"key": key, "kind": kind, "subject": subject, "detail": detail, "raised_at": now}
    return connection.scalar(insert_new(connection, alarm).values(row).returning(alarm.c.id)) is not None


def calm(connection: Connection, key: str, now: datetime) -> bool:
    """Clear an alarm; it stays on record under a key of its own, so that the same may be raised again."""
    kept = key + "#" + cast(alarm.c.id, String)
    raised = (alarm.c.key == key, alarm.c.cleared_at.is_(None))
    return connection.execute(update(alarm).where(*raised).values(cleared_at=now, key=kept)).rowcount == 1


def calm_ended(connection: Connection, kinds: Collection[str], now: datetime) -> int:
    """Clear the alarms of those kinds about batches whose clock has stopped; their subject is the batch's number."""
    ended = select(cast(clock.c.batch_id, String)).where(clock.c.ended_at.is_not(None))
    over = and_(alarm.c.cleared_at.is_(None), alarm.c.kind.in_(kinds), alarm.c.subject.in_(ended))
    keys = connection.scalars(select(alarm.c.key).where(over)).all()
    return sum(calm(connection, key, now) for key in keys)


def standing_alarms(connection: Connection) -> list[Alarm]:
    """The alarms that are not cleared, oldest first."""
    return alarms(connection, alarm.c.cleared_at.is_(None))


def alarms(connection: Connection, which: ColumnElement[bool]) -> list[Alarm]:
    """Those alarms, oldest first, the ones that are over too."""
    return [_alarm(row) for row in connection.execute(select(alarm).where(which).order_by(alarm.c.id))]


TOLD = {Channel.WEBHOOK: alarm.c.told_at, Channel.MAIL: alarm.c.mailed_at}


def untold(connection: Connection, channel: Channel, limit: int) -> list[Alarm]:
    """The alarms that stand and have not gone out on that channel yet, oldest first."""
    waiting = select(alarm).where(TOLD[channel].is_(None), alarm.c.cleared_at.is_(None))
    return [_alarm(row) for row in connection.execute(waiting.order_by(alarm.c.id).limit(limit))]


def told(connection: Connection, channel: Channel, ids: Collection[int], now: datetime) -> None:
    """Note that these have gone out on that channel."""
    moment = TOLD[channel]
    connection.execute(update(alarm).where(alarm.c.id.in_(ids), moment.is_(None)).values({moment: now}))


def _alarm(row: Row[*tuple[Any, ...]]) -> Alarm:
    return Alarm(row.id, row.key, row.kind, row.subject, row.detail, row.raised_at, row.told_at, row.cleared_at)


def ticking(connection: Connection, due_before: datetime) -> list[Ticking]:
    """Production batches whose clock runs and that are due before then, the first due first."""
    columns = (batch.c.id, batch.c.reference, batch.c.status, clock.c.started_at, clock.c.due_at)
    running = select(*columns).join(clock, clock.c.batch_id == batch.c.id).where(clock.c.ended_at.is_(None))
    near = running.where(clock.c.due_at <= due_before, batch.c.environment == Environment.PRODUCTION)
    return [Ticking(*row) for row in connection.execute(near.order_by(clock.c.due_at, batch.c.id))]


def stuck(connection: Connection, statuses: Collection[BatchStatus], before: datetime) -> list[Batch]:
    """Batches that have stood in one of those statuses since before then, oldest first."""
    still = ALL_BATCHES.where(batch.c.status.in_(statuses), batch.c.status_since < before)
    return batches(connection, still.order_by(batch.c.id))


# Decisions


def hold(connection: Connection, held: Batch, operator: str, reason: str, now: datetime) -> Ruling:
    """Stop a batch: one person may."""
    if BatchStatus.HELD not in FOLLOWS[held.status]:
        return Ruling.NOTHING
    guard = (batch.c.id == held.id, batch.c.status == held.status)
    change = {"status": BatchStatus.HELD, "status_since": now, "held_from": held.status, "last_error": reason}
    if connection.execute(update(batch).where(*guard).values(change)).rowcount != 1:
        return Ruling.NOTHING
    row = _proposal(held.id, Action.HOLD, operator, reason, now)
    decided = {"decided_by": operator, "decided_at": now, "verdict": Verdict.APPROVED}
    connection.execute(insert(decision).values(row | decided))
    tell(connection, held.id, now, str(BatchStatus.HELD), f"by {operator}: {reason}")
    return Ruling.DONE


def propose(connection: Connection, batch_id: int, action: Action, operator: str, reason: str, now: datetime) -> Ruling:
    """Ask for something that takes two persons; asked before and still open, it is not asked again."""
    if not _possible(action, *_locked(connection, batch_id)):
        return Ruling.NOTHING
    if _open(connection, batch_id, action) is None:
        connection.execute(insert(decision).values(_proposal(batch_id, action, operator, reason, now)))
        tell(connection, batch_id, now, f"{action} proposed", f"by {operator}: {reason}")
    return Ruling.PROPOSED


def decide(
    connection: Connection, batch_id: int, action: Action, operator: str, verdict: Verdict, now: datetime
) -> Ruling:
    """A second person's word on what was proposed; whoever proposed may take it back, and not approve it."""
    stands = _locked(connection, batch_id)
    found = _open(connection, batch_id, action)
    if found is None:
        return Ruling.NOTHING
    if verdict is Verdict.REJECTED:
        _decided(connection, found, operator, verdict, now)
        tell(connection, batch_id, now, f"{action} rejected", f"by {operator}")
        return Ruling.REJECTED
    if same_person(operator, found.proposed_by):
        return Ruling.SAME_PERSON
    possible = _possible(action, *stands)
    if possible:
        _carry_out(connection, found, stands[1], operator, now)
    _decided(connection, found, operator, Verdict.APPROVED if possible else Verdict.VOID, now)
    return Ruling.DONE if possible else Ruling.NOTHING


def decisions(connection: Connection, batch_id: int) -> list[Decision]:
    """What was decided about a batch, oldest first."""
    mine = select(decision).where(decision.c.batch_id == batch_id)
    return [_decision(row) for row in connection.execute(mine.order_by(decision.c.id))]


def _proposal(batch_id: int, action: Action, operator: str, reason: str, now: datetime) -> dict[str, object]:
    return {
        "batch_id": batch_id,
        "action": str(action),
        "reason": reason,
        "proposed_by": operator,
        "proposed_at": now,
    }


def _locked(connection: Connection, batch_id: int) -> tuple[BatchStatus, BatchStatus | None]:
    """Where a batch stands and where it was held from; neither changes until the end of the transaction."""
    query = select(batch.c.status, batch.c.held_from).where(batch.c.id == batch_id).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        raise Invariant(f"the ledger has no batch {batch_id}")
    return row.status, row.held_from


def _possible(action: Action, status: BatchStatus, held_from: BatchStatus | None) -> bool:
    """Whether the batch stands where that makes sense: what is past its controls is canceled no more."""
    if action is Action.RELEASE:
        return status is BatchStatus.HELD
    return (held_from or status) in CANCELABLE


def _open(connection: Connection, batch_id: int, action: Action) -> Decision | None:
    mine = (decision.c.batch_id == batch_id, decision.c.action == str(action), decision.c.verdict.is_(None))
    row = connection.execute(select(decision).where(*mine).order_by(decision.c.id).with_for_update()).first()
    return None if row is None else _decision(row)


def _decided(connection: Connection, found: Decision, operator: str, verdict: Verdict, now: datetime) -> None:
    change = {"decided_by": operator, "decided_at": now, "verdict": str(verdict)}
    connection.execute(update(decision).where(decision.c.id == found.id).values(change))


def _carry_out(
    connection: Connection, found: Decision, held_from: BatchStatus | None, operator: str, now: datetime
) -> None:
    both = f"by {operator}, proposed by {found.proposed_by}: {found.reason}"
    if found.action is Action.CANCEL:
        _move(connection, found.batch_id, BatchStatus.CANCELED, now)
        tell(connection, found.batch_id, now, str(BatchStatus.CANCELED), both)
        return
    if held_from is None:
        raise Invariant(f"batch {found.batch_id} is held, and nothing says where it stood")
    _move(connection, found.batch_id, held_from, now)
    connection.execute(delete(lease).where(lease.c.resource == f"{HANDED}{found.batch_id}"))
    tell(connection, found.batch_id, now, "freed", f"to {held_from} {both}")


def _move(connection: Connection, batch_id: int, status: BatchStatus, now: datetime) -> None:
    fresh = {"status": status, "status_since": now, "attempts": 0, "last_error": None, "held_from": None}
    connection.execute(update(batch).where(batch.c.id == batch_id).values(fresh))


def _decision(row: Row[*tuple[Any, ...]]) -> Decision:
    return Decision(
        id=row.id,
        batch_id=row.batch_id,
        action=Action(row.action),
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        verdict=None if row.verdict is None else Verdict(row.verdict),
    )


# Pauses


def enter_pause(connection: Connection, entered: Pause, signature: str) -> None:
    """Note a pause, with our signature over it."""
    row = {
        "batch_id": entered.batch_id,
        "attributed_to": entered.attributed_to,
        "reason": entered.reason,
        "from_at": entered.since,
        "until_at": entered.until,
        "operator": entered.operator,
        "entered_at": entered.entered_at,
        "signature": signature,
    }
    connection.execute(insert(pause).values(row))
    said = f"{entered.since.isoformat()} to {entered.until.isoformat()}, attributed to {entered.attributed_to}"
    tell(connection, entered.batch_id, entered.entered_at, "paused", f"{said}, by {entered.operator}: {entered.reason}")


def pauses(connection: Connection, batch_ids: Collection[int]) -> list[tuple[Pause, str]]:
    """The pauses of those batches with their signatures, oldest first."""
    mine = select(pause).where(pause.c.batch_id.in_(batch_ids)).order_by(pause.c.id)
    return [(_pause(row), row.signature) for row in connection.execute(mine)]


def _pause(row: Row[*tuple[Any, ...]]) -> Pause:
    return Pause(row.batch_id, row.attributed_to, row.reason, row.from_at, row.until_at, row.operator, row.entered_at)


# What was sent again


def failed_before(connection: Connection, again: Batch, since: datetime, limit: int) -> list[Batch]:
    """Batches of that sender, environment and object that were refused or rejected before it and since then.

    Those that another batch replaces already are left out, and those refused for a name used twice: they came to
    nothing new. The newest first.
    """
    later = batch.alias("later")
    ours = ALL_BATCHES.where(
        batch.c.kind == again.kind,
        batch.c.folder == again.folder,
        batch.c.environment == again.environment,
        batch.c.reference.startswith(again.reference.partition(".")[0] + ".", autoescape=True),
        batch.c.status.in_((BatchStatus.REFUSED, BatchStatus.REJECTED)),
        batch.c.id < again.id,
        batch.c.first_seen_at >= since,
        ~exists().where(later.c.replaces == batch.c.id),
    )
    found = batches(connection, ours.order_by(batch.c.id.desc()).limit(limit))
    return [each for each in found if NAME_USED_TWICE not in each.codes]


NAME_USED_TWICE = "133"

# What nobody works on

HANDED = "handed:"
"""Before a batch's number: the lease of the run that it was handed to."""

IN_WORK = (BatchStatus.ACCEPTED, BatchStatus.NORMALIZED, BatchStatus.CONTROLLED)
"""Where a batch waits for the next of its own steps."""


def hand_on(connection: Connection, holder: str, now: datetime, seconds: float, most: int) -> list[Waiting]:
    """Batches that wait for a step and are in nobody's hands: now they are in the holder's, for so long.

    At most `most` are in somebody's hands at once. Those that were never handed on come first: whatever came back
    keeps no new one waiting.
    """
    mine = lease.c.resource == HANDED + cast(batch.c.id, String)
    free = or_(lease.c.expires_at.is_(None), lease.c.expires_at <= now)
    query = (
        select(batch.c.id, batch.c.reference, batch.c.first_seen_at, batch.c.attempts, _size())
        .outerjoin(lease, mine)
        .where(batch.c.status.in_(IN_WORK), free)
        .order_by(lease.c.expires_at.is_not(None), lease.c.expires_at, batch.c.id)
        .limit(max(0, most - _in_hand(connection, now)))
    )
    found = [
        Waiting(row.id, row.reference, row.first_seen_at, row.size, row.attempts) for row in connection.execute(query)
    ]
    _hand(connection, [each.batch_id for each in found], holder, now + timedelta(seconds=seconds))
    return found


def _size() -> Any:
    total = select(func.coalesce(func.sum(stored_file.c.size), 0)).where(stored_file.c.batch_id == batch.c.id)
    return total.scalar_subquery().label("size")


def _in_hand(connection: Connection, now: datetime) -> int:
    running = (lease.c.resource.startswith(HANDED, autoescape=True), lease.c.expires_at > now)
    return connection.execute(select(func.count()).select_from(lease).where(*running)).scalar_one()


def _hand(connection: Connection, ids: list[int], holder: str, until: datetime) -> None:
    names = [f"{HANDED}{each}" for each in ids]
    if names:
        connection.execute(delete(lease).where(lease.c.resource.in_(names)))
        connection.execute(insert(lease), [{"resource": name, "holder": holder, "expires_at": until} for name in names])


def hand_back(connection: Connection, done: Collection[int], later: Collection[int], until: datetime) -> None:
    """A run has ended: nothing is kept of what is done, the rest is handed on again after that moment."""
    connection.execute(delete(lease).where(lease.c.resource.in_([f"{HANDED}{each}" for each in done])))
    again = lease.c.resource.in_([f"{HANDED}{each}" for each in later])
    connection.execute(update(lease).where(again).values(expires_at=until))


def sweep(connection: Connection, before: datetime) -> dict[str, int]:
    """Forget leases that ran out before then, and sightings in inboxes that old; how many of each."""
    leases = connection.execute(delete(lease).where(lease.c.expires_at < before)).rowcount
    sightings = connection.execute(delete(sighting).where(sighting.c.first_seen_at < before)).rowcount
    return {"leases": leases, "sightings": sightings}


def abandoned(connection: Connection, resource: str, now: datetime) -> bool:
    """Whether a lease ran out without having been given back."""
    over = select(lease.c.resource).where(lease.c.resource == resource, lease.c.expires_at <= now)
    return connection.scalar(over) is not None
