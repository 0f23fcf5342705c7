"""What the schema finds wrong in a form: one finding for each thing, with its number, type and place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from declarations.families import families
from tests.family.documents import element, form
from validators.schema import Fault

SCHEMA = families()[0].versions()[-1].schema
Change = Callable[[etree._Element], None]


def found(change: Change) -> list[Fault]:
    """The faults of a form after a change."""
    document = form()
    change(document)
    return SCHEMA.faults(document)


def brief(faults: list[Fault]) -> list[tuple[str | None, str, str]]:
    """Number, error type and tag of each."""
    return [(fault.number, fault.kind, fault.tag) for fault in faults]


def text(tag: str, value: str) -> Change:
    """Give an element another text."""

    def change(document: etree._Element) -> None:
        next(document.iter(tag)).text = value

    return change


def out(tag: str) -> Change:
    """Take an element out."""

    def change(document: etree._Element) -> None:
        gone = next(document.iter(tag))
        gone.getparent().remove(gone)

    return change


def into(parent: str, place: int, child: etree._Element) -> Change:
    """Put a child into an element."""

    def change(document: etree._Element) -> None:
        next(document.iter(parent)).insert(place, child)

    return change


def moved(tag: str, place: int) -> Change:
    """Move an element to another place under its parent."""

    def change(document: etree._Element) -> None:
        child = next(document.iter(tag))
        parent = child.getparent()
        parent.remove(child)
        parent.insert(place, child)

    return change


def test_a_valid_form_has_no_faults() -> None:
    assert SCHEMA.faults(form()) == []


@pytest.mark.parametrize(
    ("change", "number", "kind", "tag"),
    [
        (text("INSS", "8507309010A"), "00024", "002", "INSS"),
        (text("INSS", "850730901"), "00024", "093", "INSS"),
        (text("NaturalPersonSequenceNbr", "12345678"), "00023", "093", "NaturalPersonSequenceNbr"),
        (text("RemunAmount", "12.50"), "00070", "002", "RemunAmount"),
        (text("Quarter", "20235"), "00013", "003", "Quarter"),
        (text("OccupationStartingDate", "2023-04-31"), "00044", "003", "OccupationStartingDate"),
        (text("OccupationStartingDate", ""), "00044", "003", "OccupationStartingDate"),
        (text("JointCommissionNbr", "100,01"), "00046", "003", "JointCommissionNbr"),
        (text("WorkingDaysSystem", "701"), "00047", "008", "WorkingDaysSystem"),
        (text("TypeForm", "FA"), "00297", "008", "TypeForm"),
        (text("FormCreationHour", "08:45:00"), "00299", "003", "FormCreationHour"),
        (text("NOSSRegistrationNbr", "199999935"), "00011", "004", "NOSSRegistrationNbr"),
        (out("Retired"), "00054", "001", "Retired"),
        (out("WorkerRecord"), "90012", "134", "WorkerRecord"),
        (into("NaturalPerson", 2, element("SIS", "1")), "00167", "005", "SIS"),
        (into("NaturalPerson", 2, element("INSS", "85073090102")), "00024", "090", "INSS"),
        (into("NaturalPerson", 2, element("Inss", "85073090102")), "90017", "092", "Inss"),
        (into("Remun", 1, element("Service")), "90019", "092", "Service"),
        (into("INSS", 0, element("Digit")), "00024", "146", "INSS"),
        (into("WorkerRecord", 6, element("StudentContribution")), "90003", "146", "StudentContribution"),
        (moved("TypeForm", 1), "00297", "091", "TypeForm"),
        (moved("FormCreationDate", 3), "00218", "091", "FormCreationDate"),
        (moved("Retired", 2), "00054", "091", "Retired"),
        (moved("OccupationStartingDate", 6), "00044", "091", "OccupationStartingDate"),
    ],
)
def test_one_fault_is_found_as_one_with_its_number_and_type(change: Change, number: str, kind: str, tag: str) -> None:
    assert brief(found(change)) == [(number, kind, tag)]


def test_an_attribute_is_not_admitted() -> None:
    faults = found(lambda document: next(document.iter("NaturalPerson")).set("lang", "nl"))
    assert brief(faults) == [("90017", "146", "NaturalPerson")]


def test_text_between_the_elements_of_a_block_is_not_admitted() -> None:
    def change(document: etree._Element) -> None:
        next(document.iter("Quarter")).tail = "here"

    assert brief(found(change)) == [("90007", "146", "EmployerDeclaration")]


def test_another_root_is_unknown() -> None:
    assert brief(SCHEMA.faults(etree.fromstring("<DmfAUpdate><Form/></DmfAUpdate>"))) == [
        ("90169", "089", "DmfAUpdate")
    ]


def test_the_location_is_the_way_down_from_the_root() -> None:
    (fault,) = found(text("RemunAmount", "x"))
    assert fault.location == (1, 1, 6, 6, 3, 6, 10, 3)
    assert fault.value == "x"


def test_a_missing_child_has_its_own_number_and_its_parents_place() -> None:
    (fault,) = found(out("RemunCode"))
    assert (fault.number, fault.tag, fault.value, fault.location) == (
        "00067",
        "RemunCode",
        None,
        (1, 1, 6, 6, 3, 6, 10),
    )


def test_a_fault_says_what_was_expected() -> None:
    expected = {fault.tag: fault.expected for fault in found(lambda document: many(document))}
    assert expected == {
        "TypeForm": "TypeForm in Form",
        "INSS": r"the pattern \d{11}",
        "WorkingDaysSystem": "at most 700",
        "OccupationStartingDate": "a date, YYYY-MM-DD",
        "Unknown": "only children of Remun that the schema knows",
    }


def many(document: etree._Element) -> None:
    """Break five things on five levels; each structural one hides what lies below or behind it."""
    for change in (
        out("TypeForm"),
        text("INSS", "1"),
        text("WorkingDaysSystem", "701"),
        text("OccupationStartingDate", "31/12/2020"),
        into("Remun", 0, element("Unknown", "1")),
    ):
        change(document)


def test_a_structural_fault_hides_no_other_fault() -> None:
    assert len(found(many)) == 5


def test_judging_leaves_the_document_as_it_is() -> None:
    document = form()
    many(document)
    before = etree.tostring(document)
    SCHEMA.faults(document)
    assert etree.tostring(document) == before


def test_faults_of_an_earlier_document_are_forgotten() -> None:
    assert SCHEMA.faults(etree.fromstring("<DmfAOriginal/>"))
    assert SCHEMA.faults(form()) == []


def test_every_error_type_that_replaces_another_names_a_zone_or_block_of_the_schema() -> None:
    numbers = set()
    waiting = [SCHEMA.shape]
    while waiting:
        each = waiting.pop()
        numbers |= {each.number, *(child.number for child in each.forbidden)}
        waiting += [use.element for use in each.uses()]
    assert {number for number, _ in families()[0].error_types} <= numbers


def test_each_of_a_thousand_broken_persons_is_told() -> None:
    document = form()
    employer = next(document.iter("EmployerDeclaration"))
    person = next(document.iter("NaturalPerson"))
    person.remove(person[1])
    for _ in range(999):
        employer.append(etree.fromstring(etree.tostring(person)))
    faults = SCHEMA.faults(document)
    assert brief(faults) == [("00024", "001", "INSS")] * 1000
