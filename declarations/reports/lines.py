"""A report as lines for the terminal, one finding a line as compilers print them."""

from __future__ import annotations

from collections.abc import Iterator

from declarations.checking import Finding
from declarations.pages.words import Words
from declarations.reports.report import Outcome, Report

BLOCKED = "3"
"""The diagnosis that findings of class B give: they stand in the lines above."""


def lines(report: Report, words: Words) -> Iterator[str]:
    """Each finding with the keys that lead to it, then what became of the files."""
    for finding in report.findings:
        yield _line(finding, words)
        if finding.path:
            yield "    " + " ".join(f"{tag}={key}" for tag, key in finding.path.items())
    for form in report.refusals:
        if not set(form.diagnoses) - {BLOCKED}:
            continue
        why = "; ".join(diagnosis(code, words) for code in form.diagnoses)
        yield words["form-line"].format(file=form.file, form=form.form, state=words["refused"], why=why)
    if report.untold:
        yield words.told("untold", count=report.untold)
    yield _verdict(report, words)


def diagnosis(code: str, words: Words) -> str:
    """Why a form was refused (glossary, zone 00232)."""
    key = f"diagnosis-{code}"
    return words[key] if key in words.texts else words.told("diagnosis-other", code=code)


def _line(finding: Finding, words: Words) -> str:
    place = "" if finding.line is None else f":{finding.line}:{finding.column}"
    value = "" if finding.value is None else " " + words["found"].format(value=finding.value)
    return f"{finding.file}{place}: {finding.code} {finding.anomaly_class} {finding.text}{value}"


def _verdict(report: Report, words: Words) -> str:
    names = ", ".join(report.subjects)
    if report.outcome in {Outcome.RECEIVED, Outcome.UNPROCESSED}:
        return words[f"verdict-{report.outcome}"].format(names=names)
    state = words["accepted" if report.outcome is Outcome.ACCEPTED else "refused"]
    return words.told("verdict", names=names, state=state, accepted=report.accepted, forms=report.forms)
