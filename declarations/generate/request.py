"""What can be asked of the generator, and what it tells about the document it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from declarations.errors import Configuration

SCHEMAS = ("20223", "20224", "20231")
"""The versions of DmfAOriginal that the generator knows, oldest first."""

MOST_EMPLOYERS = 1_000_000

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "wrong-inss-check-digit": "00024-004: the last digit of a person's INSS is another one",
        "wrong-noss-check-digit": "00011-004: the last digit of the employer's NSSO number is another one",
        "wrong-company-check-digit": "00014-004: the last digit of the enterprise number is another one",
        "wrong-local-unit-check-digit": "00042-004: the last digit of an occupation's unit is another one",
        "same-person-twice": "90017-006: the second person of the form has the INSS of the first",
        "same-person-in-two-forms": "90017-006: this form and the one before share employer, quarter and a person",
        "net-amount-off-by-a-cent": "00015-007: the net amount is one cent more than its formula gives",
        "quarter-in-the-future": "00013-008: the quarter is the one a year after the form's creation",
        "period-outside-quarter": "00038-008: a worker record starts a year before its quarter",
        "end-before-start": "00045-014: an occupation ends ten days before it starts, both within the quarter",
        "missing-element": "00040-001: a worker record has no Border",
        "unknown-element": "90012-092: a worker record has an element Remark that no schema knows",
        "element-out-of-order": "00037-091: WorkerCode stands before EmployerClass",
        "letters-in-a-number": "00047-002: WorkingDaysSystem is 5OO, with letters",
        "value-outside-list": "00051-008: ReorganisationMeasure is 999",
        "too-long": "00615-093: NaturalPersonUserReference has 21 characters",
        "not-well-formed": "the end tag of an INSS has another name: the file as a whole cannot be read",
    }
)
"""Faults by name, with the anomaly that a control should find and how the form is bent."""

SCHEMA_FAULTS = frozenset(
    {
        "missing-element",
        "unknown-element",
        "element-out-of-order",
        "letters-in-a-number",
        "value-outside-list",
        "too-long",
    }
)
"""The faults that the schema finds; the others leave the document valid, `not-well-formed` leaves no document."""


@dataclass(frozen=True, slots=True)
class Request:
    """One synthetic document: the same request gives the same bytes.

    seed        any whole number
    employers   how many forms, at most a million
    persons     how many natural persons in all; with fewer than employers, some forms have none
    quarter     the declared quarter, `20231`
    schema      the version named in the document, `20231`; None for the newest one not after the quarter
    faults      pairs of a name of `FAULTS` and how many forms get it; a form gets at most one
    created_on  the day in FormCreationDate
    indent      with a line per element and tabs, or in one line
    quarters    several quarters that the employers take in turn, instead of `quarter`
    """

    seed: int = 1
    employers: int = 10
    persons: int = 100
    quarter: str = "20231"
    schema: str | None = None
    faults: tuple[tuple[str, int], ...] = ()
    created_on: date = date(2023, 4, 20)
    indent: bool = True
    quarters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Configuration where no document can be made of it."""
        if not 1 <= self.employers <= MOST_EMPLOYERS:
            raise Configuration(f"employers is {self.employers}: expected 1 to {MOST_EMPLOYERS}")
        if self.persons < 0:
            raise Configuration(f"persons is {self.persons}: expected 0 or more")
        for quarter in self.declared:
            if not (len(quarter) == 5 and quarter.isdecimal() and quarter[4] in "1234" and quarter >= "20031"):
                raise Configuration(f"quarter is {quarter!r}: expected a year and 1 to 4, from 20031 on")
        if self.schema is not None and self.schema not in SCHEMAS:
            raise Configuration(f"schema is {self.schema!r}: expected one of {', '.join(SCHEMAS)}")
        for name, count in self.faults:
            if name not in FAULTS or count < 0:
                raise Configuration(f"fault {name!r} times {count}: expected one of {', '.join(FAULTS)}")

    @property
    def declared(self) -> tuple[str, ...]:
        """The quarters that the employers take in turn."""
        return self.quarters or (self.quarter,)

    @property
    def version(self) -> str:
        """The schema version that the document names."""
        return self.schema or schema_of(max(self.declared))


@dataclass(frozen=True, slots=True)
class Placed:
    """A fault in the document: its name, and the form's number in the file from 1."""

    fault: str
    form: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    forms: int
    persons: int
    bytes: int
    faults: tuple[Placed, ...]  # by form


def schema_of(quarter: str) -> str:
    """The newest known schema version that is not after the quarter, else the oldest."""
    return max((schema for schema in SCHEMAS if schema <= quarter), default=SCHEMAS[0])
