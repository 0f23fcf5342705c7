"""Lists of batches: in one status, overdue, of one sender, or found by a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from declarations.board.clock import Mark
from declarations.board.parts import MARKS, batch_link, clock, nothing, section, status_badge, table, time
from declarations.board.shell import Frame, Page
from declarations.board.values import Found, Row, Wanted
from declarations.board.words import STATUS, count
from declarations.model import BatchStatus
from declarations.pages.html import h

HEADS = ("Batch", "Sender", "Status", "Arrived", "Four days")
TITLES = {
    Mark.OVERDUE: "Overdue batches",
    Mark.THREE_QUARTERS: "Batches that have used three quarters of their four days",
    Mark.HALF: "Batches that have used half of their four days",
    Mark.EARLY: "Batches that have used less than half of their four days",
}
LATE = (Mark.OVERDUE, Mark.THREE_QUARTERS, Mark.HALF)


def batch_table(caption: str, rows: Sequence[Row], frame: Frame, name: Callable[[str], str]) -> Element:
    """Those batches as a table; `name` gives what the sender with a number is called."""
    return table(caption, HEADS, [_cells(each, frame, name) for each in rows])


def _cells(row: Row, frame: Frame, name: Callable[[str], str]) -> tuple[Element | str, ...]:
    since = h("small", "since ", time(row.since, frame.now), class_="soft")
    codes = h("small", " ".join(row.codes), class_="codes") if row.codes else None
    status = h("span", status_badge(row.status), " ", codes or since, class_="status")
    sender = h("a", name(row.folder), href=frame.url(f"batches?folder={row.folder}"), title=row.folder)
    return batch_link(row, frame), sender, status, time(row.arrived_at, frame.now), clock(row, frame.now)


def listing(found: Found, wanted: Wanted, frame: Frame, name: Callable[[str], str]) -> Page:
    """A page of a list."""
    title = _title(wanted, name)
    what = batch_table(title, found.rows, frame, name) if found.rows else nothing("No batch.")
    told = h("p", STATUS[wanted.status].capitalize() + ".", class_="lead") if wanted.status else None
    content = section("list", "Batches", what, _more(found, wanted, frame))
    parts = [each for each in (h("h1", title), told, _filter(wanted, frame), content) if each is not None]
    shown = count(len(found.rows), "batch shown", "batches shown")
    return Page(title, "batches", f"{title}: {shown}.", tuple(parts))


def _title(wanted: Wanted, name: Callable[[str], str]) -> str:
    if wanted.mark:
        return TITLES[wanted.mark]
    if wanted.status:
        return f"Batches: {wanted.status}"
    return f"Batches of {name(wanted.folder)}" if wanted.folder else "All batches"


def _filter(wanted: Wanted, frame: Frame) -> Element:
    choices = [("All", "batches", wanted == Wanted(before=wanted.before))]
    choices += [(MARKS[each], f"batches?mark={each}", each is wanted.mark) for each in LATE]
    choices += [(str(each), f"batches?status={each}", each is wanted.status) for each in BatchStatus]
    links = (
        h("li", h("a", words, href=frame.url(path), **({"aria_current": "true"} if here else {})))
        for words, path, here in choices
    )
    return h("nav", h("ul", *links, class_="filter"), aria_label="Which batches")


def _more(found: Found, wanted: Wanted, frame: Frame) -> Element | None:
    if found.more is None:
        return None
    kept = {"status": wanted.status, "folder": wanted.folder}
    query = urlencode({key: str(each) for key, each in kept.items() if each} | {"before": str(found.more)})
    return h("p", h("a", "Older batches", href=frame.url(f"batches?{query}"), rel="next", class_="button"))


def findings(found: Found, text: str, frame: Frame, name: Callable[[str], str]) -> Page:
    """What a search found."""
    title = f"Search: {text}"
    if not found.rows:
        tried = "No batch has that in its reference, comes from that sender or has that ticket."
        content: tuple[Element, ...] = (h("h1", title), h("p", tried, class_="lead"))
        return Page(title, "search", tried, content)
    told = count(len(found.rows), "batch", "batches") + (" and more: give more of the reference" if found.more else "")
    listed = section("list", told, batch_table(title, found.rows, frame, name))
    return Page(title, "search", f"{told} found.", (h("h1", title), listed))


def several(rows: Sequence[Row], frame: Frame, name: Callable[[str], str]) -> Page:
    """The batches that one run took together."""
    title = count(len(rows), "batch", "batches") + " in this run"
    return Page(
        title, "run", title, (h("h1", title), section("list", "Batches", batch_table(title, rows, frame, name)))
    )


def unrelated(frame: Frame) -> Page:
    """What stands on a run that is about no batch in particular."""
    told = "This run is not about single batches."
    link = h("a", "Open the board", href=frame.url(""))
    return Page("No batch", "run", told, (h("h1", told), h("p", link)))
