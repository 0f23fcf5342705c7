"""What libxml2 says of one element, as the error type of annex 30 and what was expected instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from validators.content import Base, Element, digit_lengths

ABSENT = "001"
NOT_NUMERIC = "002"
INVALID = "003"
FORBIDDEN = "005"
REPEATED = "006"
OUT_OF_DOMAIN = "008"
UNKNOWN_ROOT = "089"
OCCURRENCES = "090"
ORDER = "091"
UNKNOWN = "092"
LENGTH = "093"
NOT_ADMITTED = "146"

Location = tuple[int, ...]
"""The child-index path of an element, the root (1,)."""


class EngineFault(Exception):
    """The engine failed: the document is neither valid nor invalid."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the schema finds wrong.

    number    of the zone or block; of the parent where the element is unknown; None where the schema has none
    kind      the error type of annex 30, three digits
    tag       the element's, or the missing child's, without namespace
    value     the text that stands there; None where the element is absent or has children
    location  of the element, or of the parent whose child is missing
    expected  what the schema expects there, in a few words
    """

    number: str | None
    kind: str
    tag: str
    value: str | None
    location: Location
    expected: str


@dataclass(frozen=True, slots=True)
class Report:
    """One line of libxml2's log: the error type without its `XML_`, the XPath of the node, the text."""

    type: str
    path: str
    message: str


_LEXICAL = "SCHEMAV_CVC_DATATYPE_VALID"
_PATTERN = "SCHEMAV_CVC_PATTERN_VALID"
_ANY_FACET = "SCHEMAV_CVC_FACET_VALID"
_LENGTHS = frozenset(f"SCHEMAV_CVC_{each}_VALID" for each in ("LENGTH", "MINLENGTH", "MAXLENGTH"))
_DIGITS = frozenset(f"SCHEMAV_CVC_{each}_VALID" for each in ("TOTALDIGITS", "FRACTIONDIGITS"))
_BOUNDS = frozenset(
    f"SCHEMAV_CVC_{bound}{kind}_VALID" for bound in ("MIN", "MAX") for kind in ("INCLUSIVE", "EXCLUSIVE")
)
_VALUES = frozenset({"SCHEMAV_CVC_ENUMERATION_VALID", "SCHEMAV_CVC_ELT_5_2_2_2_1", "SCHEMAV_CVC_ELT_5_2_2_2_2"})
_KEYS = "SCHEMAV_CVC_IDC"
_CVC = "SCHEMAV_CVC_"

_LIMITS = (
    ("is not an element of the set ", "one of "),
    ("is not accepted by the pattern ", "the pattern "),
    ("is less than the minimum value allowed ", "at least "),
    ("is greater than the maximum value allowed ", "at most "),
    ("must be greater than ", "more than "),
    ("must be less than ", "less than "),
    ("has more digits than are allowed ", "no more digits than "),
    ("has more fractional digits than are allowed ", "no more decimals than "),
    ("this exceeds the allowed maximum length of ", "no longer than "),
    ("this underruns the allowed minimum length of ", "no shorter than "),
    ("this differs from the allowed length of ", "a length of "),
)
_LEXICAL_FORMS = {
    Base.INTEGER: "a whole number",
    Base.DECIMAL: "a number",
    Base.DATE: "a date, YYYY-MM-DD",
    Base.BOOLEAN: "true or false",
    Base.OTHER: "a value of its type",
    Base.NONE: "child elements only",
}


def verdict(element: Element, text: str, reports: Sequence[Report]) -> tuple[str, str]:
    """The most telling of the reports on one element: its error type, and what was expected.

    Raises EngineFault for a report that is none on validity.
    """
    judged = sorted((_rank(report), _kind(element, text, report), _expected(element, report)) for report in reports)
    return judged[0][1:]


def _rank(report: Report) -> int:
    order = (_LEXICAL, _DIGITS | _LENGTHS, _PATTERN, _VALUES | _BOUNDS, _KEYS)
    for rank, types in enumerate(order):
        if report.type in types or (report.type.startswith(_LEXICAL) and rank == 0):
            return rank
    return len(order)


def _kind(element: Element, text: str, report: Report) -> str:
    if report.type.startswith(_LEXICAL):
        return NOT_NUMERIC if element.base in {Base.INTEGER, Base.DECIMAL} else INVALID
    if report.type == _PATTERN:
        return _pattern_kind(element, text)
    if report.type in _LENGTHS | _DIGITS:
        return LENGTH
    if report.type in _VALUES | _BOUNDS:
        return OUT_OF_DOMAIN
    if report.type == _KEYS:
        return REPEATED
    if report.type == _ANY_FACET:
        return INVALID
    if report.type.startswith(_CVC):
        return NOT_ADMITTED  # an attribute, text between blocks, children in a zone, xsi:type, xsi:nil
    raise EngineFault(f"libxml2 reports {report.type}, which is no verdict on {element.name}")


def _pattern_kind(element: Element, text: str) -> str:
    """A number that breaks its pattern is no plain number, has not as many digits as asked for, or is odd."""
    if element.base is not Base.INTEGER:
        return INVALID
    if not (text.isascii() and text.isdigit()):
        return NOT_NUMERIC
    lengths = digit_lengths(element.pattern or "")
    return INVALID if lengths is None or len(text) in lengths else LENGTH


def _expected(element: Element, report: Report) -> str:
    for phrase, words in _LIMITS:
        _, found, limit = report.message.rpartition(phrase)
        if found:
            return words + limit.removesuffix(".").removeprefix("(").removesuffix(")").strip("'")
    if report.type.startswith(_LEXICAL):
        return _LEXICAL_FORMS[element.base]
    if report.type.startswith("SCHEMAV_CVC_COMPLEX_TYPE_3") or report.type == "SCHEMAV_CVC_TYPE_3_1_1":
        return "no such attribute"
    return _LEXICAL_FORMS[Base.NONE] if element.base is Base.NONE else "a plain value"
