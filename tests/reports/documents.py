"""Reports for the tests: of synthetic declarations with faults, and of findings made by hand."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from declarations.checking import Finding, check
from declarations.generate import Request, write
from declarations.reports.report import Origin, Outcome, Report, checked
from validators.catalogue import Explanation, Language

TODAY = date(2023, 4, 30)
FAULTS = (
    ("wrong-inss-check-digit", 3),
    ("missing-element", 1),
    ("net-amount-off-by-a-cent", 1),
    ("too-long", 1),
)


@cache
def faulty() -> Path:
    """A file of eight forms, of which six have a fault."""
    file = Path(mkdtemp(prefix="declarations-reports-")) / "declaration.xml"
    with file.open("wb") as destination:
        write(Request(seed=7, employers=8, persons=24, quarter="20224", faults=FAULTS), destination)
    return file


@cache
def report(language: Language = Language.ENGLISH) -> Report:
    """What `check` finds in it."""
    return checked([check([faulty()], TODAY, language=language)])


def finding(**given: object) -> Finding:
    """A finding with these values, and harmless others."""
    values: dict[str, object] = {
        "file": "declaration.xml",
        "form": 1,
        "check": "rules",
        "control": "",
        "code": "00024-004",
        "anomaly_class": "B",
        "tag": "INSS",
        "path": {"Quarter": "20224"},
        "line": 3,
        "column": 5,
        "value": "1",
        "explanation": Explanation("Person (INSS)", "It is wrong.", "Mend it."),
    }
    return Finding(**(values | given))  # type: ignore[arg-type]


def of(*findings: Finding, origin: Origin = Origin.CHECK) -> Report:
    """A report of these findings, all in one file whose forms are refused."""
    return Report(origin, Outcome.REFUSED, ("declaration.xml",), 1, 0, findings, ())
