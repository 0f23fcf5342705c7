"""A party's daily overview as one page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from declarations.kpi.document import NOTHING, document, figures, framed, in_brussels, section, text
from declarations.kpi.overview import DAYS, Overview, OwnBatch, OwnDelivery, Stage, counted, open_first
from declarations.kpi.punctuality import Standing
from declarations.model import DeliveryStatus
from declarations.pages.html import Child, h

MOST_ROWS = 500
"""Rows of a table on the page; the JSON has more."""

COUNTS = frozenset({"forms accepted", "batches", "rows", "bytes"})
"""Heads of columns with numbers."""

STYLES = {Standing.IN_TIME: "good-state", Standing.OPEN: "open-state", Standing.LATE: "bad-state"}
STAGES = {
    Stage.RECEIVED: "received",
    Stage.IN_PROCESS: "in process",
    Stage.DELIVERED: "delivered, not yet confirmed by all",
    Stage.CLOSED: "done",
    Stage.REFUSED: "could not be processed",
    Stage.REJECTED: "no form accepted",
    Stage.CANCELED: "canceled by you",
}
DELIVERIES = {
    DeliveryStatus.PENDING: "on its way",
    DeliveryStatus.SENT: "awaits your receipt",
    DeliveryStatus.CONFIRMED: "confirmed",
    DeliveryStatus.CONTESTED: "contested by you",
}


def overview_page(overview: Overview) -> str:
    """The page as text."""
    main = h("main", _boxes(overview), *_sections(overview))
    return document(f"Overview of {overview.number}", _header(overview), main, _footer())


def _header(overview: Overview) -> Element:
    return h(
        "header",
        h("p", "Social-security declarations, daily overview", class_="kind"),
        h("h1", f"Party {overview.number}"),
        h(
            "p",
            f"As it stood on {in_brussels(overview.as_of)}, the last {DAYS} days and all that is open.",
            class_="lead",
        ),
    )


def _boxes(overview: Overview) -> Element:
    pairs: list[tuple[str, str]] = []
    if overview.batches:
        counts = counted(overview.batches, overview.as_of)
        pairs += [("batches", text(len(overview.batches)))]
        pairs += [(name, text(counts[kind])) for name, kind in (("open", Standing.OPEN), ("late", Standing.LATE))]
        forms = sum(each.forms for each in overview.batches)
        pairs += [("forms", text(forms)), ("forms accepted", text(sum(each.accepted for each in overview.batches)))]
    if overview.deliveries or overview.waiting:
        awaited = sum(each.awaits_receipt for each in overview.deliveries)
        pairs += [("deliveries", text(len(overview.deliveries))), ("await your receipt", text(awaited))]
        pairs += [("parcels in the next delivery", text(overview.waiting))]
    return figures(pairs)


def _sections(overview: Overview) -> list[Element]:
    if overview.empty:
        return [h("p", "There is nothing to show.", class_="none")]
    found = []
    if overview.deliveries:
        awaited = [each for each in overview.deliveries if each.awaits_receipt]
        others = [each for each in overview.deliveries if not each.awaits_receipt]
        if awaited:
            found.append(section("Awaiting your receipt", _deliveries(awaited, overview.as_of)))
        if others:
            found.append(section("Other deliveries", _deliveries(others, overview.as_of)))
    if overview.batches:
        found.append(section("Your batches", _batches(open_first(overview.batches), overview.as_of)))
    return found


def _batches(batches: Sequence[OwnBatch], now: datetime) -> Element:
    heads = ("batch", "stage", "received", "time left", "forms accepted", "answers")
    return _table("Your batches", heads, [_batch(each, now) for each in batches[:MOST_ROWS]], len(batches))


def _batch(each: OwnBatch, now: datetime) -> Element:
    codes = " ".join(f"ACRF-{code}" for code in each.codes)
    forms = f"{text(each.accepted)} of {text(each.forms)}" if each.forms else NOTHING
    answers = [
        h("div", h("code", f"{answer.name}"), None if answer.sent_at else " on its way") for answer in each.answers
    ]
    return h(
        "tr",
        h("th", h("code", each.name), scope="row"),
        h("td", STAGES[each.stage], h("div", h("code", codes)) if codes else None),
        h("td", in_brussels(each.start), class_="moment"),
        h("td", _left(each, now)),
        h("td", forms, class_="count"),
        h("td", *answers) if answers else h("td", NOTHING),
    )


def _left(each: OwnBatch, now: datetime) -> Child:
    """How long is left, or how it ended, in words and not in color alone."""
    stands, left = each.standing(now), each.left(now)
    if each.stage is Stage.CANCELED:
        return NOTHING
    if stands is None:
        return "no promise in tests"
    told = str(stands) if left is None else (_duration(left) if left > timedelta(0) else "past its fourth day")
    return h("span", told, class_=f"state {STYLES[stands]}")


def _duration(left: timedelta) -> str:
    hours, minutes = divmod(int(left / timedelta(minutes=1)), 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _deliveries(deliveries: Sequence[OwnDelivery], now: datetime) -> Element:
    heads = ("delivery", "stage", "sent", "waits", "batches", "rows", "bytes", "files")
    rows = [_delivery(each, now) for each in deliveries[:MOST_ROWS]]
    return _table("Deliveries", heads, rows, len(deliveries))


def _delivery(each: OwnDelivery, now: datetime) -> Element:
    waits = _duration(now - each.sent_at) if each.sent_at and each.awaits_receipt else NOTHING
    style = "state open-state" if each.awaits_receipt else "state"
    return h(
        "tr",
        h("th", h("code", each.name), scope="row"),
        h("td", h("span", DELIVERIES[each.status], class_=style)),
        h("td", in_brussels(each.sent_at) if each.sent_at else NOTHING, class_="moment"),
        h("td", waits),
        *(h("td", text(number), class_="count") for number in (each.batches, each.rows, each.size)),
        h("td", *(h("div", h("code", name)) for name in each.files)),
    )


def _table(title: str, heads: Sequence[str], rows: Sequence[Element], count: int) -> Element:
    cells = (h("th", each, scope="col", class_="count" if each in COUNTS else "text") for each in heads)
    table = framed(title, h("thead", h("tr", *cells)), h("tbody", *rows))
    more = f"The newest {MOST_ROWS} of {count:,}; the JSON file has more." if count > len(rows) else ""
    return h("div", table, h("p", more, class_="note") if more else None)


def _footer() -> Element:
    told = (
        "Times are those of Brussels. A batch is late from the fourth midnight after the day on which it was complete "
        "in its inbox. Received, accepted and delivered are three things: the ACRF says whether a file can be "
        "processed, the NOTI whether each form was accepted."
    )
    return h("footer", h("p", told))
