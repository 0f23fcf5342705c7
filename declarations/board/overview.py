"""The first page: the flow in counts, what is urgent, what is held, what came last."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from declarations.board.lists import batch_table
from declarations.board.parts import age, badge, kind, nothing, section, shape, table, time
from declarations.board.shell import Frame, Page
from declarations.board.values import Overview, Standing
from declarations.board.words import FLOW, STATUS, alarm, count, duration, moment
from declarations.model import ENDED, BatchStatus
from declarations.pages.html import h


def overview(seen: Overview, frame: Frame, name: Callable[[str], str]) -> Page:
    """The page; `name` gives what the sender with a number is called."""
    verdict = _verdict(seen)
    content = (
        h("h1", badge(*verdict), class_="verdict"),
        _figures(seen, frame),
        _flow(seen, frame),
        _urgent(seen, frame, name),
        _held(seen, frame, name),
        _alarms(seen, frame),
        _newest(seen, frame, name),
    )
    return Page("Overview", "", _news(seen, verdict[1]), tuple(each for each in content if each is not None))


def _verdict(seen: Overview) -> tuple[str, str]:
    marks = seen.marks
    if marks.overdue:
        return "overdue", f"{count(marks.overdue, 'batch is', 'batches are')} overdue"
    if seen.held:
        return "held", f"Nothing is overdue, {count(len(seen.held), 'batch is', 'batches are')} held"
    if marks.three_quarters:
        late = count(marks.three_quarters, "batch has", "batches have")
        return "three-quarters", f"Nothing is overdue, {late} used three quarters of the time"
    return "done", "Every batch is within its four days"


def _news(seen: Overview, verdict: str) -> str:
    down = f" {count(len(seen.down), 'line does', 'lines do')} not answer." if seen.down else ""
    return f"{verdict}.{down}"


def _figures(seen: Overview, frame: Frame) -> Element:
    moving = sum(each.count for each in seen.open if each.status is not BatchStatus.HELD)
    held = next((each.count for each in seen.open if each.status is BatchStatus.HELD), 0)
    figures = (
        ("In the flow", moving, "moving", "batches", "production batches on their way"),
        ("Overdue", seen.marks.overdue, "overdue", "batches?mark=overdue", "past their four days"),
        (
            "75 % used",
            seen.marks.three_quarters,
            "three-quarters",
            "batches?mark=three-quarters",
            "less than one day left",
        ),
        ("50 % used", seen.marks.half, "half", "batches?mark=half", "less than two days left"),
        ("Held", held, "held", "batches?status=held", "wait for an operator"),
        ("Lines down", len(seen.down), "broken", "recipients", "servers that do not answer"),
    )
    return h("ul", *(_figure(*each, frame) for each in figures), class_="figures", id="figures")


def _figure(title: str, number: int, name: str, path: str, told: str, frame: Frame) -> Element:
    content = (h("span", shape(name), " ", title, class_="title"), h("b", f"{number:,}"), h("small", told))
    state = name if number and name != "moving" else "calm"
    return h("li", h("a", *content, href=frame.url(path), class_=f"figure {state}"))


def _flow(seen: Overview, frame: Frame) -> Element:
    open_ = {each.status: each for each in seen.open}
    ended = {each.status: each for each in seen.ended}
    steps = h(
        "ol", *(_step(open_.get(each, Standing(each, 0)), frame) for each in FLOW if not each.ended), class_="flow"
    )
    ends = h("ul", *(_end(ended.get(each, Standing(each, 0)), frame) for each in ENDED), class_="ends")
    tests = sum(each.tests for each in (*seen.open, *seen.ended))
    told = f"Ends count what arrived since {moment(seen.ended_since)}."
    if tests:
        told += f" {count(tests, 'test batch', 'test batches')} not counted."
    return section("flow", "Where the batches stand", steps, ends, h("p", told, class_="soft"))


def _step(standing: Standing, frame: Frame) -> Element:
    oldest = f"oldest {duration(frame.now - standing.oldest)}" if standing.count and standing.oldest else ""
    content = (h("span", str(standing.status), class_="name"), h("b", f"{standing.count:,}"), h("small", oldest))
    link = h(
        "a",
        *content,
        href=frame.url(f"batches?status={standing.status}"),
        title=STATUS[standing.status],
        class_="step" if standing.count else "step none",
    )
    return h("li", link)


def _end(standing: Standing, frame: Frame) -> Element:
    name = kind(standing.status)
    words = (shape(name), " ", h("b", f"{standing.count:,}"), " ", str(standing.status))
    return h("li", h("a", *words, href=frame.url(f"batches?status={standing.status}"), class_=f"end {name}"))


def _urgent(seen: Overview, frame: Frame, name: Callable[[str], str]) -> Element:
    listed = batch_table("Open production batches, least time left first", seen.urgent, frame, name)
    return section("urgent", "Least time left", listed if seen.urgent else nothing("No open batch."))


def _held(seen: Overview, frame: Frame, name: Callable[[str], str]) -> Element | None:
    if not seen.held:
        return None
    heads = ("Batch", "Sender", "Held for", "Because", "Release")
    rows = tuple(
        (
            h("a", h("code", each.reference), href=frame.url(f"batch/{each.id}")),
            name(each.folder),
            age(each.since, frame.now),
            h("span", each.last_error or "", class_="error"),
            f"proposed by {each.proposed_by}" if each.proposed_by else "not proposed",
        )
        for each in seen.held
    )
    return section("held", "Held for an operator", table("Held batches, longest first", heads, rows))


def _alarms(seen: Overview, frame: Frame) -> Element | None:
    if not seen.alarms:
        return None
    rows = [(badge("bell", alarm(each.kind)), each.detail, time(each.raised_at, frame.now)) for each in seen.alarms]
    return section("alarms", "Alarms that stand", table("Alarms, newest first", ("Alarm", "About", "Since"), rows))


def _newest(seen: Overview, frame: Frame, name: Callable[[str], str]) -> Element:
    listed = batch_table("The newest batches, newest first", seen.newest, frame, name)
    more = h("a", "All batches", href=frame.url("batches"), class_="more")
    return section("newest", "Came last", listed if seen.newest else nothing("No batch yet."), more=more)
