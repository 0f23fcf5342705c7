"""One batch's page: where it stands, what to do, and its whole story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from declarations.board.actions import Action, form, offered, proposals, sendable
from declarations.board.parts import badge, clock, section, status_badge, table, time
from declarations.board.shell import Frame, Page
from declarations.board.timeline import timeline, track
from declarations.board.values import Crossing, Shipment, Tale
from declarations.board.words import DELIVERY, ENVIRONMENT, PARCEL, STATUS, count, moment, size
from declarations.model import BatchStatus, Delivery, DeliveryStatus, ParcelStatus
from declarations.operations import Decision, same_person
from declarations.pages.html import Child, h


def batch(tale: Tale, frame: Frame, name: Callable[[str], str], said: Element | None = None) -> Page:
    """The page; `name` gives what a party with a number or an id is called, `said` what came of a button."""
    title = tale.batch.reference
    parts = (
        said,
        h("p", "Batch", class_="kicker"),
        h("h1", h("code", title)),
        _standing(tale, frame),
        track(tale),
        _facts(tale, frame, name),
        _actions(tale, frame),
        section("story", "Its story", _cut(tale), timeline(tale)),
        _forms(tale),
        _parcels(tale, frame, name),
        _files(tale, frame),
    )
    news = f"{title}: {tale.batch.status}, {STATUS[tale.batch.status]}."
    return Page(title, "batches", news, tuple(each for each in parts if each is not None), idle=not frame.may_act)


def _standing(tale: Tale, frame: Frame) -> Element:
    status = tale.batch.status
    running = clock(tale.row, frame.now)
    told = h("p", status_badge(status), " ", h("span", STATUS[status], class_="soft"), class_="now")
    error = tale.batch.last_error
    failed = None
    if error:
        tries = count(tale.batch.attempts, "attempt")
        failed = h("p", badge("failed", f"Last fault, after {tries}:"), " ", h("span", error, class_="error"))
    return h("div", told, running, failed, id="standing", class_="standing")


def _facts(tale: Tale, frame: Frame, name: Callable[[str], str]) -> Element:
    boxes = (h("div", h("dt", term), h("dd", *content)) for term, content in _terms(tale, frame, name))
    return h("dl", *boxes, id="facts", class_="facts")


def _terms(tale: Tale, frame: Frame, name: Callable[[str], str]) -> Iterator[tuple[str, tuple[Child, ...]]]:
    batch = tale.batch
    sender = h("a", name(batch.folder), href=frame.url(f"batches?folder={batch.folder}"))
    yield "Sender", (sender, h("small", f" {batch.folder}", class_="soft"))
    yield "Ticket", (h("code", batch.ticket),)
    yield "Environment", (ENVIRONMENT[batch.environment],)
    yield "Arrived", (time(batch.first_seen_at, frame.now),)
    if tale.clock.end is None:
        yield "Due before", (moment(tale.clock.due),)
    else:
        yield "Clock stopped", (time(tale.clock.end, frame.now),)
    parts = [each for each in batch.files if each.kind == "FI"]
    yield "Parts", (f"{len(parts)}, {size(sum(each.size for each in parts))}",)
    if tale.forms.accepted or tale.forms.refused:
        yield "Forms", (f"{tale.forms.accepted:,} accepted, {tale.forms.refused:,} refused",)
    if batch.codes:
        yield "Refused for", (" ".join(f"ACRF-{code}" for code in batch.codes),)
    if batch.occurrence > 1:
        yield "Drop", (f"number {batch.occurrence} under this name",)
    yield from _links(tale, frame)


def _links(tale: Tale, frame: Frame) -> Iterator[tuple[str, tuple[Child, ...]]]:
    if tale.batch.replaces is not None:
        number = tale.batch.replaces
        yield "Stands for", (h("a", f"batch {number}", href=frame.url(f"batch/{number}")),)
    if tale.replaced_by:
        links = [h("a", f"batch {each} ", href=frame.url(f"batch/{each}")) for each in tale.replaced_by]
        yield "Sent again as", tuple(links)


def _actions(tale: Tale, frame: Frame) -> Element | None:
    """What stands to be decided is shown to everybody, the buttons to those who may press them."""
    told: list[Element] = [_proposed(each, frame.user) for each in proposals(tale)]
    if tale.batch.status is BatchStatus.HELD and not told:
        told.append(h("p", badge("held", "Mend the cause, then propose its release; another operator must agree.")))
    back = f"batch/{tale.batch.id}"
    forms = [form(each, tale.batch.id, back, frame) for each in offered(tale, frame.user)] if frame.may_act else []
    if not told and not forms:
        return None
    buttons = h("div", *forms, class_="buttons") if forms else None
    return h("div", *told, buttons, id="actions", class_="actions decide" if told else "actions")


def _proposed(decision: Decision, user: str) -> Element:
    mine = same_person(user, decision.proposed_by)
    second = "Another operator must agree." if mine else "A second operator may agree."
    return h(
        "p",
        badge("person", f"{decision.action.capitalize()} proposed by {decision.proposed_by}:"),
        f" {decision.reason}. ",
        second,
    )


def _cut(tale: Tale) -> Element | None:
    if not tale.untold:
        return None
    return h("p", f"{count(tale.untold, 'earlier entry', 'earlier entries')} not shown.", class_="soft")


def _forms(tale: Tale) -> Element | None:
    if not tale.counts:
        return None
    heads = ("Anomaly", "Class", "How often")
    rows: list[tuple[Child | tuple[Child, str], ...]] = [
        (
            h("code", each.code),
            h("span", each.anomaly_class, class_=f"class class-{each.anomaly_class}"),
            _often(each.count),
        )
        for each in tale.counts
    ]
    told = None
    if tale.forms.refused_tickets:
        tickets = ", ".join(tale.forms.refused_tickets)
        more = tale.forms.refused - len(tale.forms.refused_tickets)
        rest = f" and {more:,} more" if more > 0 else ""
        told = h("p", "Tickets of refused forms: ", h("code", tickets), rest, class_="soft")
    return section("anomalies", "Anomalies", table("Anomalies, the most frequent first", heads, rows), told)


def _often(number: int) -> tuple[Child, str]:
    return f"{number:,}", "count"


def _parcels(tale: Tale, frame: Frame, name: Callable[[str], str]) -> Element | None:
    if not tale.shipments:
        return None
    heads = ["Recipient", "Parcel", "Rows", "Delivery", "Sent", "Receipt"]
    rows = [_shipment(each, tale, frame, name) for each in tale.shipments]
    if not frame.may_act:
        return section("parcels", "Parcels and deliveries", table("One parcel for each recipient", heads, rows))
    again = [(*row, _again(each, tale, frame)) for row, each in zip(rows, tale.shipments, strict=True)]
    listed = table("One parcel for each recipient", [*heads, "Send again"], again)
    return section("parcels", "Parcels and deliveries", listed)


def _shipment(
    each: Shipment, tale: Tale, frame: Frame, name: Callable[[str], str]
) -> tuple[Child | tuple[Child, str], ...]:
    delivery = each.delivery
    shape = {ParcelStatus.WITHHELD: "held", ParcelStatus.VOID: "canceled", ParcelStatus.PENDING: "early"}
    reason = h("small", each.reason, class_="soft block") if each.reason else None
    parcel = h("span", badge(shape.get(each.status, "done"), PARCEL[each.status]), reason)
    sent = time(delivery.sent_at, frame.now) if delivery and delivery.sent_at else "–"
    receipt = time(delivery.confirmed_at, frame.now) if delivery and delivery.confirmed_at else "–"
    return name(each.recipient), parcel, (f"{each.rows:,}", "count"), _delivery(delivery), sent, receipt


def _delivery(delivery: Delivery | None) -> Child:
    if delivery is None:
        return "–"
    shapes = {DeliveryStatus.CONFIRMED: "done", DeliveryStatus.CONTESTED: "failed"}
    times = f", sent again {count(delivery.resent, 'time')}" if delivery.resent else ""
    state = badge(shapes.get(delivery.status, "out"), f"{DELIVERY[delivery.status]}{times}")
    error = h("small", delivery.last_error, class_="error block") if delivery.last_error else None
    return h("span", h("code", delivery.name), " ", state, error)


def _again(each: Shipment, tale: Tale, frame: Frame) -> Child:
    if each.delivery is None or not sendable(each.delivery):
        return "–"
    back = f"batch/{tale.batch.id}"
    return form(Action.RESEND, each.delivery.id, back, frame, each.delivery.name)


def _files(tale: Tale, frame: Frame) -> Element | None:
    if not tale.crossings:
        return None
    heads = ("File", "Way", "Size", "Crossed the border", "SHA-256")
    rows = [_crossing(each, frame) for each in tale.crossings]
    return section("files", "Files", table("Every file that crossed our border", heads, rows))


def _crossing(each: Crossing, frame: Frame) -> tuple[Child | tuple[Child, str], ...]:
    way = badge("out", "out") if each.outgoing else badge("in", "in")
    when: Child = time(each.sent_at, frame.now) if each.sent_at else h("span", "not yet", class_="soft")
    digest = h("code", each.sha256[:12], title=each.sha256)
    return h("code", each.name), way, (size(each.size), "count"), when, digest


def answer(words: str, good: str, link: str | None) -> Element:
    """What came of a button, at the top of the page: `good` names its shape."""
    run = h("a", "See it in Airflow", href=link, data_airflow="1") if link else None
    return h("p", badge(good, words), " ", run, role="status", class_="answer", id="answer")
