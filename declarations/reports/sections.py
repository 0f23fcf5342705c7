"""One cause on the page: what is wrong, how to mend it, and the findings with their excerpts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from declarations.checking import Finding
from declarations.pages.html import Child, h
from declarations.pages.words import Words
from declarations.reports.cells import badge, capped, figure, head, keys
from declarations.reports.excerpts import Line
from declarations.reports.report import Cause, Origin, Report, causes

MOST_ROWS = 200
"""Findings listed for each cause."""
MOST_EXCERPTS = 10
"""Excerpts shown for each cause."""

Excerpts = Mapping[tuple[str, int, int], tuple[Line, ...]]
"""By file, line and column."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the page needs beside the report.

    excerpts  of the files that are there
    name      what a zone's tag is called
    heads     tags of the zones that identify a form
    """

    excerpts: Excerpts
    name: Callable[[str], str]
    heads: frozenset[str]


def shown(report: Report) -> list[Finding]:
    """The findings that the page shows an excerpt for."""
    return [finding for cause in causes(report.findings) for finding in cause.findings[:MOST_EXCERPTS]]


def field(cause: Cause) -> Element | None:
    """The name of the zone or block; None where a cause concerns a file."""
    return h("span", cause.explanation.field, class_="field") if cause.explanation.field else None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of findings: its name's key, its kind, and what a finding has there; None for nothing."""

    key: str
    kind: str
    of: Callable[[Finding], Child]


@dataclass(frozen=True, slots=True)
class Sections:
    """Writes the sections of a report; `many` says that its findings lie in more than one file."""

    report: Report
    known: Knowledge
    words: Words
    many: bool

    def section(self, nth: int, cause: Cause) -> Element:
        """The section of the nth cause, from 1."""
        words, told, count = self.words, cause.explanation, len(cause.findings)
        pairs = [("findings", count), ("forms", cause.forms)] if self.report.forms else [("findings", count)]
        facts = "".join(" · " + words.told("pair", name=words[key], value=value) for key, value in pairs)
        explained = any(self._excerpt(finding) is not None for finding in cause.findings[:MOST_EXCERPTS])
        rows = "capped-rows" if self.report.origin is Origin.CHECK else "capped-answer"
        return h(
            "section",
            h("h2", field(cause), told.wrong),
            h("p", badge(cause.anomaly_class), " ", h("code", cause.code), facts, class_="facts"),
            h("p", h("strong", words["mend"]), " ", told.mend, class_="mend") if told.mend else None,
            self._table(cause),
            capped(words, rows, MOST_ROWS, count),
            capped(words, "capped-excerpts", MOST_EXCERPTS, count) if explained else None,
            id=f"cause-{nth}",
            class_="cause",
            data_class=cause.anomaly_class,
        )

    def _table(self, cause: Cause) -> Element | None:
        """The findings of a cause, with the columns that any of them fills; None where there is nothing to say."""
        listed = cause.findings[:MOST_ROWS]
        columns = [column for column in self._columns() if any(column.of(each) is not None for each in listed)]
        if not columns:
            return None
        rows = [self._entry(nth, finding, columns) for nth, finding in enumerate(listed)]
        heads = head(self.words, [(column.key, column.kind) for column in columns])
        table = h("table", h("caption", cause.explanation.wrong), heads, *rows, class_="sortable findings")
        return h("div", table, class_="wide")

    def _columns(self) -> tuple[_Column, ...]:
        return (
            _Column("file", "file", self._file),
            _Column("form", "count", lambda each: None if each.form is None else str(each.form)),
            _Column("where", "", lambda each: keys(each.path, self.known.name)),
            _Column("place", "count", lambda each: None if each.line is None else f"{each.line} : {each.column}"),
            _Column("value", "value", lambda each: h("code", each.value) if each.value else None),
        )

    def _entry(self, nth: int, finding: Finding, columns: Sequence[_Column]) -> Element:
        """One finding as a body of its own, so that its excerpt stays with it when the table is sorted."""
        cells = (self._cell(column, finding) for column in columns)
        excerpt = self._excerpt(finding) if nth < MOST_EXCERPTS else None
        below = None if excerpt is None else h("tr", h("td", excerpt, colspan=str(len(columns))), class_="shows")
        return h("tbody", h("tr", *cells), below)

    def _cell(self, column: _Column, finding: Finding) -> Element:
        content = column.of(finding)
        if content is None:
            return h("td", self.words["absent"] if column.key == "value" else None, class_=f"absent {column.kind}")
        if column.key == "place":
            return h("td", content, class_=column.kind, data_sort=f"{finding.line}.{finding.column or 0:09d}")
        return h("td", content, class_=column.kind)

    def _file(self, given: Finding) -> Element | None:
        return h("code", Path(given.file).name) if self.many else None

    def _excerpt(self, finding: Finding) -> Element | None:
        lines = self.known.excerpts.get((finding.file, finding.line or 0, finding.column or 0))
        return figure(self.words.told("excerpt", line=str(finding.line)), lines) if lines else None
