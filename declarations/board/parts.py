"""The small parts of the board's pages: shapes, badges, clocks, moments and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from declarations.board.clock import Mark, mark, used
from declarations.board.shell import Frame
from declarations.board.values import Row
from declarations.board.words import ENVIRONMENT, duration, moment, short_moment
from declarations.model import BatchStatus, Environment, Kind
from declarations.pages.html import Child, h
from declarations.sla import DAYS

SHAPES: dict[str, str] = {
    "overdue": "M8 1.2 15.4 14.6H.6Z M7.2 5.8h1.6v4.4H7.2Z M7.2 11.4h1.6V13H7.2Z",
    "three-quarters": "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.4V8H2.4A5.6 5.6 0 0 1 8 2.4Z",
    "half": "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.4v11.2A5.6 5.6 0 0 1 8 2.4Z",
    "early": "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.4a5.6 5.6 0 1 1 0 11.2A5.6 5.6 0 0 1 8 2.4Z",
    "moving": "M2 6.6h7V3l5.6 5L9 13V9.4H2Z",
    "done": "M6.2 13.2 1.4 8.4l1.9-1.9 2.9 2.9L12.7 3l1.9 1.9Z",
    "failed": "M3 1.4 8 6.4l5-5L14.6 3l-5 5 5 5L13 14.6l-5-5-5 5L1.4 13l5-5-5-5Z",
    "held": "M3 2h3.6v12H3Z M9.4 2H13v12H9.4Z",
    "canceled": "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6c1.2 0 2.3.4 3.2 1.1l-7.5 7.5A5.4 5.4 0 0 1 8 2.6Zm0 10.8c-1.2 0-2.3-.4-3.2-1.1l7.5-7.5A5.4 5.4 0 0 1 8 13.4Z",  # noqa: E501
    "in": "M7 1h2v7h3.4L8 12.6 3.6 8H7Z M2 13.6h12V15H2Z",
    "out": "M8 1l4.4 4.6H9V12H7V5.6H3.6Z M2 13.6h12V15H2Z",
    "person": "M8 1.2a3.3 3.3 0 1 1 0 6.6 3.3 3.3 0 0 1 0-6.6ZM1.6 14.8c0-3.4 2.8-5.8 6.4-5.8s6.4 2.4 6.4 5.8Z",
    "bell": "M8 1.2c2.6 0 4.4 1.9 4.4 4.6v3.4l1.4 2.4H2.2l1.4-2.4V5.8C3.6 3.1 5.4 1.2 8 1.2ZM6.2 12.8h3.6c0 1.2-.8 2-1.8 2s-1.8-.8-1.8-2Z",  # noqa: E501
    "broken": "M1.4 3 3 1.4 14.6 13 13 14.6Z M1 7.2h4v1.6H1Z M11 7.2h4v1.6h-4Z",
}
"""Each shape as a path in a square of 16; with a word beside it, never alone."""

KINDS: dict[BatchStatus, str] = {
    BatchStatus.CLOSED: "done",
    BatchStatus.REFUSED: "failed",
    BatchStatus.REJECTED: "failed",
    BatchStatus.CANCELED: "canceled",
    BatchStatus.HELD: "held",
}
"""The shape of a status; the others move."""

MARKS: dict[Mark, str] = {
    Mark.OVERDUE: "overdue",
    Mark.THREE_QUARTERS: "75 % used",
    Mark.HALF: "50 % used",
    Mark.EARLY: "in time",
}


def shape(name: str) -> Element:
    """A small picture; the words beside it say the same."""
    path = h("path", d=SHAPES[name], fill_rule="evenodd")
    return h("svg", path, viewBox="0 0 16 16", aria_hidden="true", focusable="false", class_="shape")


def badge(name: str, words: str) -> Element:
    """A word with its shape."""
    return h("span", shape(name), " ", words, class_=f"badge {name}")


def status_badge(status: BatchStatus) -> Element:
    """The status of a batch."""
    return badge(kind(status), str(status))


def kind(status: BatchStatus) -> str:
    """The shape of a status."""
    return KINDS.get(status, "moving")


def time(at: datetime, now: datetime) -> Element:
    """A moment, short; the whole of it when pointed at."""
    return h("time", short_moment(at, now), datetime=at.isoformat(), title=moment(at))


def age(at: datetime, now: datetime) -> Element:
    """How long ago that was."""
    return h("time", duration(now - at), datetime=at.isoformat(), title=moment(at))


def days(share: float, name: str) -> Element:
    """The four days as four cells, filled as far as they are used."""
    cells = [h("rect", x=str(at * 15), y="0", width="13", height="9", rx="2", class_="cell") for at in range(DAYS)]
    for at in range(DAYS):
        width = 13 * min(1.0, max(0.0, share * DAYS - at))
        if width:
            cells.append(h("rect", x=str(at * 15), y="0", width=f"{width:.1f}", height="9", rx="2", class_="used"))
    return h("svg", *cells, viewBox="0 0 58 9", aria_hidden="true", focusable="false", class_=f"days {name}")


def clock(row: Row, now: datetime) -> Element:
    """How the four days of a batch stand: time left and its mark while they run, how they ended after that."""
    if row.ended_at is not None:
        took = duration(row.ended_at - row.arrived_at)
        good = row.ended_at < row.due_at
        return h("span", badge("done" if good else "overdue", "in time" if good else "late"), " ", took, class_="clock")
    if row.environment is not Environment.PRODUCTION or row.kind is not Kind.BATCH:
        return h("span", "no deadline", class_="soft")
    found = mark(row.arrived_at, row.due_at, now)
    left = f"{duration(now - row.due_at)} late" if found is Mark.OVERDUE else f"{duration(row.due_at - now)} left"
    bar = days(used(row.arrived_at, row.due_at, now), found)
    return h("span", bar, h("span", left, class_="left"), badge(found, MARKS[found]), class_="clock")


def batch_link(row: Row, frame: Frame) -> Element:
    """The reference of a batch, leading to its story; another drop of one name and a test are told apart."""
    notes: list[Child] = []
    if row.kind is not Kind.BATCH:
        notes.append(h("span", "withdrawal" if row.kind is Kind.CANCELLATION else "stray file", class_="note"))
    if row.occurrence > 1:
        notes.append(h("span", f"drop {row.occurrence}", class_="note"))
    if row.environment is not Environment.PRODUCTION:
        notes.append(h("span", ENVIRONMENT[row.environment], class_="note"))
    link = h("a", h("code", row.reference), href=frame.url(f"batch/{row.id}"))
    return h("span", link, *(part for note in notes for part in (" ", note)))


Cell = Child | tuple[Child, str]
"""What a cell holds, or that and its class."""


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Element:
    """A table whose first column names its rows; roles are written out, since narrow screens lay it out as cards."""
    names = (h("th", name, scope="col", role="columnheader") for name in heads)
    head = h("thead", h("tr", *names, role="row"), role="rowgroup")
    body = h("tbody", *(_row(heads, cells) for cells in rows), role="rowgroup")
    return h("div", h("table", h("caption", caption), head, body, role="table"), class_="wide")


def _row(heads: Sequence[str], cells: Sequence[Cell]) -> Element:
    return h("tr", *(_cell(at, heads[at], each) for at, each in enumerate(cells)), role="row")


def _cell(at: int, head: str, given: Cell) -> Element:
    content, class_ = given if isinstance(given, tuple) else (given, "")
    if at == 0:
        return h("th", content, scope="row", role="rowheader", class_=class_)
    return h("td", content, role="cell", class_=class_, data_label=head)


def section(name: str, title: str, *content: Child, more: Child = None) -> Element:
    """A part of a page that is replaced by itself when the page stays live."""
    head = h("div", h("h2", title, id=f"{name}-title"), more, class_="head")
    return h("section", head, *content, id=name, aria_labelledby=f"{name}-title")


def nothing(text: str) -> Element:
    """What stands where there is nothing to list."""
    return h("p", shape("done"), " ", text, class_="nothing")
