"""What became of each batch, put together from the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from declarations.errors import Configuration
from declarations.kpi.facts import (
    Answered,
    Code,
    Ended,
    Fact,
    Found,
    Header,
    Judged,
    Outage,
    Parcelled,
    Paused,
    Received,
    Refused,
    line,
)
from declarations.kpi.punctuality import Span, Standing, standing
from declarations.model import BatchStatus, Environment

US = "999999"
"""What a pause that is our own doing is attributed to: it changes no figure."""


class Apart(StrEnum):
    """Why a batch is in no figure."""

    TEST = "test environment"
    CANCELED = "canceled by its sender"
    DUPLICATE = "the same bytes under the same name"


@dataclass(slots=True)
class Course:
    """One batch, from its reception to where it was at the moment of the log."""

    received: Received
    answers: dict[str, datetime] = field(default_factory=dict)  # by object, when first in the outbox
    refused: Refused | None = None
    judged: Judged | None = None
    ended: Ended | None = None
    found: list[Found] = field(default_factory=list)
    parcels: list[Parcelled] = field(default_factory=list)
    pauses: list[Paused] = field(default_factory=list)

    def take(self, fact: Fact) -> None:
        """Add a fact about this batch."""
        match fact:
            case Answered():
                self.answers[fact.object] = min(fact.at, self.answers.get(fact.object, fact.at))
            case Refused():
                self.refused = fact
            case Judged():
                self.judged = fact
            case Ended():
                self.ended = fact
            case Found():
                self.found.append(fact)
            case Parcelled():
                self.parcels.append(fact)
            case Paused():
                self.pauses.append(fact)
            case _:
                raise Configuration(f"batch {self.received.batch} was received twice in the log")

    @property
    def start(self) -> datetime:
        """When its four days began."""
        return self.received.start

    @property
    def end(self) -> datetime | None:
        """When they ended; None where they run."""
        return None if self.ended is None else self.ended.at

    @property
    def apart(self) -> Apart | None:
        """Why it is in no figure; None where it is in all of them."""
        if self.received.environment != Environment.PRODUCTION:
            return Apart.TEST
        if self.ended is not None and self.ended.status == BatchStatus.CANCELED:
            return Apart.CANCELED
        return None if self.received.duplicate_of is None else Apart.DUPLICATE

    @property
    def others_pauses(self) -> list[Span]:
        """When it waited for others, as far as that is signed."""
        return [(each.start, each.until) for each in self.pauses if each.signed and each.attributed_to != US]

    def standing(self, as_of: datetime) -> Standing:
        """Whether it is in time: the headline, in which every wait counts."""
        return standing(self.start, self.end, as_of)

    def standing_without_pauses(self, as_of: datetime) -> Standing:
        """Whether it is in time, apart from pauses that others caused."""
        return standing(self.start, self.end, as_of, self.others_pauses)


@dataclass(frozen=True, slots=True)
class Log:
    """All that a log tells."""

    header: Header
    courses: tuple[Course, ...]
    outages: tuple[Outage, ...]
    codes: dict[str, Code]
    sha256: str  # of the file

    def counted(self) -> Iterator[Course]:
        """The batches that the figures are about."""
        return (each for each in self.courses if each.apart is None)


def log_of(facts: Iterable[Fact]) -> Log:
    """The log of those facts. Raises Configuration where one is about a batch that was not received before."""
    each_fact = iter(facts)
    header = next(each_fact, None)
    if not isinstance(header, Header):
        raise Configuration("a log begins with its head")
    courses: dict[int, Course] = {}
    outages: list[Outage] = []
    codes: dict[str, Code] = {}
    digest = sha256(line(header).encode())
    for fact in each_fact:
        digest.update(line(fact).encode())
        match fact:
            case Outage():
                outages.append(fact)
            case Code():
                codes[fact.code] = fact
            case Header():
                raise Configuration("a log has one head")
            case Received() if fact.batch not in courses:
                courses[fact.batch] = Course(fact)
            case _:
                _known(courses, fact.batch).take(fact)
    return Log(header, tuple(courses.values()), tuple(outages), codes, digest.hexdigest())


def _known(courses: dict[int, Course], batch: int) -> Course:
    if batch not in courses:
        raise Configuration(f"the log tells of batch {batch} before it was received")
    return courses[batch]
