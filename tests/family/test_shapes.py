"""A schema's shape is the same, whichever library reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.families import root
from tests.family.documents import write_schema
from validators.content import UnusableSchema
from validators.ordinary import ordinary
from validators.schema import Schema
from validators.shape import LXML, XMLSCHEMA
from validators.unusual import unusual

OURS = sorted(root().glob("*/*.xsd"))


def note(number: str) -> str:
    return f"<xs:annotation><xs:documentation>{number}</xs:documentation></xs:annotation>"


def message(children: str, definitions: str = "") -> str:
    """A schema with the root R over these children."""
    return f'<xs:element name="R"><xs:complexType>{children}</xs:complexType></xs:element>{definitions}'


def simple(restriction: str, definitions: str = "") -> str:
    """A schema with the root R over one zone of that restriction."""
    zone = f'<xs:element name="Z"><xs:simpleType>{restriction}</xs:simpleType></xs:element>'
    return message(f"<xs:sequence>{zone}</xs:sequence>", definitions)


BASE = (
    '<xs:complexType name="Base"><xs:sequence><xs:element name="A" type="xs:int"/></xs:sequence></xs:complexType>'
    '<xs:complexType name="Empty"/>'
)
ORDINARY = {
    "nested-groups-in-every-order": message(
        '<xs:sequence minOccurs="0"><xs:choice maxOccurs="unbounded"><xs:element name="A" type="xs:date"/>'
        '<xs:sequence minOccurs="2" maxOccurs="3"><xs:element name="B" type="xs:boolean"/>'
        '<xs:any maxOccurs="2" namespace="##other" processContents="skip"/></xs:sequence></xs:choice></xs:sequence>'
    ),
    "all-in-any-order": message(
        '<xs:all minOccurs="0"><xs:element name="A" minOccurs="0" type="xs:int"/><xs:element name="B"/></xs:all>'
    ),
    "references-to-elements-and-groups": message(
        '<xs:sequence><xs:element ref="A"/><xs:group ref="G" maxOccurs="4"/></xs:sequence>',
        f'<xs:element name="A" type="xs:decimal">{note("00001")}</xs:element>'
        '<xs:group name="G"><xs:choice><xs:element name="B" type="xs:time"/>'
        f'<xs:element ref="A">{note("00002")}</xs:element></xs:choice></xs:group>',
    ),
    "a-group-as-the-whole-content": message(
        '<xs:group ref="G" minOccurs="0"/>',
        '<xs:group name="G"><xs:sequence><xs:element name="B" type="xs:gYearMonth"/></xs:sequence></xs:group>',
    ),
    "restrictions-of-restrictions": simple(
        '<xs:restriction base="Long"><xs:pattern value="\\d{3}"/><xs:pattern value="\\d{5}"/></xs:restriction>',
        '<xs:simpleType name="Long"><xs:restriction base="xs:unsignedInt"><xs:pattern value="\\d+"/>'
        "</xs:restriction></xs:simpleType>",
    ),
    "a-restriction-that-adds-nothing-to-a-pattern": simple(
        '<xs:restriction base="Coded"><xs:maxLength value="4"/></xs:restriction>',
        f'<xs:simpleType name="Coded">{note("00003")}<xs:restriction base="xs:token"><xs:pattern value="[A-Z]*"/>'
        "</xs:restriction></xs:simpleType>",
    ),
    "digits-after-the-comma": simple(
        "<xs:restriction><xs:simpleType><xs:restriction base='xs:decimal'><xs:fractionDigits value='4'/>"
        "</xs:restriction></xs:simpleType><xs:fractionDigits value='2'/></xs:restriction>"
    ),
    "an-extension-with-more-children": message(
        '<xs:complexContent><xs:extension base="Base"><xs:choice><xs:element name="B" type="xs:string"/>'
        "</xs:choice></xs:extension></xs:complexContent>",
        BASE,
    ),
    "an-extension-with-an-attribute": message(
        '<xs:complexContent><xs:extension base="Base"><xs:attribute name="lang"/></xs:extension></xs:complexContent>',
        BASE,
    ),
    "an-extension-of-an-empty-type": message(
        '<xs:complexContent><xs:extension base="Empty"><xs:sequence minOccurs="0"><xs:element name="B"/></xs:sequence>'
        "</xs:extension></xs:complexContent>",
        BASE,
    ),
    "a-restriction-of-a-complex-type": message(
        '<xs:complexContent><xs:restriction base="Base"><xs:sequence><xs:element name="A" type="xs:byte"/>'
        "</xs:sequence></xs:restriction></xs:complexContent>",
        BASE,
    ),
    "a-value-with-attributes": message(
        '<xs:simpleContent><xs:extension base="Value"><xs:attribute name="unit"/></xs:extension></xs:simpleContent>',
        '<xs:complexType name="Value"><xs:simpleContent><xs:extension base="xs:integer"/></xs:simpleContent>'
        "</xs:complexType>",
    ),
    "an-element-without-a-type": message('<xs:sequence><xs:element name="A"/></xs:sequence>'),
    "no-children": message(""),
    "forbidden-children": message(
        '<xs:choice><xs:element name="A" type="xs:int"/><xs:element name="F" maxOccurs="0" minOccurs="0">'
        f'{note("00004")}</xs:element><xs:sequence minOccurs="0" maxOccurs="0"><xs:element name="H" type="xs:int"/>'
        "</xs:sequence></xs:choice>"
    ),
    "mixed-content": '<xs:element name="R"><xs:complexType mixed="true"><xs:sequence><xs:any minOccurs="0"/>'
    "</xs:sequence></xs:complexType></xs:element>",
    "keys-and-notes": '<xs:annotation/><xs:element name="R"><xs:complexType><xs:sequence><xs:element name="A" '
    'type="xs:int" maxOccurs="9"/></xs:sequence></xs:complexType><xs:unique name="u"><xs:selector xpath="A"/>'
    '<xs:field xpath="."/></xs:unique></xs:element>',
    "every-built-in-type": message(
        "<xs:sequence>"
        + "".join(
            f'<xs:element name="E{name}" type="xs:{name}"/>'
            for name in (
                *("string", "normalizedString", "token", "anyURI", "anySimpleType", "base64Binary", "hexBinary"),
                *("integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedLong"),
                *("nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedShort", "unsignedByte", "decimal"),
                *("date", "time", "dateTime", "duration", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"),
                *("boolean", "anyType"),
            )
        )
        + "</xs:sequence>"
    ),
}
UNUSUAL = {
    "a-union": simple('<xs:union memberTypes="xs:int xs:date"/>'),
    "a-list": simple('<xs:list itemType="xs:int"/>'),
    "a-built-in-type-with-a-pattern": simple('<xs:restriction base="xs:NMTOKEN"/>'),
    "a-floating-number": simple('<xs:restriction base="xs:double"/>'),
    "a-substitution": message(
        '<xs:sequence><xs:element ref="A"/><xs:element ref="B"/></xs:sequence>',
        '<xs:element name="A" type="xs:int"/><xs:element name="B" type="xs:int" substitutionGroup="A"/>',
    ),
    "a-restricted-value-with-attributes": message(
        '<xs:simpleContent><xs:restriction base="Value"><xs:maxInclusive value="9"/></xs:restriction>'
        "</xs:simpleContent>",
        '<xs:complexType name="Value"><xs:simpleContent><xs:extension base="xs:integer"/></xs:simpleContent>'
        "</xs:complexType>",
    ),
    "an-extension-of-an-empty-mixed-type": '<xs:element name="R"><xs:complexType><xs:complexContent mixed="true">'
    '<xs:extension base="Mixed"><xs:sequence><xs:element name="A" type="xs:int"/></xs:sequence></xs:extension>'
    '</xs:complexContent></xs:complexType></xs:element><xs:complexType name="Mixed" mixed="true"/>',
}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_both_libraries_say_the_same_of_our_schemas(path: Path) -> None:
    schema = Schema(path)
    assert schema.engine == LXML
    assert schema.shape == unusual(path, schema.root)


@pytest.mark.parametrize("name", ORDINARY)
def test_both_libraries_say_the_same_of_an_ordinary_schema(tmp_path: Path, name: str) -> None:
    schema = Schema(write_schema(tmp_path / "M.xsd", ORDINARY[name]))
    assert schema.engine == LXML
    assert schema.shape == unusual(schema.path, "R")


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_not_ordinary_is_read_by_the_other_library(tmp_path: Path, name: str) -> None:
    schema = Schema(write_schema(tmp_path / "M.xsd", UNUSUAL[name]))
    assert schema.engine == XMLSCHEMA
    assert schema.shape == unusual(schema.path, "R")


@pytest.mark.parametrize("form", ["qualified", "unqualified"])
@pytest.mark.parametrize("own", ['targetNamespace="urn:x" xmlns:x="urn:x"', ""])
def test_both_libraries_say_the_same_of_includes_and_namespaces(tmp_path: Path, own: str, form: str) -> None:
    prefix = "x:" if own else ""
    included = (
        f'<xs:complexType name="T"><xs:sequence><xs:element name="A" type="{prefix}N"/><xs:element ref="{prefix}B"/>'
        '</xs:sequence></xs:complexType><xs:simpleType name="N"><xs:restriction base="xs:integer"/></xs:simpleType>'
        '<xs:element name="B" type="xs:int"/>'
    )
    write_schema(tmp_path / "parts" / "types.xsd", included, f'{own} elementFormDefault="{form}"')
    whole = (
        '<xs:include schemaLocation="parts/types.xsd"/><xs:element name="R"><xs:complexType><xs:sequence>'
        '<xs:element name="C" type="x:T" form="qualified"/><xs:element name="D" type="x:T"/></xs:sequence>'
        "</xs:complexType></xs:element>"
    )
    path = write_schema(tmp_path / "M.xsd", whole, 'targetNamespace="urn:x" xmlns:x="urn:x"')
    schema = Schema(path)
    assert schema.engine == LXML
    assert schema.shape == unusual(path, "{urn:x}R")


@pytest.mark.parametrize("read", [ordinary, unusual])
def test_an_element_within_itself_has_no_shape(tmp_path: Path, read: object) -> None:
    content = message(
        '<xs:sequence><xs:element name="A" type="T"/></xs:sequence>',
        '<xs:complexType name="T"><xs:sequence><xs:element name="A" type="T" minOccurs="0"/></xs:sequence>'
        "</xs:complexType>",
    )
    path = write_schema(tmp_path / "M.xsd", content)
    assert callable(read)
    with pytest.raises(UnusableSchema, match="within itself"):
        read(path, "R")
