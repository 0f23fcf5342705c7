"""One batch's story in the order in which it happened: what the system did, what crossed the border, who decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from xml.etree.ElementTree import Element

from declarations.board import words
from declarations.board.parts import shape
from declarations.board.values import Tale
from declarations.model import BatchStatus, Event, Kind
from declarations.operations import Action
from declarations.pages.html import h

SHAPES: dict[str, str] = {
    "received": "in",
    "exchange received": "in",
    "exchange sent": "out",
    "exchange decided": "out",
    "closed": "done",
    "delivery confirmed": "done",
    "refused": "failed",
    "rejected": "failed",
    "attempt failed": "failed",
    "delivery contested": "failed",
    "canceled": "canceled",
    "held": "held",
    "freed": "person",
}
"""The shape of an event; the others move the batch on."""

FILES_SHOWN = 12
TOGETHER = timedelta(minutes=1)
TOLD_ELSEWHERE = (" proposed", " rejected", "paused")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: its shape, what, details, and who where a person did it."""

    at: datetime
    shape: str
    what: str
    details: tuple[str, ...] = ()
    who: str | None = None


def entries(tale: Tale) -> list[Entry]:
    """The story, oldest first, a decision before what came of it; what happened to several files is one entry."""
    found = [*_decisions(tale), *_pauses(tale), *_events(tale.events), *_alarms(tale)]
    return sorted(found, key=lambda entry: entry.at)


def _events(events: tuple[Event, ...]) -> Iterator[Entry]:
    """Proposals and pauses are told better by their own records."""
    kept: list[Event] = []
    for event in (each for each in events if not each.what.endswith(TOLD_ELSEWHERE)):
        if kept and (event.what != kept[0].what or event.at - kept[0].at > TOGETHER):
            yield _entry(kept)
            kept = []
        kept.append(event)
    if kept:
        yield _entry(kept)


def _entry(events: list[Event]) -> Entry:
    what = events[0].what
    details = tuple(event.detail for event in events if event.detail)
    return Entry(events[0].at, SHAPES.get(what, "moving"), words.event(what), details)


def _decisions(tale: Tale) -> Iterator[Entry]:
    """Whoever holds a batch needs nobody: the event says it."""
    for each in (every for every in tale.decisions if every.action is not Action.HOLD):
        yield Entry(each.proposed_at, "person", f"Proposed: {each.action}", (each.reason,), each.proposed_by)
        if each.decided_at is not None:
            said = f"{(each.verdict or 'decided').capitalize()}: {each.action}"
            yield Entry(each.decided_at, "person", said, (), each.decided_by)


def _pauses(tale: Tale) -> Iterator[Entry]:
    for each in tale.pauses:
        details = (
            f"attributed to {each.attributed_to}, {words.moment(each.since)} to {words.moment(each.until)}",
            each.reason,
        )
        yield Entry(each.entered_at, "person", "Pause entered and signed", details, each.operator)


def _alarms(tale: Tale) -> Iterator[Entry]:
    for each in tale.alarms:
        yield Entry(each.raised_at, "bell", f"Alarm: {words.alarm(each.kind)}", (each.detail,))
        if each.cleared_at is not None:
            yield Entry(each.cleared_at, "bell", f"Alarm over: {words.alarm(each.kind)}")


def track(tale: Tale) -> Element | None:
    """The flow as a row of steps, those taken with their time; None for what never enters it."""
    if tale.batch.kind is not Kind.BATCH:
        return None
    taken = {each.what: each.at for each in tale.events if each.what in words.FLOW}
    stands = tale.batch.held_from or tale.batch.status
    return h(
        "ol",
        *(_step(each, taken.get(each), stands) for each in words.FLOW),
        class_="track",
        id="track",
        aria_label="Steps",
    )


def _step(status: BatchStatus, at: datetime | None, stands: BatchStatus) -> Element:
    if at is None:
        return h("li", h("span", str(status)), h("small", "not yet"), class_="ahead")
    here = {"aria_current": "step"} if status is stands else {}
    passed = shape("done" if status is not stands or status.ended else "moving")
    moment = h("time", words.day_and_time(at), datetime=at.isoformat())
    return h("li", h("span", passed, " ", str(status)), h("small", moment), class_="here" if here else "taken", **here)


def timeline(tale: Tale) -> Element:
    """The story as a list, day by day."""
    by_day = groupby(entries(tale), key=lambda entry: words.day(entry.at))
    days = (h("li", h("h3", name), h("ol", *(_item(each) for each in same))) for name, same in by_day)
    return h("ol", *days, class_="timeline")


def _item(entry: Entry) -> Element:
    at = h("time", words.time_of_day(entry.at), datetime=entry.at.isoformat())
    what = h("b", entry.what)
    who = h("span", " by ", h("b", entry.who), class_="who") if entry.who else None
    return h(
        "li", at, h("span", shape(entry.shape), class_="dot"), h("div", what, who, _details(entry)), class_=entry.shape
    )


def _details(entry: Entry) -> Element | None:
    details = [each for each in entry.details if each]
    if not details:
        return None
    shown = [h("li", h("code" if _is_name(each) else "span", each)) for each in details[:FILES_SHOWN]]
    if len(details) > FILES_SHOWN:
        shown.append(h("li", words.count(len(details) - FILES_SHOWN, "more")))
    return h("ul", *shown)


def _is_name(text: str) -> bool:
    """Whether it reads as a file's name and not as a sentence."""
    return "." in text.strip(".") and " " not in text
