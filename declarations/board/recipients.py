"""The recipients' page: queues, outages, last receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from declarations.board.parts import age, badge, nothing, section, table, time
from declarations.board.shell import Frame, Page
from declarations.board.values import PartyLine
from declarations.board.words import count, duration, moment
from declarations.model import Line
from declarations.pages.html import Child, h

HEADS = ("Recipient", "Line", "Waiting", "Withheld", "On its way", "Without a receipt", "Contested", "Last receipt")


def recipients(
    parties: Sequence[PartyLine], others: Sequence[tuple[str, Line]], frame: Frame, most: int | None = None
) -> Page:
    """The page: recipients, at most so many, and by name the lines to everybody else that are down now."""
    down = sum(each.line is not None and each.line.down_since is not None for each in parties)
    waiting = sum(each.queue.waiting for each in parties)
    verdict = (
        badge("broken", f"{count(down, 'recipient')} cannot be reached")
        if down
        else badge("done", "Every recipient can be reached")
    )
    rows = [_cells(each, frame.now) for each in _sorted(parties)[:most]]
    listed = table("Recipients, those in trouble first", HEADS, rows)
    content = [
        h("h1", verdict, class_="verdict"),
        h("p", f"{count(waiting, 'parcel')} waiting for the next delivery.", class_="lead"),
        section(
            "recipients",
            "Recipients",
            listed if parties else nothing("No recipient is known yet."),
            _rest(len(parties) - len(rows), frame),
        ),
    ]
    if others:
        content.append(section("lines", "Other lines that are down", _others(others, frame.now)))
    news = f"{count(down, 'recipient')} cannot be reached. {count(waiting, 'parcel')} waiting."
    return Page("Recipients", "recipients", news, tuple(content))


def _sorted(parties: Sequence[PartyLine]) -> list[PartyLine]:
    return sorted(parties, key=lambda each: (not _troubled(each), not each.queue.waiting, each.name.lower()))


def _rest(number: int, frame: Frame) -> Element | None:
    if number <= 0:
        return None
    told = f"{count(number, 'more recipient', 'more recipients')}, without trouble, not shown. "
    return h("p", told, h("a", "Show all", href=frame.url("recipients?all=1")), class_="soft")


def _troubled(party: PartyLine) -> bool:
    return bool(party.queue.contested or (party.line and party.line.down_since))


def _cells(party: PartyLine, now: datetime) -> tuple[Child | tuple[Child, str], ...]:
    queue = party.queue
    return (
        h("span", party.name, " ", h("small", party.number, class_="soft")),
        _line(party.line, now) if party.line else _silent(party),
        (_number(queue.waiting, queue.waiting_since, now), "count"),
        (_number(queue.withheld, None, now), "count"),
        (_number(queue.sending, None, now), "count"),
        (_number(queue.sent, queue.unconfirmed_since, now), "count"),
        (badge("failed", f"{queue.contested:,}") if queue.contested else "0", "count"),
        time(queue.last_receipt_at, now) if queue.last_receipt_at else h("span", "none yet", class_="soft"),
    )


def _number(number: int, since: datetime | None, now: datetime) -> Element:
    if not number:
        return h("span", "0", class_="soft")
    old = h("small", "oldest ", age(since, now), class_="soft") if since else None
    return h("span", h("b", f"{number:,}"), " ", old)


def _silent(party: PartyLine) -> Element:
    """A line of which nothing was ever noted."""
    return h("span", "fetches from our server" if party.fetches else "not tried yet", class_="soft")


def _line(line: Line, now: datetime) -> Element:
    if line.down_since is None:
        return badge("done", "answers")
    failed = f"down {duration(now - line.down_since)}, {count(line.failures, 'try', 'tries')}"
    again = f"tried again {moment(line.next_try_at)}" if line.next_try_at and line.next_try_at > now else ""
    return h("span", badge("broken", failed), h("small", again, class_="soft block"), _error(line))


def _error(line: Line) -> Element | None:
    return h("small", line.last_error, class_="error block") if line.last_error else None


def _others(lines: Sequence[tuple[str, Line]], now: datetime) -> Element:
    rows: list[tuple[Child, ...]] = [(name, _line(each, now)) for name, each in lines]
    return table("Lines that are down", ("Party", "Line"), rows)
