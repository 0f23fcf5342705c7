"""What an operator may ask for, and the buttons for it: Airflow carries it out, with the operator's own rights."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from xml.etree.ElementTree import Element

from declarations.board.shell import Frame
from declarations.board.values import Tale
from declarations.model import CANCELABLE, FOLLOWS, BatchStatus, Delivery, DeliveryStatus, Kind
from declarations.operations import Decision, same_person
from declarations.pages.html import h

TOKEN_HOURS = 12
"""A form is taken for at least so long after its page was made, and at most twice as long."""

SHORTEST_REASON, LONGEST_REASON = 3, 500

WAITS = (BatchStatus.ACCEPTED, BatchStatus.NORMALIZED, BatchStatus.CONTROLLED)
"""Where a batch waits for a step that its run does."""


class Action(StrEnum):
    """What the DAG `operate` can be asked for."""

    PROPOSE_RELEASE = "propose-release"
    RELEASE = "release"
    RESEND = "resend"
    CANCEL = "cancel"  # proposes it the first time, and approves what another proposed
    RERUN = "rerun"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing asked for: `subject` is the number of a batch, or of a delivery where it is to be sent again."""

    action: Action
    subject: str
    reason: str

    def conf(self) -> dict[str, str]:
        """As the DAG `operate` takes it."""
        return {"action": self.action.value, "subject": self.subject, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: what it asks for, its words, and what will come of it."""

    action: Action
    words: str
    told: str


OFFERS: dict[Action, Offer] = {
    Action.PROPOSE_RELEASE: Offer(
        Action.PROPOSE_RELEASE, "Propose release", "Another operator must agree before the batch goes on."
    ),
    Action.RELEASE: Offer(Action.RELEASE, "Release", "The batch goes on from where it was held."),
    Action.CANCEL: Offer(
        Action.CANCEL, "Cancel", "Two operators must agree. Then nothing of it is processed any further, for good."
    ),
    Action.RERUN: Offer(Action.RERUN, "Run again", "It is taken up at once; what was done already is not done twice."),
    Action.HOLD: Offer(Action.HOLD, "Hold", "Nothing happens to it until two operators release it."),
    Action.RESEND: Offer(
        Action.RESEND, "Send again", "The same files, byte for byte, are written to the outbox again."
    ),
}


def proposals(tale: Tale) -> list[Decision]:
    """What was proposed for the batch and waits for a second operator's word."""
    return [each for each in tale.decisions if each.open]


def offered(tale: Tale, user: str) -> list[Action]:
    """What that user may be offered for a batch: not to agree with themselves, nor what makes no sense any more."""
    batch = tale.batch
    if batch.status.ended or batch.kind is not Kind.BATCH:
        return []
    proposed = {each.action.value: each.proposed_by for each in proposals(tale)}
    offers = []
    if batch.status is BatchStatus.HELD:
        offers.append(Action.RELEASE if Action.RELEASE.value in proposed else Action.PROPOSE_RELEASE)
    if batch.status in WAITS:
        offers.append(Action.RERUN)
    if BatchStatus.HELD in FOLLOWS[batch.status]:
        offers.append(Action.HOLD)
    if (batch.held_from or batch.status) in CANCELABLE:
        offers.append(Action.CANCEL)
    return [each for each in offers if not same_person(user, proposed.get(each.value, ""))]


def sendable(delivery: Delivery) -> bool:
    """Whether a delivery can be sent again."""
    return delivery.status is not DeliveryStatus.PENDING


def form(action: Action, subject: int, back: str, frame: Frame, about: str = "") -> Element:
    """A button that opens into a reason and a confirmation."""
    offer = OFFERS[action]
    name = f"reason-{action}-{subject}"
    hidden = {"action": action.value, "subject": str(subject), "back": back, "token": frame.token or ""}
    reason = h(
        "input",
        name="reason",
        id=name,
        required="required",
        minlength=str(SHORTEST_REASON),
        maxlength=str(LONGEST_REASON),
        autocomplete="off",
    )
    fields = h(
        "form",
        *(h("input", type="hidden", name=key, value=value) for key, value in hidden.items()),
        h("p", offer.told),
        h("label", "Why? It is kept in the log; name no person.", for_=name),
        reason,
        h("button", offer.words, class_="act"),
        action=frame.url("act"),
        method="post",
    )
    summary = h("summary", offer.words, h("span", f" {about}", class_="unseen") if about else None)
    return h("details", summary, fields, id=f"act-{action}-{subject}", class_="action")


def token(secret: bytes, user: str, now: datetime) -> str:
    """What a form of that user carries: nobody else's page can know it."""
    return _token(secret, user, _period(now))


def genuine(given: str, secret: bytes, user: str, now: datetime) -> bool:
    """Whether a form came from a page that we made for that user, not too long ago."""
    period = _period(now)
    return any(
        hmac.compare_digest(given.encode(), _token(secret, user, each).encode()) for each in (period, period - 1)
    )


def _period(now: datetime) -> int:
    return int(now.timestamp()) // (TOKEN_HOURS * 3600)


def _token(secret: bytes, user: str, period: int) -> str:
    return hmac.new(secret, f"board\0{user}\0{period}".encode(), hashlib.sha256).hexdigest()
