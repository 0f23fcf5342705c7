"""What the pages of figures are made of: the page itself, tables, figures, cells for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from declarations.kpi.facts import MOMENT
from declarations.kpi.table import WITHHELD, Cell, Table
from declarations.kpi.words import COLUMNS
from declarations.pages.html import Child, h
from declarations.pages.whole import dress, standalone
from declarations.sla import BRUSSELS

NOTHING = "–"


def document(title: str, *body: Child) -> str:
    """The page as text; nothing runs in it."""
    return standalone("en", title, h("body", *body), dress("declarations.kpi"))


def grid(given: Table, title: str, shown: Sequence[str] = ()) -> Element:
    """A table with those of its columns, or all; the first column heads the rows."""
    columns = [each for each in (shown or given.columns) if each in given.columns]
    heads = (h("th", COLUMNS[each], scope="col", class_=_kind(given, each)) for each in columns)
    rows = (_row(given, record, columns) for record in given.records())
    return framed(title, h("thead", h("tr", *heads)), h("tbody", *rows))


def framed(title: str, *parts: Element) -> Element:
    """A table of these parts, in a region that the keyboard can move where the table is wider than the page."""
    inner = h("table", h("caption", title), *parts)
    return h("div", inner, class_="wide", tabindex="0", role="region", aria_label=title)


def _row(given: Table, record: Mapping[str, Cell], columns: Sequence[str]) -> Element:
    first, *others = columns
    head = h("th", text(record[first]), scope="row")
    return h("tr", head, *(h("td", text(record[each]), class_=_kind(given, each)) for each in others))


def _kind(given: Table, column: str) -> str:
    """Columns of numbers stand right; the first heads the rows."""
    cells = [each for each in given.column(column) if each is not None and each != WITHHELD]
    numeric = all(isinstance(each, int | float) for each in cells) and column != given.columns[0]
    return "count" if numeric else "text"


def text(cell: Cell) -> str:
    """A cell for people."""
    if cell is None:
        return NOTHING
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return in_brussels(datetime.fromisoformat(cell)) if MOMENT.fullmatch(cell) else cell


def in_brussels(moment: datetime) -> str:
    """A moment for people."""
    return moment.astimezone(BRUSSELS).strftime("%Y-%m-%d %H:%M")


def figures(pairs: Iterable[tuple[str, str]]) -> Element:
    """Single figures in boxes, with what each is."""
    return h("dl", *(h("div", h("dt", name), h("dd", value)) for name, value in pairs), class_="figures")


def section(title: str, *children: Child) -> Element:
    """A part of the page under a heading."""
    return h("section", h("h2", title), *children)
