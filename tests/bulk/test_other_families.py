"""Any family's schema gives the same blocks both ways, whatever its content models."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from declarations.errors import Invariant
from declarations.families import Version, family
from tests.bulk.documents import chunk_by_chunk, difference, joined, slowly

CARD = """
name = "small"
object = "SMAL"
title = "Small"
identification = "S"
form = "Form"
period = "form.year"
head = ["Id", "Name", "Box"]
"""

ROOT = '<xs:element name="M"><xs:complexType><xs:sequence><xs:element name="Form" maxOccurs="unbounded">'
ENDS = "</xs:element></xs:sequence></xs:complexType></xs:element>"


def sequence(*parts: str, order: str = "sequence", attributes: str = "") -> str:
    """A complex type with a group of parts."""
    return f"<xs:complexType {attributes}><xs:{order}>{''.join(parts)}</xs:{order}></xs:complexType>"


def element(name: str, inside: str = "", least: str = "1", most: str = "1", of: str = "") -> str:
    """An element with a content or of a type."""
    kind = f' type="xs:{of}"' if of else ""
    return f'<xs:element name="{name}" minOccurs="{least}" maxOccurs="{most}"{kind}>{inside}</xs:element>'


def small(folder: Path, inside: str, more: str = "") -> Version:
    """A family of which the form has that content."""
    place = folder / "small"
    place.mkdir()
    (place / "family.toml").write_text(CARD, encoding="utf-8")
    schema = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{ROOT}{inside}{ENDS}{more}</xs:schema>'
    (place / "M.xsd").write_text(schema, encoding="utf-8")
    return family(place).versions()[-1]


def both_ways(of: Version, *forms: str) -> bool:
    """Whether a file of those forms is read at once; it must be the same as form by form."""
    content = f"<M>{' '.join(forms)}</M>".encode()
    readings = chunk_by_chunk(content, of)
    assert difference(joined(readings, of), slowly(content, of)) == ""
    return all(reading.at_once for reading in readings)


def test_a_simple_element_that_repeats_is_a_block(tmp_path: Path) -> None:
    of = small(tmp_path, sequence(element("Id", of="string"), element("Day", least="0", most="9", of="date")))
    forms = ["<Form><Id/><Day>2020-01-01</Day><Day> 2020-01-02 </Day></Form>", "<Form><Id>x</Id></Form>"]
    assert both_ways(of, *forms)
    assert both_ways(of, forms[1])


def test_every_type_is_kept_as_it_is_form_by_form(tmp_path: Path) -> None:
    limits = '<xs:fractionDigits value="2"/>'
    cents = f'<xs:simpleType><xs:restriction base="xs:decimal">{limits}</xs:restriction></xs:simpleType>'
    types = {
        "Whole": "integer",
        "Yes": "boolean",
        "Day": "date",
        "Text": "string",
        "Token": "token",
        "Hour": "time",
        "Year": "gYear",
        "Small": "unsignedByte",
    }
    inside = "".join(element(name, of=of, least="0") for name, of in types.items())
    of = small(tmp_path, sequence(inside, element("Cents", cents, least="0")))
    assert both_ways(
        of,
        "<Form><Whole> +0012 </Whole><Yes>true</Yes><Day>2024-02-29Z</Day><Text> a  b </Text></Form>",
        "<Form><Whole>-0</Whole><Yes> 0</Yes><Day>2024-02-29+14:00</Day><Text/><Cents>+1.5</Cents></Form>",
        "<Form><Token> a  b </Token></Form>",
        "<Form><Yes>1</Yes><Hour>10:00:00</Hour><Year>2024</Year><Small>255</Small><Cents>.05</Cents></Form>",
        "<Form><Yes>false</Yes><Cents> -7. </Cents></Form>",
        "<Form><Cents>12</Cents></Form>",
        "<Form/>",
    )


def test_a_tag_may_be_a_block_and_a_column_and_stand_within_itself(tmp_path: Path) -> None:
    inner = sequence(element("Id", of="string", least="0"), element("Box", of="string", least="0"))
    box = sequence(element("Box", inner, least="0", most="3"), element("Id", of="integer", least="0"))
    crate = sequence(element("Box", of="date", least="0"), element("Id", of="string"))
    of = small(
        tmp_path, sequence(element("Box", box, least="0", most="3"), element("Crate", crate, least="0", most="2"))
    )
    assert both_ways(
        of,
        "<Form><Box><Box><Id>a</Id><Box>b</Box></Box><Box/><Id>1</Id></Box><Box/><Crate><Id>c</Id></Crate></Form>",
        "<Form><Box><Box><Box/></Box></Box><Crate><Box>2020-01-01</Box><Id/></Crate><Crate><Id/></Crate></Form>",
        "<Form/>",
    )


def test_two_blocks_may_stand_in_each_other_both_ways(tmp_path: Path) -> None:
    deep_b = sequence(element("N", of="integer"))
    deep_a = sequence(element("B", deep_b, most="2"), element("N", of="integer", least="0"))
    a = sequence(element("B", sequence(element("A", of="string", least="0"), element("N", of="integer")), least="0"))
    of = small(tmp_path, sequence(element("A", a, least="0"), element("B", sequence(element("A", deep_a)), least="0")))
    assert both_ways(
        of,
        "<Form><A><B><A>x</A><N>1</N></B></A><B><A><B><N>2</N></B><B><N>3</N></B><N>4</N></A></B></Form>",
        "<Form><B><A><B><N>5</N></B></A></B></Form>",
    )


def test_choices_that_repeat_keep_the_places_of_their_elements(tmp_path: Path) -> None:
    inside = sequence(
        element("Name", of="string", most="unbounded", least="0"),
        element("Box", sequence(element("N", of="integer")), most="unbounded", least="0"),
        order="choice",
    ).replace("<xs:choice>", '<xs:choice minOccurs="0" maxOccurs="unbounded">')
    of = small(tmp_path, inside)
    random = Random(1)
    parts = ["<Name>a</Name>", "<Name/>", "<Box><N>1</N></Box>", "\n"]
    forms = ["<Form>" + "".join(random.choices(parts, k=random.randint(0, 9))) + "</Form>" for _ in range(40)]
    assert both_ways(of, *forms)


def test_text_between_the_elements_of_a_mixed_one_is_nobodys(tmp_path: Path) -> None:
    mixed = sequence(element("N", of="integer", least="0"), attributes='mixed="true"')
    of = small(tmp_path, sequence(element("Box", mixed)))
    assert both_ways(of, "<Form><Box>some <N>1</N> text</Box></Form>", "<Form><Box>a &gt; b</Box></Form>")


def test_attributes_are_left_out(tmp_path: Path) -> None:
    box = sequence(element("N", of="integer")).replace(
        "</xs:sequence>", '</xs:sequence><xs:attribute name="a" type="xs:string"/>'
    )
    of = small(tmp_path, sequence(element("Box", box)))
    assert both_ways(of, '<Form><Box a="&lt;N>"><N>1</N></Box></Form>', "<Form><Box><N>2</N></Box></Form>")


def test_an_element_that_says_its_own_type_is_read_form_by_form(tmp_path: Path) -> None:
    types = (
        '<xs:complexType name="A"><xs:sequence/></xs:complexType><xs:complexType name="B"><xs:complexContent>'
        '<xs:extension base="A"><xs:sequence><xs:element name="N" type="xs:integer"/></xs:sequence></xs:extension>'
        "</xs:complexContent></xs:complexType>"
    )
    inside = sequence('<xs:element name="Box" type="A"/>', element("N", of="integer", least="0"))
    of = small(tmp_path, inside, types)
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert both_ways(of, "<Form><Box/><N>1</N></Form>")
    with pytest.raises(Invariant, match="N"):
        both_ways(of, f'<Form><Box {xsi} xsi:type="B"><N>1</N></Box></Form>')


@pytest.mark.parametrize(
    "part",
    [
        '<xs:any minOccurs="0" processContents="lax"/>',
        '<xs:any minOccurs="0" processContents="skip"/>',
        '<xs:element name="Me" type="xs:ID" minOccurs="0"/>',
        '<xs:element name="Other"><xs:simpleType><xs:restriction base="xs:IDREF"/></xs:simpleType></xs:element>',
    ],
)
def test_a_schema_that_looks_beyond_the_element_is_read_form_by_form(tmp_path: Path, part: str) -> None:
    of = small(tmp_path, sequence(element("Id", of="string"), part))
    assert not both_ways(of, "<Form><Id>x</Id></Form>", "<Form><Id>y</Id></Form>")


@pytest.mark.parametrize("kind", ["key", "unique"])
def test_a_schema_in_which_something_is_unique_is_read_form_by_form(tmp_path: Path, kind: str) -> None:
    key = f'<xs:{kind} name="one"><xs:selector xpath="Form"/><xs:field xpath="Id"/></xs:{kind}>'
    of = small(tmp_path, sequence(element("Id", of="string")))
    text = of.path.read_text(encoding="utf-8")
    of.path.write_text(text.replace("</xs:element></xs:schema>", f"{key}</xs:element></xs:schema>"), encoding="utf-8")
    assert not both_ways(of.family.versions()[-1], "<Form><Id>x</Id></Form>", "<Form><Id>x</Id></Form>")
