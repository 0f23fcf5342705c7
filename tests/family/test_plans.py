"""Tables derived from a schema: blocks, columns, types, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.errors import Configuration
from declarations.families import families
from declarations.plans import Overrides, plan, snake_case
from tests.family.documents import write_schema
from validators.content import UnusableSchema
from validators.schema import Schema

DMFA = families()[0]


def newest() -> Plan:
    """The tables of the newest DmfA."""
    return DMFA.versions()[-1].plan


def planned(folder: Path, content: str, overrides: Overrides | None = None, attributes: str = "") -> Plan:
    """The tables of a form with that content."""
    whole = (
        '<xs:element name="M"><xs:complexType><xs:sequence><xs:element name="Form" maxOccurs="unbounded">'
        f"<xs:complexType><xs:sequence>{content}</xs:sequence></xs:complexType></xs:element></xs:sequence>"
        "</xs:complexType></xs:element>"
    )
    schema = Schema(write_schema(folder / "M.xsd", whole, attributes))
    return plan(schema.shape, "Form", overrides or Overrides())


def columns(block: Block) -> dict[str, Column]:
    """A block's columns by name."""
    return {column.name: column for column in block.columns}


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("INSS", "inss"),
        ("NOSSRegistrationNbr", "noss_registration_nbr"),
        ("CompanyID", "company_id"),
        ("LocalUnitID", "local_unit_id"),
        ("OccupationPSDStartDate", "occupation_psd_start_date"),
        ("System5", "system5"),
        ("ContributionUnrelatedToNP", "contribution_unrelated_to_np"),
        ("IndemnityWAPM", "indemnity_wapm"),
        ("VATNbr", "vat_nbr"),
        ("lower", "lower"),
    ],
)
def test_names_are_the_tags_in_snake_case(tag: str, name: str) -> None:
    assert snake_case(tag) == name


def test_parents_stand_before_their_children_and_the_form_first() -> None:
    names = [block.name for block in newest().blocks]
    assert names[0] == "form"
    for place, block in enumerate(newest().blocks):
        assert block.parent is None or names.index(block.parent) < place
        assert block.tags[-1] == block.tag


def test_the_message_and_its_blocks_carry_their_numbers() -> None:
    assert (newest().message, newest().root_number) == ("DmfAOriginal", "90169")
    assert newest().block("natural_person").number == "90017"
    assert columns(newest().block("natural_person"))["inss"].zone == "00024"


def test_every_block_of_the_dmfa_has_a_table_in_each_version() -> None:
    counts = [len(version.plan.blocks) for version in DMFA.versions()]
    assert counts == [28, 28, 33]


def test_a_tag_that_is_a_block_in_several_places_is_named_after_its_parent() -> None:
    names = {block.name: block.parent for block in newest().blocks if block.tag in {"UsingEmployer", "Address"}}
    assert names == {
        "occupation_using_employer": "occupation",
        "occupation_using_employer_address": "occupation_using_employer",
        "student_contribution_using_employer": "student_contribution",
        "student_contribution_using_employer_address": "student_contribution_using_employer",
    }


def test_a_block_that_occurs_at_most_once_does_not_repeat() -> None:
    repeats = {block.name: block.repeats for block in newest().blocks}
    assert not repeats["reference"]
    assert not repeats["employer_declaration"]
    assert not repeats["occupation_informations"]
    assert repeats["natural_person"]
    assert repeats["early_retirement_contribution"]


def test_forbidden_children_are_no_columns() -> None:
    assert set(columns(newest().block("natural_person"))) == {
        "natural_person_sequence_nbr",
        "inss",
        "natural_person_user_reference",
    }


def test_only_what_stands_in_every_case_is_required() -> None:
    required = {name: column.required for name, column in columns(newest().block("student_contribution")).items()}
    assert required["student_remun_amount"]
    assert not required["student_nbr_days"]
    assert not required["local_unit_id"]


def test_codes_are_identifiers_with_their_zeros_and_amounts_are_integers() -> None:
    kinds = {(column.tag, column.type, column.width) for block in newest().blocks for column in block.columns}
    assert {
        ("INSS", ColumnType.IDENTIFIER, 11),
        ("EmployerClass", ColumnType.IDENTIFIER, 3),
        ("Quarter", ColumnType.IDENTIFIER, 5),
        ("CompanyID", ColumnType.IDENTIFIER, 10),
        ("ReplacedINSS", ColumnType.IDENTIFIER, None),
        ("ServiceCode", ColumnType.IDENTIFIER, 3),
        ("RemunAmount", ColumnType.INTEGER, None),
        ("ContributionType", ColumnType.INTEGER, None),
        ("OccupationStartingDate", ColumnType.DATE, None),
        ("FormCreationHour", ColumnType.TEXT, None),
        ("JointCommissionNbr", ColumnType.TEXT, None),
    } <= kinds


def test_a_simple_element_that_repeats_is_a_block_with_one_column(tmp_path: Path) -> None:
    block = planned(tmp_path, '<xs:element name="ErrorID" type="xs:string" maxOccurs="9"/>').block("error_id")
    assert (block.parent, block.repeats) == ("form", True)
    assert block.columns == (Column("value", "ErrorID", ColumnType.TEXT, None, True),)


def test_an_element_in_two_alternatives_is_one_block_or_one_column(tmp_path: Path) -> None:
    one, two = '<xs:element name="A" type="xs:date"/>', '<xs:element name="B" type="xs:date"/>'
    content = f"<xs:choice><xs:sequence>{one}{two}</xs:sequence>{two}</xs:choice>"
    found = planned(tmp_path, content).block("form").columns
    assert [(column.name, column.required) for column in found] == [("a", False), ("b", True)]


def test_an_element_twice_in_a_sequence_repeats(tmp_path: Path) -> None:
    one, two = '<xs:element name="A" type="xs:date"/>', '<xs:element name="B" type="xs:date"/>'
    assert planned(tmp_path, one + two + one).block("a").repeats


def test_groups_extensions_and_namespaces_are_followed(tmp_path: Path) -> None:
    types = (
        '<xs:complexType name="Base"><xs:sequence><xs:element name="A" type="xs:boolean"/></xs:sequence>'
        "</xs:complexType>"
        '<xs:complexType name="More"><xs:complexContent><xs:extension base="x:Base"><xs:group ref="x:G"/>'
        "</xs:extension></xs:complexContent></xs:complexType>"
        '<xs:group name="G"><xs:sequence><xs:element name="B" type="xs:int"/></xs:sequence></xs:group>'
    )
    whole = (
        '<xs:element name="M"><xs:complexType><xs:sequence><xs:element name="Form" type="x:More"/></xs:sequence>'
        f"</xs:complexType></xs:element>{types}"
    )
    attributes = 'xmlns:x="urn:x" targetNamespace="urn:x" elementFormDefault="qualified"'
    schema = Schema(write_schema(tmp_path / "M.xsd", whole, attributes))
    (block,) = plan(schema.shape, "Form", Overrides()).blocks
    assert block.tags == ("Form",)
    assert [(column.tag, column.type) for column in block.columns] == [
        ("A", ColumnType.BOOLEAN),
        ("B", ColumnType.INTEGER),
    ]


def test_a_decimal_has_the_scale_of_its_schema_or_of_the_card(tmp_path: Path) -> None:
    two = (
        '<xs:element name="A"><xs:simpleType><xs:restriction base="xs:decimal"><xs:fractionDigits value="2"/>'
        "</xs:restriction></xs:simpleType></xs:element>"
    )
    free = '<xs:element name="B" type="xs:decimal"/>'
    found = columns(planned(tmp_path, two + free, Overrides(scales={"B": 4})).block("form"))
    assert (found["a"].type, found["a"].scale, found["b"].scale) == (ColumnType.DECIMAL, 2, 4)


def test_a_decimal_of_any_length_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(Configuration, match=r"B .*scales"):
        planned(tmp_path, '<xs:element name="B" type="xs:decimal"/>')


def test_a_column_may_not_take_a_name_of_ours(tmp_path: Path) -> None:
    with pytest.raises(Configuration, match="row"):
        planned(tmp_path, '<xs:element name="Row" type="xs:date"/>')


def test_a_schema_without_the_form_is_told(tmp_path: Path) -> None:
    schema = Schema(write_schema(tmp_path / "M.xsd", '<xs:element name="M"><xs:complexType/></xs:element>'))
    with pytest.raises(Configuration, match="Form"):
        plan(schema.shape, "Form", Overrides())


def test_an_element_within_itself_gives_no_tables(tmp_path: Path) -> None:
    types = (
        '<xs:complexType name="T"><xs:sequence><xs:element name="T" type="T" minOccurs="0"/></xs:sequence>'
        '</xs:complexType><xs:element name="M" type="T"/>'
    )
    with pytest.raises(UnusableSchema, match="within itself"):
        _ = Schema(write_schema(tmp_path / "M.xsd", types)).shape
