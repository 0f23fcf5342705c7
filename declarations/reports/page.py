"""A report as one page of HTML that a payroll clerk can read, sort, filter and print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from declarations.checking import RefusedForm
from declarations.pages.html import h
from declarations.pages.whole import dress, standalone
from declarations.pages.words import Words
from declarations.reports.cells import badge, capped, head, keys, number
from declarations.reports.lines import diagnosis
from declarations.reports.report import Cause, Report, causes
from declarations.reports.sections import Knowledge, Sections, field

ROOM = "declarations.reports"
MOST_FORMS = 200
"""Refused forms listed."""
FEW = 5
"""Findings that need no filter."""


def page(report: Report, known: Knowledge, words: Words, day: date) -> str:
    """The page as text."""
    body = _Page(report, known, words).body(day)
    worn = dress(ROOM, "script.js")
    return standalone(words.language, words[f"title-{report.origin}"], body, worn)


class _Page:
    def __init__(self, report: Report, known: Knowledge, words: Words) -> None:
        self.report = report
        self.known = known
        self.words = words
        self.causes = causes(report.findings)
        files = [each.file for each in report.findings] + [each.file for each in report.refusals]
        self.many = len(set(files)) > 1

    def body(self, day: date) -> Element:
        writer = Sections(self.report, self.known, self.words, self.many)
        sections = (writer.section(*each) for each in enumerate(self.causes, 1))
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
        columns = [("cause", ""), ("code", ""), ("class", ""), ("findings", "count")]
        columns += [("forms", "count")] if self.report.forms else []
        rows = [self._cause_row(number, cause) for number, cause in enumerate(self.causes, 1)]
        table = h("table", h("caption", words["causes"]), head(words, columns), *rows, class_="sortable causes")
        untold = h("p", words.told("untold", count=self.report.untold), class_="note") if self.report.untold else None
        section = h(
            "section",
            h("h2", words["causes"]),
            h("div", table, class_="wide"),
            self._legend() if self.report.forms else None,
            untold,
        )
        return [section, self._filter()] if len(self.report.findings) > FEW else [section]

    def _cause_row(self, nth: int, cause: Cause) -> Element:
        link = h("a", field(cause), cause.explanation.wrong, href=f"#cause-{nth}")
        counts = [number(self.words, len(cause.findings))]
        counts += [number(self.words, cause.forms)] if self.report.forms else []
        code = h("td", h("code", cause.code), class_="code")
        cells = (h("th", link, scope="row"), code, h("td", badge(cause.anomaly_class)))
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
        file = h("td", h("code", Path(form.file).name), class_="file") if self.many else None
        return h("tbody", h("tr", first, file, h("td", keys(own, self.known.name)), h("td", why)))
