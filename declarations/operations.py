"""What operators are told and what they decide: alarms, decisions of two people, pauses of the clock."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class AlarmKind(StrEnum):
    """What an alarm is about; its key is the kind and a number or a name: `sla50:17`, `line:pensions`."""

    HALF = "sla50"  # half of the four days of a batch has passed
    MOST = "sla75"
    BREACH = "breach"
    HELD = "held"
    STUCK = "stuck"  # a batch that does not move, though nothing holds it
    RECEIPT = "receipt"  # a delivery whose receipt is overdue
    LINE = "line"  # a recipient's server that cannot be reached
    STOPPED = "stopped"  # a delivery that the gate stopped


class Channel(StrEnum):
    """How alarms are told to those who asked for it; each is told on each channel once."""

    WEBHOOK = "webhook"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person has to look at. `subject` and `detail` name batches, deliveries, recipients: nobody."""

    id: int
    key: str
    kind: str
    subject: str
    detail: str
    raised_at: datetime
    told_at: datetime | None = None  # when the webhook took it
    cleared_at: datetime | None = None


class Action(StrEnum):
    """What operators decide about a batch."""

    HOLD = "hold"  # one person may: it only stops
    RELEASE = "release"  # two persons
    CANCEL = "cancel"  # two persons


class Verdict(StrEnum):
    """What the second person said; void where the batch had moved on meanwhile."""

    APPROVED = "approved"
    REJECTED = "rejected"
    VOID = "void"


class Ruling(StrEnum):
    """What came of an operator's word."""

    PROPOSED = "proposed"  # another person has to approve
    DONE = "done"
    REJECTED = "rejected"
    SAME_PERSON = "same person"  # whoever proposed may not approve
    NOTHING = "nothing"  # there is no such proposal, or the batch has moved on


@dataclass(frozen=True, slots=True)
class Decision:
    """A proposal of one person about a batch, and another's word on it."""

    id: int
    batch_id: int
    action: Action
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    verdict: Verdict | None = None

    @property
    def open(self) -> bool:
        """Whether a second person's word is awaited."""
        return self.verdict is None


def same_person(one: str, other: str) -> bool:
    """Whether two names are one operator's: case and blanks around make no other."""
    return one.strip().casefold() == other.strip().casefold()


@dataclass(frozen=True, slots=True)
class Pause:
    """Time of a batch's four days for which somebody else is answerable. The headline figure never takes it out."""

    batch_id: int
    attributed_to: str  # a party or an institution
    reason: str
    since: datetime
    until: datetime
    operator: str
    entered_at: datetime

    def signed_text(self) -> bytes:
        """What our signature is over: canonical JSON (RFC 8785) of all of it."""
        values = {key: _text(value) for key, value in asdict(self).items()}
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _text(value: object) -> object:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def paused(start: datetime, end: datetime, pauses: Iterable[Pause]) -> timedelta:
    """How much of the time from start to end lies in pauses; what lies in several counts once."""
    total, reached = timedelta(0), start
    for each in sorted(pauses, key=lambda pause: pause.since):
        since, until = max(each.since, reached), min(each.until, end)
        if until > since:
            total += until - since
            reached = until
    return total


WARNINGS = {AlarmKind.HALF: 0.5, AlarmKind.MOST: 0.75}
"""Which share of the four days has passed when it is said."""


def warned(start: datetime, due: datetime, now: datetime) -> tuple[AlarmKind, ...]:
    """What is to be said of a clock that still runs: the warnings that have come due, and the breach."""
    passed = tuple(kind for kind, share in WARNINGS.items() if now >= start + (due - start) * share)
    return (*passed, AlarmKind.BREACH) if now >= due else passed


@dataclass(frozen=True, slots=True)
class Ticking:
    """A batch whose four days run."""

    batch_id: int
    reference: str
    status: str
    start: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that nobody works on: to be handed to a run."""

    batch_id: int
    reference: str
    arrived_at: datetime
    size: int  # bytes of what was dropped
    attempts: int


@dataclass(frozen=True, slots=True)
class HandOn:
    """Batches for one run: many small ones, or one."""

    batches: tuple[Waiting, ...]

    @property
    def large(self) -> bool:
        """Whether it is one batch that is taken step by step."""
        return self.batches[0].size >= SMALL_BYTES

    @property
    def name(self) -> str:
        """What its run is called, without the moment: `bundle__17-58` or `batch__17`."""
        first, last = self.batches[0].batch_id, self.batches[-1].batch_id
        return f"batch__{first}" if len(self.batches) == 1 else f"bundle__{first}-{last}"


SMALL_BYTES = 2 * 1024 * 1024
"""A batch of less is worked together with others."""

BUNDLE_BATCHES, BUNDLE_BYTES = 50, 20 * 1024 * 1024
"""What one run takes at most of small batches."""


def bundled(waiting: Iterable[Waiting]) -> list[HandOn]:
    """Runs for those batches: one for each that is large or has failed before, the others together, in their order."""
    alone: list[HandOn] = []
    bundles: list[list[Waiting]] = []
    room = 0
    for each in waiting:
        if each.size >= SMALL_BYTES or each.attempts:
            alone.append(HandOn((each,)))
            continue
        if not bundles or len(bundles[-1]) >= BUNDLE_BATCHES or each.size > room:
            bundles.append([])
            room = BUNDLE_BYTES
        bundles[-1].append(each)
        room -= each.size
    return [HandOn(tuple(bundle)) for bundle in bundles] + alone
