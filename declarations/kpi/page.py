"""A month's report as one page of HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from declarations.kpi.charts import LONG, Bar, Series, columns, ranked
from declarations.kpi.document import document, figures, framed, grid, in_brussels, section, text
from declarations.kpi.figures import RUNNING
from declarations.kpi.report import Reader, Report
from declarations.kpi.table import WITHHELD, Cell, Table
from declarations.kpi.words import COLUMNS, MONTHS, TABLES
from declarations.pages.html import h

MOST_CODES = 10
"""Anomalies in the chart; the table has all."""
MOST_ROWS = 200
"""Rows of a table on the page; the CSV has all."""

SUMMARY = (
    "batches", "in_time", "late", "open", "share", "share_without_pauses", "hours_p50", "hours_p95", "hours_max",
    "receipt_hours_p50", "receipt_hours_max", "first_share", "forms", "forms_share",
)  # fmt: skip
"""The columns of a table of figures that the page shows; JSON and CSV have all."""
ALL_COLUMNS = frozenset({"days", "codes", "controls", "refusals", "apart", "outages", "late", "awaited"})
"""Tables that the page shows with all of their columns."""
CHARTED = frozenset({"total", "durations"})
"""Tables that the page shows otherwise."""
FOLDED = frozenset({"days"})
"""Tables that a chart shows already."""
WHEN_EMPTY: Mapping[str, str] = {
    "late": "No batch was late.",
    "outages": "Everybody could be reached all the time.",
    "awaited": "Every delivery that was sent is confirmed.",
    "refusals": "Every batch could be processed.",
}
"""What an empty table says; others are left out."""
PERIODS = {
    "0-1": "< 1 h",
    "1-4": "1–4 h",
    "4-12": "4–12 h",
    "12-24": "12–24 h",
    "24-48": "1–2 d",
    "48-72": "2–3 d",
    "72-96": "3–4 d",
    "96-": "> 4 d",
    RUNNING: "open",
}
BOXES: Mapping[str, tuple[str, str]] = {
    "batches": ("batches", "{}"),
    "late": ("late", "{}"),
    "open": ("still open", "{}"),
    "hours_p50": ("half were done within", "{} h"),
    "hours_p95": ("95 of 100 were done within", "{} h"),
    "hours_max": ("the longest took", "{} h"),
    "receipt_hours_p50": ("half of the receipts came within", "{} h"),
    "receipt_hours_p95": ("95 of 100 receipts came within", "{} h"),
    "acrf_minutes_p95": ("95 of 100 had their ACRF within", "{} min"),
    "noti_hours_p95": ("95 of 100 had their NOTI within", "{} h"),
    "first_share": ("accepted whole the first time", "{} %"),
    "again": ("sent again", "{}"),
    "forms": ("forms judged", "{}"),
    "forms_share": ("forms accepted", "{} %"),
}
"""The single figures on top: what each is called there, and how it is written."""
IN_TIME, LATE, OPEN = Series("in time", "good"), Series("late", "bad"), Series("open", "waits")
BATCHES, TIMES = Series("batches", "bar"), Series("times", "bar")


def page(report: Report) -> str:
    """The page as text: the same for the same report."""
    title = f"Four days: {MONTHS[report.month.number - 1]} {report.month.year}"
    main = h("main", _headline(report), _boxes(report), _charts(report), *_sections(report), _everything(report))
    return document(f"{title}, {report.view.name}", _header(report), main, _footer(report))


def _header(report: Report) -> Element:
    known = "final figures" if report.final else f"figures as known on {_moment(report.as_of)}"
    return h(
        "header",
        h("p", f"Social-security declarations, {_readers(report)}", class_="kind"),
        h("h1", f"{MONTHS[report.month.number - 1]} {report.month.year}"),
        h("p", f"Batches whose four days began in this month: {known}.", class_="lead"),
    )


def _readers(report: Report) -> str:
    return {
        Reader.OPERATOR: "all parties",
        Reader.SENDER: f"sender {report.view.party}",
        Reader.RECIPIENT: f"recipient {report.view.party}",
        Reader.PUBLIC: "public figures",
    }[report.view.reader]


def _total(report: Report) -> Mapping[str, Cell]:
    total = report.table("total")
    return total.records()[0] if total else {}


def _headline(report: Report) -> Element:
    total = _total(report)
    share, bound = total["share"], total.get("share_at_least")
    what = "parcels confirmed" if report.view.reader is Reader.RECIPIENT else "batches processed"
    told = f"of the {what} in less than four calendar days"
    if isinstance(share, float):
        counts = f" ({text(total['in_time'])} of {_decided(total)}). "
        return _big(f"{share:.2f}", told, counts + _second(total), "headline" if share == 100 else "headline missed")
    if isinstance(bound, float):
        counts = f" ({text(total['batches'])} batches). The exact share would give away a count under ten."
        return _big(f"\u2265 {bound:.2f}", told, counts)
    nothing = "There are too few to tell." if share == WITHHELD else "There is nothing to count yet."
    return h("div", h("p", nothing), class_="headline none")


def _big(share: str, told: str, counts: str, style: str = "headline") -> Element:
    number = h("p", share, h("small", " %"), class_="big")
    return h("div", number, h("p", h("strong", told), counts), class_=style)


def _second(total: Mapping[str, Cell]) -> str:
    """The figure in which signed pauses of others do not count, where it is another one."""
    without = total["share_without_pauses"]
    return f"Without the time that others are shown to have caused: {text(without)} %." if total["excused"] else ""


def _decided(total: Mapping[str, Cell]) -> str:
    in_time, late = total["in_time"], total["late"]
    return text(in_time + late) if isinstance(in_time, int) and isinstance(late, int) else text(WITHHELD)


def _boxes(report: Report) -> Element:
    """The figures that a reader looks for first."""
    total = _total(report)
    told = ((key, told) for key, told in BOXES.items() if key in total and total[key] not in (None, WITHHELD))
    return figures((label, form.format(text(total[key]))) for key, (label, form) in told)


def _charts(report: Report) -> Element:
    drawings: dict[str, Callable[[Table], Element]] = {"days": _days, "durations": _durations, "codes": _codes}
    shown = (draw(table) for name, draw in drawings.items() if (table := report.table(name)) and table.rows)
    return h("div", *shown, class_="charts")


def _days(table: Table) -> Element:
    """Of the public figures how many there were a day: how many of few were late is withheld on nearly all days."""
    withheld = WITHHELD in table.column("in_time")
    series = (BATCHES,) if withheld else (IN_TIME, LATE, OPEN)
    keys = ("batches",) if withheld else ("in_time", "late", "open")
    bars = [Bar(str(each["day"])[-2:], tuple(_whole(each[key]) for key in keys)) for each in table.records()]
    return columns("By the day on which the four days began", series, bars, LONG)


def _durations(table: Table) -> Element:
    bars = [Bar(PERIODS[str(each["hours"])], (_whole(each["batches"]),)) for each in table.records()]
    return columns("Batches by how long they took", (BATCHES,), bars)


def _codes(table: Table) -> Element:
    bars = [Bar(f"{each['code']} {each['class']}", (_whole(each["count"]),)) for each in table.records()[:MOST_CODES]]
    return ranked("The most frequent anomalies", TIMES, bars)


def _whole(cell: Cell) -> int | None:
    return cell if isinstance(cell, int) else None


def _sections(report: Report) -> Iterator[Element]:
    for table in report.tables:
        if table.name in CHARTED:
            continue
        if table.rows:
            yield _section(table)
        elif table.name in WHEN_EMPTY:
            yield section(TABLES[table.name], h("p", WHEN_EMPTY[table.name], class_="none"))


def _section(table: Table) -> Element:
    shown = table.columns if table.name in ALL_COLUMNS else (table.columns[0], *SUMMARY)
    cut = Table(table.name, table.columns, table.rows[:MOST_ROWS])
    more = f"The first {MOST_ROWS} of {len(table.rows):,}; the CSV file has all." if len(table.rows) > MOST_ROWS else ""
    note = h("p", more, class_="note") if more else None
    title = TABLES[table.name]
    if table.name in FOLDED:
        return h("details", h("summary", f"{title}: the table"), grid(cut, title, shown))
    return section(title, grid(cut, title, shown), note)


def _everything(report: Report) -> Element:
    """All figures of the month, one below the other, for whoever opens it."""
    rows = (
        h("tr", h("th", COLUMNS[key], scope="row"), h("td", text(cell), class_="count"))
        for key, cell in _total(report).items()
    )
    return h("details", h("summary", TABLES["total"]), framed(TABLES["total"], h("tbody", *rows)))


def _footer(report: Report) -> Element:
    rule = (
        "In time: from the moment a batch was complete in its inbox until all recipients had confirmed and the answer "
        "lay in the outbox, the dates in Brussels are at most three days apart. Waiting, retries, outages and batches "
        "held for an operator count; a batch still open on its fifth day is late. Left out are test environments, "
        "batches that their sender canceled in time, and repetitions of the same bytes under the same name."
    )
    small = "Counts from 1 to 9 are withheld, and others from which they could be worked out."
    source = f"Made from the log with SHA-256 {report.source}, as known on {_moment(report.as_of)}; the same log gives the same bytes."  # noqa: E501
    return h(
        "footer",
        h("p", rule),
        h("p", small) if report.view.reader is Reader.PUBLIC else None,
        h("p", source),
    )


def _moment(moment: datetime) -> str:
    return in_brussels(moment).replace(" ", " at ")
