"""What is wrong with a declaration, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AnomalyClass(StrEnum):
    """What an anomaly causes (glossary zone 00497)."""

    BLOCKING = "B"
    PERCENTAGE = "P"
    NON_PERCENTAGE = "NP"
    DEDUCTION = "D"
    WARNING = "W"
    INVESTIGATION = "I"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One finding on one form.

    code       zone or block number and error type of annex 30: `00024-004`
    anomaly_class  what it causes
    check      which kind of check found it: `schema`, `identifiers`, `rules`
    control    the id of the control, or of the kind of schema fault
    form       the form's number in its file, from 1
    tag        the element's name in the file
    value      the text found there; None where the element is absent or has children
    location   the child-index path from the root: (1, 1, 8, 4, 13)
    path       the business keys on the way to it, in the answer's order: (("Quarter", "20231"), ...)
    line, column  of the element's start tag in the file, both from 1; None where not located yet
    """

    code: str
    anomaly_class: AnomalyClass
    check: str
    control: str
    form: int
    tag: str
    value: str | None
    location: tuple[int, ...]
    path: tuple[tuple[str, str], ...] = ()
    line: int | None = None
    column: int | None = None
