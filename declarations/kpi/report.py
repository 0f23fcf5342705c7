"""A month's report: the same log gives the same report, for the operator, a party, or the public."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from declarations.errors import Configuration
from declarations.kpi import sections
from declarations.kpi.course import Course, Log
from declarations.kpi.facts import written
from declarations.kpi.figures import Scope
from declarations.kpi.months import Month, month
from declarations.kpi.suppression import GROUPS, LEAST, VOLUME, frequent, protected, with_bound
from declarations.kpi.table import Table
from declarations.model import OURS


class Reader(StrEnum):
    """Whom a report is for."""

    OPERATOR = "operator"
    SENDER = "sender"
    RECIPIENT = "recipient"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class View:
    """Whom a report is for: a sender by its number, a recipient by its id."""

    reader: Reader
    party: str = ""

    @property
    def name(self) -> str:
        """For file names and titles."""
        return self.party or str(self.reader)


OPERATOR, PUBLIC = View(Reader.OPERATOR), View(Reader.PUBLIC)


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a month at a moment, for one reader."""

    month: Month
    as_of: datetime
    view: View
    tables: tuple[Table, ...]
    source: str  # SHA-256 of the log

    @property
    def final(self) -> bool:
        """Whether every batch of the month is either in time or late."""
        return self.as_of >= self.month.final_at

    def table(self, name: str) -> Table | None:
        """The table of that name; None where this reader has none."""
        return next((each for each in self.tables if each.name == name), None)


def report(log: Log, view: View) -> Report:
    """The report of that log for that reader.

    Raises Configuration for public figures of a log that is not final: what is still open would show later, by
    the difference.
    """
    tables = {
        Reader.OPERATOR: _operator,
        Reader.SENDER: _sender,
        Reader.RECIPIENT: _recipient,
        Reader.PUBLIC: _public,
    }[view.reader](log, view)
    return Report(month(log.header.month), log.header.as_of, view, tables, log.sha256)


def own_parts(log: Log) -> dict[View, Log]:
    """What concerns each party of that log, in one pass: its report of that part is its report of the whole."""
    found: dict[View, list[Course]] = {}
    for each in log.courses:
        found.setdefault(View(Reader.SENDER, each.received.sender), []).append(each)
        for recipient in {parcel.recipient for parcel in each.parcels}:
            found.setdefault(View(Reader.RECIPIENT, recipient), []).append(each)
    return {view: replace(log, courses=tuple(courses)) for view, courses in found.items()}


def _operator(log: Log, view: View) -> tuple[Table, ...]:
    scope, counted = Scope(log.header.as_of), list(log.counted())
    return (
        sections.batches_total(counted, scope),
        sections.batch_days(counted, month(log.header.month), scope),
        sections.durations(counted),
        sections.families(counted, scope),
        sections.senders(counted, scope),
        sections.recipients(counted, scope),
        sections.codes(counted, log.codes),
        sections.controls(counted, log.codes),
        sections.refusals(counted),
        sections.apart(log.courses),
        sections.outages(log.outages, scope),
        sections.late(counted, scope),
    )


def _sender(log: Log, view: View) -> tuple[Table, ...]:
    scope = Scope(log.header.as_of)
    own = [each for each in log.courses if each.received.sender == view.party]
    counted = [each for each in own if each.apart is None]
    return (
        sections.batches_total(counted, scope),
        sections.batch_days(counted, month(log.header.month), scope),
        sections.durations(counted),
        sections.families(counted, scope),
        sections.codes(counted, log.codes),
        sections.controls(counted, log.codes),
        sections.refusals(counted),
        sections.apart(own),
        sections.outages((each for each in log.outages if each.party in (view.party, OURS)), scope),
        sections.late(counted, scope),
    )


def _recipient(log: Log, view: View) -> tuple[Table, ...]:
    scope = Scope(log.header.as_of)
    own = sections.pairs(log.counted(), view.party)
    return (
        sections.parcels_total(own, scope),
        sections.parcel_days(own, month(log.header.month), scope),
        sections.awaited(own, scope),
        sections.outages((each for each in log.outages if each.party in (view.party, OURS)), scope),
    )


def _public(log: Log, view: View) -> tuple[Table, ...]:
    """No sender, no control, no single batch: how many a sender has is its own affair."""
    final = month(log.header.month).final_at
    if log.header.as_of < final:
        raise Configuration(f"public figures of {log.header.month} need a log as of {written(final)} or later")
    scope, counted = Scope(log.header.as_of, LEAST), list(log.counted())
    total = sections.batches_total(counted, scope)
    days = sections.batch_days(counted, month(log.header.month), scope)
    return (
        with_bound(protected(total, GROUPS, published_sum=False), total),
        protected(days, GROUPS, published_sum=True),
        protected(sections.durations(counted), [VOLUME], published_sum=True),
        protected(sections.families(counted, scope), GROUPS, published_sum=True),
        protected(sections.recipients(counted, scope), GROUPS, published_sum=False),
        frequent(sections.codes(counted, log.codes)),
        frequent(sections.refusals(counted)),
        protected(sections.apart(log.courses), [VOLUME], published_sum=False),
        sections.outages((each for each in log.outages if not each.party.isdigit()), scope),
    )
