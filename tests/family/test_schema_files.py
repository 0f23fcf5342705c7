"""Which schema files are taken, and what they may refer to."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path

import pytest
from lxml import etree

from tests.family.documents import XS, write_schema
from validators.schema import EngineFault, Schema, UnusableSchema

ROOT = '<xs:element name="R" type="T"/>'
TYPE = '<xs:simpleType name="T"><xs:restriction base="xs:integer"/></xs:simpleType>'


def test_a_file_of_the_same_folder_may_be_included(tmp_path: Path) -> None:
    write_schema(tmp_path / "common" / "types.xsd", TYPE)
    schema = Schema(write_schema(tmp_path / "M_20231.xsd", f'<xs:include schemaLocation="common/types.xsd"/>{ROOT}'))
    assert (schema.name, schema.root) == ("M_20231", "R")
    assert schema.faults(etree.fromstring("<R>1</R>")) == []
    assert [fault.kind for fault in schema.faults(etree.fromstring("<R>one</R>"))] == ["002"]


@pytest.mark.parametrize("kind", ["include", "import", "redefine"])
@pytest.mark.parametrize(
    "location", ["../outside.xsd", "file:///etc/passwd", "/etc/passwd", "absent.xsd", "%2e%2e/x.xsd"]
)
def test_a_schema_may_not_refer_outside_its_folder(tmp_path: Path, kind: str, location: str) -> None:
    write_schema(tmp_path / "outside.xsd", TYPE)
    inside = write_schema(tmp_path / "in" / "M.xsd", f'<xs:{kind} schemaLocation="{location}"/>{ROOT}{TYPE}')
    with pytest.raises(UnusableSchema, match="own folder"):
        Schema(inside)


def test_a_link_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    write_schema(tmp_path / "outside.xsd", TYPE)
    inside = write_schema(tmp_path / "in" / "M.xsd", f'<xs:include schemaLocation="types.xsd"/>{ROOT}')
    (tmp_path / "in" / "types.xsd").symlink_to(tmp_path / "outside.xsd")
    with pytest.raises(UnusableSchema, match="own folder"):
        Schema(inside)


def test_nothing_is_fetched_from_the_network(tmp_path: Path) -> None:
    asked = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    location = f"http://127.0.0.1:{server.server_port}/types.xsd"
    inside = write_schema(tmp_path / "M.xsd", f'<xs:include schemaLocation="{location}"/>{ROOT}{TYPE}')
    with pytest.raises(UnusableSchema, match="own folder"):
        Schema(inside)
    server.shutdown()
    server.server_close()
    assert asked == []


def test_a_document_type_declaration_in_a_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "M.xsd"
    path.write_text(f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xs:schema {XS}>{ROOT}{TYPE}</xs:schema>')
    with pytest.raises(UnusableSchema, match="document type declaration"):
        Schema(path)


@pytest.mark.parametrize("content", ["", f'{ROOT}<xs:element name="S"/>{TYPE}'])
def test_a_schema_has_exactly_one_root(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnusableSchema, match="root elements"):
        Schema(write_schema(tmp_path / "M.xsd", content))


def test_a_file_that_is_no_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "M.xsd").write_text("not xml")
    with pytest.raises(UnusableSchema, match=r"M\.xsd"):
        Schema(tmp_path / "M.xsd")
    with pytest.raises(UnusableSchema, match=r"N\.xsd"):
        Schema(write_schema(tmp_path / "N.xsd", '<xs:element name="R" type="Nowhere"/>'))


def test_a_child_that_may_not_occur_is_refused_even_as_the_last_one(tmp_path: Path) -> None:
    children = '<xs:element name="A" minOccurs="0"/><xs:element name="F" minOccurs="0" maxOccurs="0"/>'
    content = (
        f'<xs:element name="R"><xs:complexType><xs:sequence>{children}</xs:sequence></xs:complexType></xs:element>'
    )
    schema = Schema(write_schema(tmp_path / "M.xsd", content))
    assert [(fault.tag, fault.kind) for fault in schema.faults(etree.fromstring("<R><A/><F/></R>"))] == [("F", "005")]


def test_elements_with_a_namespace_are_judged_too(tmp_path: Path) -> None:
    content = (
        '<xs:element name="R"><xs:complexType><xs:sequence><xs:element name="A" type="xs:date"/></xs:sequence>'
        "</xs:complexType></xs:element>"
    )
    attributes = 'targetNamespace="urn:x" elementFormDefault="qualified"'
    schema = Schema(write_schema(tmp_path / "M.xsd", content, attributes))
    assert schema.root == "{urn:x}R"
    good = '<R xmlns="urn:x"><A>2023-01-01</A></R>'
    assert schema.faults(etree.fromstring(good)) == []
    bad = etree.fromstring(good.replace("2023-01-01", "x").replace("</A>", "</A><B/>"))
    assert [(fault.tag, fault.kind) for fault in schema.faults(bad)] == [("A", "003"), ("B", "092")]


def test_two_elements_with_one_key_are_reported_as_such(tmp_path: Path) -> None:
    content = (
        '<xs:element name="R"><xs:complexType><xs:sequence>'
        '<xs:element name="A" type="xs:integer" maxOccurs="9"/></xs:sequence></xs:complexType>'
        '<xs:unique name="u"><xs:selector xpath="A"/><xs:field xpath="."/></xs:unique></xs:element>'
    )
    schema = Schema(write_schema(tmp_path / "M.xsd", content))
    (fault,) = schema.faults(etree.fromstring("<R><A>1</A><A>2</A><A>1</A></R>"))
    assert (fault.kind, fault.location) == ("006", (1, 3))


def test_a_required_wildcard_that_is_absent_is_one_fault(tmp_path: Path) -> None:
    content = (
        '<xs:element name="R"><xs:complexType><xs:sequence><xs:any processContents="skip"/></xs:sequence>'
        "</xs:complexType></xs:element>"
    )
    schema = Schema(write_schema(tmp_path / "M.xsd", content))
    assert [(fault.tag, fault.kind) for fault in schema.faults(etree.fromstring("<R/>"))] == [("R", "001")]


def test_an_engine_that_fails_gives_no_verdict(tmp_path: Path) -> None:
    """libxml2 gives up on a pattern that can match in too many ways."""
    kind = '<xs:restriction base="xs:string"><xs:pattern value="(a|aa)+b"/></xs:restriction>'
    element = f'<xs:element name="R"><xs:simpleType>{kind}</xs:simpleType></xs:element>'
    schema = Schema(write_schema(tmp_path / "M.xsd", element))
    text = "a" * 3000
    with pytest.raises(EngineFault) as raised:
        schema.faults(etree.fromstring(f"<R>{text}</R>"))
    assert text not in str(raised.value)
    assert schema.faults(etree.fromstring("<R>aab</R>")) == []
