"""Faults of named kinds: each breaks what it says, in the forms it names, and nothing else."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable

import pytest
from lxml import etree

from declarations.errors import Configuration
from declarations.generate import FAULTS, SCHEMA_FAULTS, Request, write
from tests.generate.documents import content, owed, schema, texts
from validators.identifiers import company_valid, inss_valid, local_unit_valid, noss_valid

HEADS = {"same-person-in-two-forms", "quarter-in-the-future"}
BUSINESS_FAULTS = sorted(set(FAULTS) - SCHEMA_FAULTS - {"not-well-formed"})


def bent(fault: str, indent: bool = True) -> tuple[bytes, list[int]]:
    """A document with that fault in three forms, and the places of these forms from 0."""
    destination = io.BytesIO()
    request = Request(seed=8, employers=40, persons=300, faults=((fault, 3),), indent=indent)
    summary = write(request, destination)
    assert [one.fault for one in summary.faults] == [fault] * 3
    return destination.getvalue(), [one.form - 1 for one in summary.faults]


def invalid_forms(root: etree._Element) -> list[int]:
    """The places of the forms that are invalid on their own."""
    judge = schema("20231")
    found = []
    for place, form in enumerate(list(root)):
        alone = etree.Element("DmfAOriginal")
        alone.append(form)
        if not judge.validate(alone):
            found.append(place)
    return found


def forms_where(root: etree._Element, wrong: Callable[[etree._Element], bool]) -> list[int]:
    return [place for place, form in enumerate(root) if wrong(form)]


def has(path: str, valid: Callable[[str], bool]) -> Callable[[etree._Element], bool]:
    """Whether exactly one text there is not valid."""
    return lambda form: [valid(text) for text in texts(form, path)].count(False) == 1


def persons(form: etree._Element) -> list[str]:
    return texts(form, ".//NaturalPerson/INSS")


def ends_before_start(form: etree._Element) -> bool:
    occupations = form.iterfind(".//Occupation[OccupationEndingDate]")
    return any(
        (each.findtext("OccupationEndingDate") or "") < (each.findtext("OccupationStartingDate") or "")
        for each in occupations
    )


WRONG: dict[str, Callable[[etree._Element], bool]] = {
    "wrong-inss-check-digit": has(".//NaturalPerson/INSS", inss_valid),
    "wrong-noss-check-digit": has(".//NOSSRegistrationNbr", noss_valid),
    "wrong-company-check-digit": has(".//CompanyID", lambda number: number == "0" or company_valid(number)),
    "wrong-local-unit-check-digit": has(".//LocalUnitID", local_unit_valid),
    "same-person-twice": lambda form: len(persons(form)) == len(set(persons(form))) + 1,
    "net-amount-off-by-a-cent": lambda form: int(form.findtext(".//NetOwedAmount") or -1) == owed(form) + 1,
    "quarter-in-the-future": lambda form: (form.findtext(".//Quarter") or "") == "20242",
    "period-outside-quarter": has(".//NOSSQuarterStartingDate", lambda day: day >= "2023"),
    "end-before-start": ends_before_start,
}


@pytest.mark.parametrize("indent", [True, False], ids=["laid out", "in one line"])
@pytest.mark.parametrize("fault", sorted(SCHEMA_FAULTS))
def test_a_fault_of_the_schema_makes_its_forms_invalid_and_no_other(fault: str, indent: bool) -> None:
    document, places = bent(fault, indent)
    assert invalid_forms(etree.fromstring(document)) == places


@pytest.mark.parametrize("fault", BUSINESS_FAULTS)
def test_any_other_fault_leaves_the_document_valid(fault: str) -> None:
    document, _ = bent(fault)
    assert schema("20231").validate(etree.fromstring(document))


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_a_fault_breaks_what_it_says_in_its_forms_only(fault: str) -> None:
    document, places = bent(fault)
    assert forms_where(etree.fromstring(document), WRONG[fault]) == places


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"not-well-formed"}))
def test_forms_without_a_fault_are_what_they_are_without_faults(fault: str) -> None:
    document, places = bent(fault)
    plain = etree.fromstring(content(Request(seed=8, employers=40, persons=300)))
    changed = [
        place
        for place, (one, other) in enumerate(zip(etree.fromstring(document), plain, strict=True))
        if etree.tostring(one) != etree.tostring(other)
    ]
    assert changed == places


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - HEADS - {"not-well-formed", "net-amount-off-by-a-cent"}))
def test_a_fault_leaves_the_net_amount_right(fault: str) -> None:
    document, _ = bent(fault)
    for form in etree.fromstring(document):
        assert int(form.findtext(".//NetOwedAmount") or -1) == owed(form)


def test_one_person_in_two_forms_of_an_employer_is_the_only_one_they_share() -> None:
    document, places = bent("same-person-in-two-forms")
    forms = list(etree.fromstring(document))
    for place in places:
        one, other = forms[place - 1], forms[place]
        for zone in ("Quarter", "NOSSRegistrationNbr", "CompanyID"):
            assert one.findtext(f".//{zone}") == other.findtext(f".//{zone}")
        assert len(set(persons(one)) & set(persons(other))) == 1
        assert int(other.findtext(".//NetOwedAmount") or -1) == owed(other)


def test_a_file_that_is_not_well_formed_cannot_be_read() -> None:
    document, _ = bent("not-well-formed")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(document)


def test_faults_are_spread_over_the_file_and_mixed() -> None:
    kinds = tuple((fault, 2) for fault in FAULTS)
    placed = write(Request(seed=1, employers=200, persons=2000, faults=kinds), io.BytesIO()).faults
    assert Counter(one.fault for one in placed) == dict.fromkeys(FAULTS, 2)
    assert len({one.form for one in placed}) == len(placed)
    assert all(any(one.form // 50 == quarter for one in placed) for quarter in range(4))
    assert [one.form for one in placed] == sorted(one.form for one in placed)


def test_the_same_faults_fall_on_the_same_forms() -> None:
    request = Request(seed=3, employers=50, persons=300, faults=(("too-long", 4), ("same-person-twice", 4)))
    assert write(request, io.BytesIO()) == write(request, io.BytesIO())


def test_more_faults_than_forms_can_take_are_refused() -> None:
    with pytest.raises(Configuration, match="same-person-twice"):
        write(Request(employers=5, persons=5, faults=(("same-person-twice", 1),)), io.BytesIO())


def test_a_fault_in_an_employer_made_twice_over_is_the_same_in_both_passes() -> None:
    request = Request(seed=2, employers=1, persons=4200, faults=(("same-person-twice", 1),), indent=False)
    root = etree.fromstring(content(request))
    assert WRONG["same-person-twice"](root[0])
    assert int(root.findtext(".//NetOwedAmount") or -1) == owed(root[0])
