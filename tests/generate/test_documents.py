"""Synthetic declarations: valid, consistent, the same for the same request, and like real ones in their mix."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from declarations.errors import Configuration
from declarations.generate import SCHEMAS, Request, write
from tests.generate.documents import content, owed, schema, texts, tree
from validators.identifiers import company_valid, inss_valid, local_unit_valid, noss_valid

MANY = Request(seed=11, employers=150, persons=3000)
QUARTERS = ("20031", "20103", "20141", "20164", "20222", "20223", "20224", "20231", "20234", "20262")

REQUESTS = st.builds(
    Request,
    seed=st.integers(-(10**6), 10**12),
    employers=st.integers(1, 12),
    persons=st.integers(0, 60),
    quarter=st.sampled_from(QUARTERS),
    schema=st.sampled_from((None, *SCHEMAS)),
    indent=st.booleans(),
)


@settings(max_examples=40, derandomize=True)
@given(REQUESTS)
def test_every_document_is_valid(request: Request) -> None:
    judge = schema(request.version)
    assert judge.validate(etree.fromstring(content(request))), judge.error_log


@settings(max_examples=20, derandomize=True)
@given(REQUESTS)
def test_as_many_forms_and_persons_are_written_as_asked_for(request: Request) -> None:
    destination = io.BytesIO()
    summary = write(request, destination)
    root = etree.fromstring(destination.getvalue())
    assert (len(root), len(root.findall(".//NaturalPerson"))) == (request.employers, request.persons)
    assert (summary.forms, summary.persons) == (request.employers, request.persons)
    assert summary.bytes == len(destination.getvalue())


@settings(max_examples=20, derandomize=True)
@given(REQUESTS)
def test_the_net_amount_follows_its_formula(request: Request) -> None:
    for form in tree(request):
        assert int(form.findtext("EmployerDeclaration/NetOwedAmount") or -1) == owed(form)


def test_the_same_request_gives_the_same_bytes() -> None:
    assert content(MANY) == content(Request(seed=11, employers=150, persons=3000))


def test_another_seed_gives_another_document() -> None:
    assert content(Request(seed=1)) != content(Request(seed=2))


def test_the_layout_changes_no_content() -> None:
    one_line = content(Request(seed=4, indent=False))
    assert b"\t" not in one_line
    laid_out = etree.fromstring(content(Request(seed=4)), etree.XMLParser(remove_blank_text=True))
    assert etree.tostring(laid_out) == etree.tostring(etree.fromstring(one_line))


def test_tabs_follow_the_depth() -> None:
    root = etree.fromstring(content(Request(seed=4, employers=3, persons=20)))
    for element in root.iter("Form", "NaturalPerson", "WorkerRecord", "Service", "DeductionDetail"):
        before = element.getprevious()
        gap = before.tail if before is not None else element.getparent().text
        assert gap == "\n" + "\t" * len(list(element.iterancestors()))


def test_all_check_digits_are_right() -> None:
    root = tree(MANY)
    assert all(map(inss_valid, texts(root, ".//INSS")))
    assert all(map(noss_valid, texts(root, ".//NOSSRegistrationNbr")))
    assert all(map(local_unit_valid, texts(root, ".//LocalUnitID")))
    assert all(map(company_valid, set(texts(root, ".//CompanyID")) - {"0"}))


def test_an_inss_is_seen_to_be_synthetic() -> None:
    assert all(900 <= int(inss[6:9]) <= 997 for inss in texts(tree(MANY), ".//INSS"))


def test_there_are_bis_numbers_and_both_centuries() -> None:
    months = Counter(int(inss[2:4]) // 20 for inss in texts(tree(MANY), ".//INSS"))
    assert 0 < months[1] + months[2] < 0.06 * MANY.persons
    assert any(inss[0] == "0" for inss in texts(tree(MANY), ".//INSS"))


def test_no_person_is_declared_twice_in_a_form() -> None:
    for form in tree(MANY):
        persons = texts(form, ".//NaturalPerson/INSS")
        assert len(set(persons)) == len(persons)


def test_no_employer_declares_twice() -> None:
    numbers = texts(tree(MANY), ".//NOSSRegistrationNbr")
    assert len(set(numbers)) == len(numbers)


def test_persons_are_numbered_from_one() -> None:
    for form in tree(MANY):
        numbers = [int(number) for number in texts(form, ".//NaturalPersonSequenceNbr")]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("block", "keys", "within"),
    [
        ("WorkerRecord", ("EmployerClass", "WorkerCode"), "NaturalPerson"),
        ("Occupation", ("OccupationSequenceNbr",), "WorkerRecord"),
        ("Service", ("ServiceCode",), "Occupation"),
        ("Remun", ("RemunCode", "BonusPaymentFrequency", "PercentagePaid"), "Occupation"),
        ("WorkerContribution", ("ContributionWorkerCode", "ContributionType"), "WorkerRecord"),
        ("WorkerDeduction", ("DeductionCode",), "WorkerRecord"),
        ("OccupationDeduction", ("DeductionCode",), "Occupation"),
        ("ContributionUnrelatedToNP", ("UnrelatedEmployerClass", "UnrelatedWorkerCode"), "EmployerDeclaration"),
        ("CompanyVehicle", ("LicensePlate",), "EmployerDeclaration"),
    ],
)
def test_business_keys_identify_a_block_within_its_parent(block: str, keys: tuple[str, ...], within: str) -> None:
    for parent in tree(MANY).iter(within):
        identified = [tuple(child.findtext(key) for key in keys) for child in parent.findall(block)]
        assert len(set(identified)) == len(identified)


def test_no_two_forms_have_the_same_creation_hour() -> None:
    request = Request(seed=1, employers=10_000, persons=0, indent=False)
    hours = texts(etree.fromstring(content(request)), "Form/FormCreationHour")
    assert len(set(hours)) == request.employers


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        ("20231", "2023-01-01", "2023-03-31"),
        ("20224", "2022-10-01", "2022-12-31"),
        ("20242", "2024-04-01", "2024-06-30"),
    ],
)
def test_records_cover_the_quarter(quarter: str, first: str, last: str) -> None:
    root = tree(Request(quarter=quarter))
    assert set(texts(root, ".//NOSSQuarterStartingDate")) == {first}
    assert set(texts(root, ".//NOSSQuarterEndingDate")) == {last}


def test_occupations_start_before_they_end_and_end_within_the_quarter_save_for_severance_pay() -> None:
    for occupation in tree(MANY).iter("Occupation"):
        start = date.fromisoformat(occupation.findtext("OccupationStartingDate") or "")
        end = occupation.findtext("OccupationEndingDate")
        if occupation.find("Remun[RemunCode='003']") is None:
            assert start <= date(2023, 3, 31)
            assert end is None or date(2023, 1, 1) <= date.fromisoformat(end) <= date(2023, 3, 31)
        assert end is None or start <= date.fromisoformat(end)


def test_the_days_of_a_full_time_worker_fill_the_quarter() -> None:
    for occupation in tree(MANY).iterfind(".//WorkerRecord[WorkerCode='015']/Occupation[WorkingDaysSystem='500']"):
        whole = occupation.find("OccupationEndingDate") is None
        if whole and (occupation.findtext("OccupationStartingDate") or "") < "2023-01-01":
            assert sum(int(days) for days in texts(occupation, "Service/ServiceNbrDays")) == 6500


def test_part_time_is_less_than_full_time_and_states_its_hours() -> None:
    part_time = [each for each in tree(MANY).iter("Occupation") if each.findtext("ContractType") == "1"]
    for occupation in part_time:
        hours = int(occupation.findtext("MeanWorkingHours") or -1)
        assert hours < int(occupation.findtext("RefMeanWorkingHours") or -1)
        assert not hours or occupation.find("Service[ServiceNbrHours]") is not None
    assert len(part_time) > 300


def test_the_schema_is_the_newest_that_is_not_after_the_quarter() -> None:
    chosen = {quarter: Request(quarter=quarter).version for quarter in ("20031", "20223", "20224", "20231", "20264")}
    assert chosen == {"20031": "20223", "20223": "20223", "20224": "20224", "20231": "20231", "20264": "20231"}
    assert b'noNamespaceSchemaLocation="DmfAOriginal_20224.xsd"' in content(Request(quarter="20224"))


def test_several_quarters_are_taken_in_turn() -> None:
    request = Request(employers=5, persons=20, quarters=("20223", "20231"))
    assert texts(tree(request), ".//Quarter") == ["20223", "20231", "20223", "20231", "20223"]
    assert schema("20231").validate(tree(request))


def test_employers_without_persons_owe_a_contribution_bound_to_none() -> None:
    root = tree(Request(employers=20, persons=5))
    empty = [form for form in root if form.find(".//NaturalPerson") is None]
    assert len(empty) >= 15
    assert all(form.find("EmployerDeclaration/ContributionUnrelatedToNP") is not None for form in empty)


def test_sizes_of_employers_have_a_long_tail() -> None:
    counts = sorted(len(form.findall(".//NaturalPerson")) for form in tree(MANY))
    mean = MANY.persons / MANY.employers
    assert counts[0] >= 1
    assert counts[len(counts) // 2] < mean / 2
    assert counts[-1] > 8 * mean


def test_the_mix_of_records_is_that_of_a_labor_market() -> None:
    codes = Counter(texts(tree(MANY), ".//WorkerRecord/WorkerCode"))
    total = sum(codes.values())
    assert 0.2 < codes["015"] / total < 0.7
    assert 0.2 < codes["495"] / total < 0.7
    assert 0.005 < (codes["840"] + codes["841"]) / total < 0.15
    assert 1.005 < total / MANY.persons < 1.1


def test_rare_blocks_occur() -> None:
    root = tree(Request(seed=2, employers=600, persons=9000, indent=False))
    rare = (
        "OccupationInformations SecondPillarInformation OccupationPublicServiceData ScaleSalary AdditionalScaleSalary "
        "ReorgMeasureInformation UsingEmployer Address OccupationDeduction OccupationDeductionDetail "
        "ActivationInformation WorkerDeduction DismissedStatutoryWorkerContribution "
        "StudentContribution ComplementaryIndemnity ComplIndemnityContribution IndemnityWAPM CompanyVehicle "
        "ContributionUnrelatedToNP EmployerCompensation"
    )
    assert [tag for tag in rare.split() if root.find(f".//{tag}") is None] == []


def test_an_employer_too_big_to_keep_in_memory_is_as_consistent_as_others() -> None:
    root = tree(Request(seed=5, employers=1, persons=4500, indent=False))
    persons = texts(root, ".//NaturalPerson/INSS")
    assert len(set(persons)) == 4500
    assert int(root.findtext(".//NetOwedAmount") or -1) == owed(root[0])
    assert schema("20231").validate(root)


def test_progress_counts_the_persons_done() -> None:
    heard: list[int] = []
    write(Request(employers=3, persons=900), io.BytesIO(), heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 900
    assert len(heard) >= 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"quarter": "20235"},
        {"quarter": "2023"},
        {"quarters": ("20231", "19994")},
        {"schema": "20991"},
        {"employers": 0},
        {"persons": -1},
        {"faults": (("no-such-fault", 1),)},
    ],
)
def test_a_request_that_makes_no_document_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Configuration, match="expected"):
        Request(**wrong)  # type: ignore[arg-type]


def test_a_quarter_before_the_hours_of_students_were_declared_has_their_days() -> None:
    root = tree(Request(seed=2, employers=30, persons=600, quarter="20141"))
    assert root.find(".//StudentNbrDays") is not None
    assert root.find(".//StudentHoursNbr") is None
