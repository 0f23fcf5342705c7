"""A report as one page of HTML that a payroll clerk can read, sort, filter and print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from declarations.checking import Finding, RefusedForm
from declarations.reports.cells import badge, capped, figure, head, keys, number
from declarations.reports.excerpts import Line
from declarations.reports.html import document, h
from declarations.reports.lines import diagnosis
from declarations.reports.report import Cause, Origin, Report, causes
from declarations.reports.words import Words

MOST_ROWS = 200
"""Findings listed for each cause."""
MOST_EXCERPTS = 10
"""Excerpts shown for each cause."""
MOST_FORMS = 200
"""Refused forms listed."""

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


def page(report: Report, known: Knowledge, words: Words, day: date) -> str:
    """The page as text."""
    return document(str(words.language), words[f"title-{report.origin}"], _Page(report, known, words).body(day))


def shown(report: Report) -> list[Finding]:
    """The findings that the page shows an excerpt for."""
    return [finding for cause in causes(report.findings) for finding in cause.findings[:MOST_EXCERPTS]]


class _Page:
    def __init__(self, report: Report, known: Knowledge, words: Words) -> None:
        self.report = report
        self.known = known
        self.words = words
        self.causes = causes(report.findings)
        files = [each.file for each in report.findings] + [each.file for each in report.refusals]
        self.many = len(set(files)) > 1

    def body(self, day: date) -> Element:
        sections = (self._section(*each) for each in enumerate(self.causes, 1))
        main = h("main", *self._summary(), *sections, self._forms())
        return h("body", self._header(), main, h("footer", h("p", self.words.told("made", day=day.isoformat()))))

    def _header(self) -> Element:
        words, report = self.words, self.report
        return h(
            "header",
            h("p", words[f"title-{report.origin}"], class_="kind"),
            h("h1", h("span", words[f"badge-{report.outcome}"], class_=f"badge {report.outcome}")),
            h("p", words[f"{report.origin}-{report.outcome}"], class_="lead"),
            h("ul", *(h("li", h("code", Path(each).name)) for each in report.subjects), class_="files"),
            self._figures(),
        )

    def _figures(self) -> Element:
        report = self.report
        counts: list[tuple[str, int]] = []
        if report.forms:
            refused = report.forms - report.accepted
            counts = [("forms", report.forms), ("forms-accepted", report.accepted), ("forms-refused", refused)]
        counts.append(("findings", len(report.findings) + report.untold))
        boxes = (h("div", h("dt", self.words[key]), h("dd", self.words.number(count))) for key, count in counts)
        return h("dl", *boxes, class_="figures")

    def _summary(self) -> list[Element]:
        words = self.words
        if not self.causes:
            return [h("p", words["no-findings"], class_="none")]
        columns = [("cause", ""), ("code", ""), ("class", ""), ("findings", "count"), ("forms", "count")]
        rows = [self._cause_row(number, cause) for number, cause in enumerate(self.causes, 1)]
        table = h("table", h("caption", words["causes"]), head(words, columns), *rows, class_="sortable causes")
        untold = h("p", words.told("untold", count=self.report.untold), class_="note") if self.report.untold else None
        section = h("section", h("h2", words["causes"]), h("div", table, class_="wide"), self._legend(), untold)
        return [section, self._filter()]

    def _cause_row(self, nth: int, cause: Cause) -> Element:
        link = h("a", _field(cause), cause.explanation.wrong, href=f"#cause-{nth}")
        counts = (number(self.words, each) for each in (len(cause.findings), cause.forms))
        cells = (h("th", link, scope="row"), h("td", h("code", cause.code), class_="code"), h("td", badge(cause.anomaly_class)))
        return h("tbody", h("tr", *cells, *counts))

    def _legend(self) -> Element:
        known = {each: f"class-{each}" for each in self._classes() if f"class-{each}" in self.words.texts}
        items = (h("div", h("dt", badge(each)), h("dd", self.words[key])) for each, key in known.items())
        return h("dl", *items, class_="legend")

    def _classes(self) -> list[str]:
        return list(dict.fromkeys(cause.anomaly_class for cause in self.causes))

    def _filter(self) -> Element:
        """Shown by the script alone, since it does nothing without it."""
        words = self.words
        options = [h("option", words["filter-all"], value="")] + [
            h("option", each, value=each) for each in self._classes()
        ]
        return h(
            "form",
            h("label", words["filter"], " ", h("input", type="search", autocomplete="off")),
            h("label", words["filter-class"], " ", h("select", *options)),
            h("output", aria_live="polite", data_words=words["filter-shown"]),
            id="filter",
            role="search",
            hidden="hidden",
        )

    def _section(self, nth: int, cause: Cause) -> Element:
        words, told, count = self.words, cause.explanation, len(cause.findings)
        pairs = [("findings", count), ("forms", cause.forms)] if self.report.forms else [("findings", count)]
        facts = "".join(" · " + words.told("pair", name=words[key], value=value) for key, value in pairs)
        explained = any(self._excerpt(finding) is not None for finding in cause.findings[:MOST_EXCERPTS])
        rows = "capped-rows" if self.report.origin is Origin.CHECK else "capped-answer"
        return h(
            "section",
            h("h2", _field(cause), told.wrong),
            h("p", badge(cause.anomaly_class), " ", h("code", cause.code), facts, class_="facts"),
            h("p", h("strong", words["mend"]), " ", told.mend, class_="mend") if told.mend else None,
            h("div", self._table(cause), class_="wide"),
            capped(words, rows, MOST_ROWS, count),
            capped(words, "capped-excerpts", MOST_EXCERPTS, count) if explained else None,
            id=f"cause-{nth}",
            class_="cause",
            data_class=cause.anomaly_class,
        )

    def _table(self, cause: Cause) -> Element:
        columns = [("file", "")] if self.many else []
        columns += [("form", "count"), ("where", ""), ("place", "count"), ("value", "")]
        rows = [self._entry(nth, finding, len(columns)) for nth, finding in enumerate(cause.findings[:MOST_ROWS])]
        caption = h("caption", cause.explanation.wrong)
        return h("table", caption, head(self.words, columns), *rows, class_="sortable findings")

    def _entry(self, nth: int, finding: Finding, columns: int) -> Element:
        """One finding as a body of its own, so that its excerpt stays with it when the table is sorted."""
        excerpt = self._excerpt(finding) if nth < MOST_EXCERPTS else None
        place = "" if finding.line is None else f"{finding.line} : {finding.column}"
        absent = finding.value is None or not finding.value
        cells = (
            self._file(finding),
            h("td", "" if finding.form is None else str(finding.form), class_="count"),
            h("td", keys(finding.path, self.known.name)),
            h("td", place, class_="count", data_sort=_sortable(finding)),
            h("td", self.words["absent"], class_="absent") if absent else h("td", h("code", finding.value)),
        )
        below = None if excerpt is None else h("tr", h("td", excerpt, colspan=str(columns)), class_="shows")
        return h("tbody", h("tr", *cells), below)

    def _file(self, given: Finding | RefusedForm) -> Element | None:
        return h("td", h("code", Path(given.file).name), class_="file") if self.many else None

    def _excerpt(self, finding: Finding) -> Element | None:
        lines = self.known.excerpts.get((finding.file, finding.line or 0, finding.column or 0))
        return figure(self.words.told("excerpt", line=str(finding.line)), lines) if lines else None

    def _forms(self) -> Element | None:
        refused, words = self.report.refusals, self.words
        if not refused:
            return None
        paths = {(each.file, each.form): each.path for each in self.report.findings}
        rows = [self._form_row(each, paths.get((each.file, each.form), {})) for each in refused[:MOST_FORMS]]
        columns = [("form", "count"), *([("file", "")] if self.many else []), ("employer", ""), ("why", "")]
        table = h("table", h("caption", words["forms-refused"]), head(words, columns), *rows, class_="sortable forms")
        note = capped(words, "capped-forms", MOST_FORMS, len(refused))
        return h("section", h("h2", words["forms-refused"]), h("div", table, class_="wide"), note)

    def _form_row(self, form: RefusedForm, path: Mapping[str, str]) -> Element:
        own = {tag: key for tag, key in path.items() if tag in self.known.heads}
        why = "; ".join(diagnosis(each, self.words) for each in form.diagnoses)
        first = h("th", str(form.form), scope="row", class_="count")
        return h("tbody", h("tr", first, self._file(form), h("td", keys(own, self.known.name)), h("td", why)))


def _field(cause: Cause) -> Element | None:
    return h("span", cause.explanation.field, class_="field") if cause.explanation.field else None


def _sortable(finding: Finding) -> str:
    return "" if finding.line is None else f"{finding.line}.{finding.column or 0:09d}"
