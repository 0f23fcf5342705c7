"""One batch's story in the order in which it happened: what the system did, what crossed the border, who decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from xml.etree.ElementTree import Element

from declarations.board import words
from declarations.board.parts import shape
from declarations.board.values import Tale
from declarations.model import Event
from declarations.reports.html import h

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: its shape, what, details, and who where a person did it."""

    at: datetime
    shape: str
    what: str
    details: tuple[str, ...] = ()
    who: str | None = None


def entries(tale: Tale) -> list[Entry]:
    """The story, oldest first; what happened to several files at once is one entry."""
    found = [*_events(tale.events), *_decisions(tale), *_pauses(tale), *_alarms(tale)]
    return sorted(found, key=lambda entry: entry.at)


def _events(events: tuple[Event, ...]) -> Iterator[Entry]:
    for (at, what), same in groupby(events, key=lambda event: (event.at, event.what)):
        details = tuple(event.detail for event in same if event.detail)
        yield Entry(at, SHAPES.get(what, "moving"), words.event(what), details)


def _decisions(tale: Tale) -> Iterator[Entry]:
    for each in tale.decisions:
        yield Entry(each.proposed_at, "person", f"Proposed: {each.action}", (each.reason,), each.proposed_by)
        if each.decided_at is not None:
            said = f"{(each.verdict or 'decided').capitalize()}: {each.action}"
            yield Entry(each.decided_at, "person", said, (), each.decided_by)


def _pauses(tale: Tale) -> Iterator[Entry]:
    for each in tale.pauses:
        span = f"{words.moment(each.from_at)} to {words.moment(each.until_at)}"
        details = (f"attributed to {each.attributed_to}, {span}", each.reason)
        yield Entry(each.entered_at, "person", "Pause entered and signed", details, each.operator)


def _alarms(tale: Tale) -> Iterator[Entry]:
    for each in tale.alarms:
        yield Entry(each.raised_at, "bell", f"Alarm: {each.kind}", (each.detail,))
        if each.cleared_at is not None:
            yield Entry(each.cleared_at, "bell", f"Alarm over: {each.kind}")


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
