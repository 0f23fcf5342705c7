"""operate: what operators do to a batch, with their name and their reason on record."""

from __future__ import annotations

import io
from collections.abc import Collection
from datetime import datetime

from declarations.errors import Configuration
from declarations.model import Batch, BatchStatus
from declarations.operations import Action, Pause, Ruling, Verdict, same_person
from declarations.steps.world import World


def hold(world: World, batch: Batch, operator: str, reason: str) -> Ruling:
    """Stop a batch: one person may."""
    return world.ledger.hold(batch, named(operator), reason, world.clock())


def agree(world: World, batch: Batch, action: Action, operator: str, reason: str) -> Ruling:
    """Propose it; where another person has proposed it already, approve it."""
    now = world.clock()
    asked = [each for each in world.ledger.decisions(batch.id) if each.open and each.action is action]
    if not asked:
        return world.ledger.propose(batch.id, action, named(operator), reason, now)
    if same_person(operator, asked[0].proposed_by):
        return Ruling.SAME_PERSON
    return world.ledger.decide(batch.id, action, named(operator), Verdict.APPROVED, now)


def named(operator: str) -> str:
    """The operator's name, without the blanks around. Raises Configuration where there is none."""
    if not operator.strip():
        raise Configuration("an operator has a name; give it with --operator")
    return operator.strip()


def pause(
    world: World, batch: Batch, since: datetime, until: datetime, attributed_to: str, reason: str, operator: str
) -> Pause:
    """Note, signed, time of the four days for which somebody else is answerable. Raises Configuration."""
    if until <= since:
        raise Configuration(f"a pause ends after it begins: {since.isoformat()} to {until.isoformat()}")
    if not attributed_to.strip() or not reason.strip():
        raise Configuration("a pause is attributed to somebody, for a reason")
    entered = Pause(batch.id, attributed_to.strip(), reason.strip(), since, until, named(operator), world.clock())
    signature = world.signatures.sign(io.BytesIO(entered.signed_text()))
    world.ledger.enter_pause(entered, signature.decode("ascii"))
    return entered


def pauses(world: World, batch_ids: Collection[int]) -> list[Pause]:
    """The pauses of those batches that bear our signature.

    One that was changed in the ledger, or put there by somebody else, counts for nothing.
    """
    return [each for each, signature in world.ledger.pauses(batch_ids) if genuine(world, each, signature)]


def genuine(world: World, entered: Pause, signature: str) -> bool:
    """Whether a pause bears a signature of ours."""
    text, signed = io.BytesIO(entered.signed_text()), signature.encode("ascii", "replace")
    return world.signatures.verify(text, signed, world.signatures.ours, entered.entered_at) is None


def rerun(world: World, batch: Batch) -> BatchStatus:
    """Have a batch that waits for a step handed on again at once; where it stands."""
    world.ledger.hand_back((batch.id,), (), world.clock())
    return batch.status
