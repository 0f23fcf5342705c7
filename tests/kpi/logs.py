"""Logs for the tests of reports: written by hand, or a month of a middling office."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from declarations.kpi.course import Log, log_of
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
)
from declarations.kpi.months import Month

APRIL = Month(2026, 4)
NOON = datetime(2026, 4, 8, 10, tzinfo=UTC)
"""Noon of a Wednesday in Brussels."""


@dataclass
class Writer:
    """Writes a log fact by fact."""

    month: Month = APRIL
    as_of: datetime | None = None
    facts: list[Fact] = field(default_factory=list)
    batches: int = 0

    def batch(self, start: datetime = NOON, took: float | None = 24, **other: object) -> int:
        """A batch that took so many hours, or still runs; its number."""
        self.batches += 1
        known: dict[str, object] = {
            "sender": "000101",
            "environment": "R",
            "family": "DMFA",
            "replaces": None,
            "duplicate_of": None,
        }
        reference = f"DMFA.000101.{start:%Y%m%d}.{self.batches:05}.R"
        known |= {"reference": reference, **other}
        status = str(known.pop("status", "closed"))
        self.facts.append(Received(batch=self.batches, start=start, **known))  # type: ignore[arg-type]
        if took is not None:
            self.facts.append(Ended(self.batches, status, start + timedelta(hours=took)))
        return self.batches

    def judged(self, batch: int, forms: int, accepted: int, **found: int) -> None:
        """The verdict on its forms, and the findings by code (`c00036_008=3`)."""
        self.facts.append(Judged(batch, forms, accepted, NOON))
        self.facts += [Found(batch, code[1:].replace("_", "-"), "B", count) for code, count in found.items()]

    def log(self) -> Log:
        """All of it, as read back."""
        return log_of([Header(str(self.month), self.as_of or self.month.final_at), *self.facts])


def middling(batches: int = 900, seed: int = 1) -> Log:
    """A month as an office might see it: some late, some refused, a recipient that was down."""
    return log_of(middling_facts(batches, seed))


RECIPIENTS = ("pensions", "unemployment", "sickness-insurance", "family-benefits", "statistics")
CODES = ("00036-008", "00024-004", "00037-034", "00015-007", "00083-008", "00051-008", "00046-008", "00014-022")


def middling_facts(batches: int, seed: int) -> Iterator[Fact]:
    chance = random.Random(seed)
    yield Header("2026-04", APRIL.final_at)
    for number in range(1, batches + 1):
        yield from _middling_batch(number, chance)
    down = datetime(2026, 4, 21, 6, 10, tzinfo=UTC)
    yield Outage("unemployment", down, down + timedelta(hours=31, minutes=12))
    yield Outage("statistics", down + timedelta(days=4), down + timedelta(days=4, hours=2))
    for code in CODES:
        yield Code(code, f"Zone {code[:5]}: this value is not allowed.", (f"control-{code[:5]}",))


def _middling_batch(number: int, chance: random.Random) -> Iterator[Fact]:
    day = min(29, int(chance.triangular(0, 30, 29)))
    start = APRIL.start + timedelta(days=day, hours=chance.triangular(6, 20, 11), seconds=chance.random())
    sender = f"{101 + int(chance.triangular(0, 6, 0)):06}"
    test = chance.random() < 0.04
    again = number - 1 if number > 1 and chance.random() < 0.05 else None
    reference = f"DMFA.{sender}.{start:%Y%m%d}.{number:05}.{'T' if test else 'R'}"
    yield Received(number, sender, "T" if test else "R", "DMFA", reference, start, again, None)
    received = start + timedelta(seconds=chance.triangular(20, 290, 60))
    yield Answered(number, "ACRF", received)
    if chance.random() < 0.03:
        yield Refused(number, (chance.choice(("125", "133", "312")),), received)
        yield Ended(number, "refused", received)
        return
    told = received + timedelta(minutes=chance.triangular(2, 200, 9))
    yield Answered(number, "NOTI", told)
    forms = int(chance.triangular(1, 400, 5))
    refused = int(forms * chance.triangular(0, 0.3, 0)) if chance.random() < 0.35 else 0
    yield Judged(number, forms, forms - refused, told)
    if refused:
        for code in chance.sample(CODES, k=min(3, refused)):
            yield Found(number, code, chance.choice(("B", "P")), int(chance.triangular(1, refused + 1, 1)))
    last = told
    for recipient in chance.sample(RECIPIENTS, k=chance.randint(2, 5)):
        sent = told + timedelta(minutes=chance.triangular(5, 60, 15))
        slow = 40 if recipient == "unemployment" and day in (17, 18, 19, 20) else 6
        confirmed = sent + timedelta(hours=chance.triangular(0.5, slow * 2.4, slow / 2))
        last = max(last, confirmed)
        yield Parcelled(number, recipient, number * 10, sent, confirmed)
    if last > start + timedelta(hours=70):
        yield Paused(number, "unemployment", start + timedelta(hours=10), start + timedelta(hours=34), True)
    yield Ended(number, "closed", last)
