"""What an answer says, an ACRF or a NOTI of ours or of the authority, as a report in the reader's language."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree

from declarations.checking import Finding, RefusedForm
from declarations.families import Family, families
from declarations.reports.report import Origin, Outcome, Report, outcome
from declarations.stages.validate import survey
from validators.catalogue import Catalogue, Explanation, Language, catalogue
from validators.envelope import Limits, parser, well_formed

POSITIVE = "1"
Home = tuple[str, int]
"""The file that a form came in, and its number there, from 1."""


def answered(answer: Path, language: Language, files: Sequence[Path] = ()) -> Report | None:
    """What that FO file says; None where it is neither an ACRF nor a NOTI.

    With the files that it answers, in the order of their parts, findings name the place in them.
    """
    with answer.open("rb") as source:
        if well_formed(source, Limits(max_bytes=sys.maxsize)) is not None:
            return None
        source.seek(0)
        root = etree.parse(source, parser()).getroot()
    if root.tag == "ACRF":
        return _acrf(root, answer, language)
    return _Noti(root, answer, language, files).report() if root.tag == "NOTIFICATION" else None


def _acrf(root: etree._Element, answer: Path, language: Language) -> Report:
    texts = catalogue(language)
    subject = _text(root, ".//FileReference/FileName") or answer.name
    codes = [(each.text or "").strip() for each in root.iterfind(".//ReceptionResult/ErrorID")]
    findings = tuple(_reception(subject, code, texts) for code in codes)
    received = _text(root, ".//ReceptionResult/ResultCode") == POSITIVE
    return Report(Origin.ANSWER, Outcome.RECEIVED if received else Outcome.UNPROCESSED, (subject,), 0, 0, findings, ())


def _reception(file: str, code: str, texts: Catalogue) -> Finding:
    told = texts.reception(code.removeprefix("ACRF-"))
    return Finding(file, None, "reception", "", code, "B", "", {}, None, None, None, told)


class _Noti:
    """A NOTI being read: leniently, since an authority's may be of a later version than ours."""

    def __init__(self, root: etree._Element, answer: Path, language: Language, files: Sequence[Path]) -> None:
        self.forms = root.findall("Form")
        self.subject = _text(root, ".//FileReference/FileName") or answer.name
        family = _family(root, self.subject)
        folder = None if family is None else family.folder
        self.texts = catalogue(language, folder)
        self.others = [catalogue(each, folder) for each in Language]
        self.known: dict[tuple[str, str, str], Explanation] = {}
        self.homes = _homes(files, family, len(self.forms)) or [
            (self.subject, nth + 1) for nth in range(len(self.forms))
        ]

    def report(self) -> Report:
        findings = tuple(
            finding for form, home in zip(self.forms, self.homes, strict=True) for finding in self.findings(form, home)
        )
        refusals = tuple(
            RefusedForm(*home, tuple((each.text or "").strip() for each in form.iterfind("HandlingResult/Diagnosis")))
            for form, home in zip(self.forms, self.homes, strict=True)
            if _text(form, "HandlingResult/ResultCode") != POSITIVE
        )
        accepted = len(self.forms) - len(refusals)
        return Report(
            origin=Origin.ANSWER,
            outcome=outcome(len(self.forms), accepted),
            subjects=(self.subject,),
            forms=len(self.forms),
            accepted=accepted,
            findings=findings,
            refusals=refusals,
            untold=sum(_untold(form) for form in self.forms),
        )

    def findings(self, form: etree._Element, home: Home) -> Iterator[Finding]:
        for report in form.iterfind("HandlingResult/AnomalyReport"):
            code = _text(report, "ErrorID") or ""
            tag = _text(report, "TagName") or self.texts.numbers.get(code.partition("-")[0], "")
            value = report.find("Value")
            yield Finding(
                file=home[0],
                form=home[1],
                check="answer",
                control="",
                code=code,
                anomaly_class=_text(report, "AnomalyClass") or "",
                tag=tag,
                path={str(key.tag): (key.text or "").strip() for key in report.iterfind("Path/*")},
                line=_whole(report, "AnomalyLocation/LineNbr"),
                column=_whole(report, "AnomalyLocation/ColumnNbr"),
                value=None if value is None else value.text or "",
                explanation=self.explanation(code, tag, _text(report, "AnomalyLabel") or ""),
            )

    def explanation(self, code: str, tag: str, label: str) -> Explanation:
        """Our words for it; the answer's own where we have none for its error type."""
        if (code, tag, label) not in self.known:
            told = self.texts.anomaly(code, tag, self.control(code, tag, label))
            ours = told.wrong != code or not label
            self.known[code, tag, label] = told if ours else Explanation(told.field, label, "")
        return self.known[code, tag, label]

    def control(self, code: str, tag: str, label: str) -> str:
        """The control whose words the label is, in any language: a NOTI has no place for its id."""
        for texts in self.others:
            for control in texts.controls:
                if label and str(texts.anomaly(code, tag, control))[:500] == label:
                    return control
        return ""


def _family(root: etree._Element, subject: str) -> Family | None:
    identification = _text(root, ".//HandledOriginalForm/Identification")
    about = subject.split(".")[1:2]
    known = families()
    return next((each for each in known if each.identification == identification or [each.object] == about), None)


def _homes(files: Sequence[Path], family: Family | None, forms: int) -> list[Home] | None:
    """Where each form of the answer came from; None where the files do not have as many forms."""
    homes: list[Home] = []
    for file in files:
        with file.open("rb") as source:
            found = 0 if family is None else survey(source, family.form).forms
        homes += [(str(file), nth + 1) for nth in range(found)]
    return homes if len(homes) == forms else None


def _untold(form: etree._Element) -> int:
    summary = form.find("ApplicationData/AnomalySummary")
    if summary is None:
        return 0
    return (_whole(summary, "Total") or 0) - (_whole(summary, "Reported") or 0)


def _whole(element: etree._Element, path: str) -> int | None:
    text = _text(element, path)
    return int(text) if text and text.isascii() and text.isdigit() else None


def _text(element: etree._Element, path: str) -> str | None:
    found = element.find(path)
    return None if found is None or found.text is None else found.text.strip()
