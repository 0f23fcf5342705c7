"""A family is a folder of data: its card, its versions, the next quarter."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from declarations.blocks import ColumnType
from declarations.errors import Configuration
from declarations.families import Family, families, message, root
from tests.family.documents import form, write_schema


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder of families with a copy of the DmfA in it."""
    shutil.copytree(root() / "dmfa", tmp_path / "dmfa")
    return tmp_path


def only(folder: Path | None = None) -> Family:
    """The one family there."""
    (family,) = families(folder)
    return family


def test_the_card_of_the_dmfa_says_what_it_is() -> None:
    family = only()
    assert (family.name, family.object, family.identification, family.form) == ("dmfa", "DMFA", "DMFA", "Form")
    assert family.period == "employer_declaration.quarter"
    assert {"FormCreationDate", "NOSSRegistrationNbr"} <= family.head
    assert family.keys["natural_person"] == ("NaturalPersonSequenceNbr", "INSS")
    assert family.folder == root() / "dmfa"


def test_versions_stand_in_order_and_the_newest_is_last() -> None:
    names = [version.name for version in only().versions()]
    assert names == ["DmfAOriginal_20223", "DmfAOriginal_20224", "DmfAOriginal_20231"]


@pytest.mark.parametrize("name", ["DmfAOriginal_20231", "DmfAOriginal_20231.xsd"])
def test_a_version_is_found_by_its_exact_name(name: str) -> None:
    version = only().version(name)
    assert version is not None
    assert version.name == "DmfAOriginal_20231"


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "*", "DmfAOriginal_*", "dmfaoriginal_20231.xsd", "DmfAOriginal_20231.xsd.xsd", "DmfAOriginal"),
        *("../dmfa/DmfAOriginal_20231.xsd", "./DmfAOriginal_20231.xsd", "../channel/ACRF_20231", "family.toml"),
        *(
            "http://example.org/DmfAOriginal_20231.xsd",
            "/etc/passwd",
            "DmfAOriginal_20231.xsd\0",
            "DmfAOriginal_20231 ",
        ),
    ],
)
def test_any_other_name_is_no_version(name: str) -> None:
    assert only().version(name) is None


def test_a_version_is_compiled_once() -> None:
    family = only()
    assert family.versions()[0] is family.versions()[0]
    assert family.versions()[0].schema is family.versions()[0].schema


def test_one_process_reads_a_family_once(copied: Path) -> None:
    assert only(copied) is only(copied)
    assert only(copied).versions()[-1].plan is only(copied).versions()[-1].plan


def test_a_card_or_schema_that_changed_is_read_again(copied: Path) -> None:
    before, version = only(copied), only(copied).versions()[-1]
    text = version.path.read_text(encoding="utf-8")
    version.path.write_text(text.replace(">00024<", ">99999<"), encoding="utf-8")
    assert only(copied).versions()[-1] is not version
    card = copied / "dmfa" / "family.toml"
    card.write_text(card.read_text(encoding="utf-8").replace("percentage = 5.0", "percentage = 7"), encoding="utf-8")
    assert (before.tolerance.percentage, only(copied).tolerance.percentage) == (5.0, 7.0)


def test_a_family_without_a_verdict_section_has_no_percentage(copied: Path) -> None:
    card = copied / "dmfa" / "family.toml"
    text = card.read_text(encoding="utf-8")
    section = text[text.index("[verdict]") : text.index("[identifiers]")]
    card.write_text(text.replace(section, ""), encoding="utf-8")
    assert (only(copied).tolerance.counted, only(copied).tolerance.percentage) == ("", 100.0)


def test_a_new_quarter_is_one_new_file(copied: Path) -> None:
    before = (copied / "dmfa" / "DmfAOriginal_20231.xsd").read_text(encoding="utf-8")
    place = '<xs:element name="EcoVehicle" type="EcoVehicle" minOccurs="0">'
    new = '<xs:element name="SeatNbr" type="EcoVehicle" minOccurs="0"/>'
    assert place in before
    family = only(copied)
    (copied / "dmfa" / "DmfAOriginal_20232.xsd").write_text(before.replace(place, new + place), encoding="utf-8")
    newest = family.versions()[-1]
    assert newest.name == "DmfAOriginal_20232"
    names = [column.name for column in newest.plan.block("company_vehicle").columns]
    assert names == ["company_vehicle_sequence_nbr", "license_plate", "seat_nbr", "eco_vehicle"]
    assert newest.plan.block("company_vehicle").columns[2].type is ColumnType.INTEGER
    assert newest.schema.faults(form()) == []


def test_a_second_family_is_one_more_folder(copied: Path) -> None:
    card = (
        'name = "vehicles"\nobject = "VEHI"\ntitle = "Vehicles"\nidentification = "VEH001"\nform = "Form"\n'
        'period = "form.year"\nhead = []\n'
    )
    content = (
        '<xs:element name="Vehicles"><xs:complexType><xs:sequence><xs:element name="Form" maxOccurs="unbounded">'
        '<xs:complexType><xs:sequence><xs:element name="Year" type="xs:integer"/></xs:sequence></xs:complexType>'
        "</xs:element></xs:sequence></xs:complexType></xs:element>"
    )
    write_schema(copied / "vehicles" / "Vehicles_2023.xsd", content)
    (copied / "vehicles" / "family.toml").write_text(card, encoding="utf-8")
    assert [family.name for family in families(copied)] == ["dmfa", "vehicles"]
    assert families(copied)[1].versions()[0].plan.block("form").columns[0].name == "year"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda card: card.replace('object = "DMFA"', ""), "object"),
        (lambda card: card.replace('object = "DMFA"', "object = 4"), "object"),
        (lambda card: card.replace('name = "dmfa"', 'name = "other"'), "folder"),
        (lambda card: card.replace("CompanyID = 10", 'CompanyID = "10"'), "identifiers.CompanyID"),
        (lambda card: card.replace("CompanyID = 10", "CompanyID = -1"), "identifiers.CompanyID"),
        (lambda card: card.replace('worker_record = ["Emp', 'worker_record = [1, "Emp'), "keys.worker_record"),
        (lambda card: card.replace('instead = "134"', 'instead = "134"\nwhy = "x"'), "error_type"),
        (lambda card: card.replace('form = "Form"', 'form = "Form"\nforms = "x"'), "forms"),
        (lambda card: card + "[", "TOML"),
        (lambda card: card.replace("percentage = 5.0", "percentage = 101"), "verdict: percentage"),
        (lambda card: card.replace("percentage = 5.0", "percentage = true"), "verdict: percentage"),
        (lambda card: card.replace("most_reports = 1000", "most_reports = 0"), "verdict"),
        (lambda card: card.replace("most_reports = 1000", ""), "verdict"),
    ],
)
def test_a_malformed_card_is_told_with_its_file_and_key(copied: Path, change: Callable[[str], str], told: str) -> None:
    card = copied / "dmfa" / "family.toml"
    card.write_text(change(card.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(Configuration, match=told) as raised:
        families(copied)
    assert str(card) in str(raised.value)


def test_a_schema_that_cannot_be_used_is_told_with_its_file(copied: Path) -> None:
    broken = copied / "dmfa" / "DmfAOriginal_20232.xsd"
    broken.write_text("<nothing/>", encoding="utf-8")
    with pytest.raises(Configuration, match=r"DmfAOriginal_20232\.xsd"):
        _ = only(copied).versions()[-1].schema


def test_every_key_of_an_answer_is_a_column_of_its_block() -> None:
    family = only()
    plan = family.versions()[-1].plan
    for block, tags in family.keys.items():
        assert set(tags) <= {column.tag for column in plan.block(block).columns}, block


def test_every_override_is_a_column_of_a_version() -> None:
    family = only()
    tags = {column.tag for block in family.versions()[-1].plan.blocks for column in block.columns}
    assert set(family.overrides.identifiers) <= tags
    assert not family.overrides.scales


def test_the_keys_on_any_way_down_follow_the_order_of_the_answers_path() -> None:
    family = only()
    plan = family.versions()[-1].plan
    answer = message("NOTIFICATION_20223").schema.shape
    for tag in ("Form", "HandlingResult", "AnomalyReport", "Path"):
        answer = next(use.element for use in answer.uses() if use.element.name == tag)
    order = [use.element.name for use in answer.uses()]
    for block in plan.blocks:
        chain, name = [], block.name
        while name is not None:
            chain = [*family.keys.get(name, ()), *chain]
            name = plan.block(name).parent
        assert [order.index(tag) for tag in chain] == sorted(order.index(tag) for tag in chain)


def test_the_messages_of_the_channel_are_at_hand() -> None:
    assert message("ACRF_20231").schema.root == "ACRF"
    assert message("NOTIFICATION_20223").schema.root == "NOTIFICATION"


@pytest.mark.parametrize("name", ["ACRF_20232", "../dmfa/DmfAOriginal_20231", "*"])
def test_a_message_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(Configuration, match="channel"):
        message(name)
