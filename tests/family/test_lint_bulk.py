"""Of every schema is said whether its forms are proven in bulk, and what in it prevents that, at which line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from declarations.cli import app
from declarations.families import root
from declarations.lint import readings
from tests.bulk.test_other_families import element, sequence, small

V = element("V", of="string")


def typed(base: str, *facets: str, of: str = "restriction") -> str:
    """An element of a simple type with those facets."""
    return element("V", f'<xs:simpleType><xs:{of} base="xs:{base}">{"".join(facets)}</xs:{of}></xs:simpleType>')


def unique(kind: str, more: str = "") -> str:
    """A form in which something is unique."""
    fields = '<xs:selector xpath="V"/><xs:field xpath="."/>'
    return f'{sequence(V)}<xs:{kind} name="{kind}"{more}>{fields}</xs:{kind}>'


def repeated(inside: str, times: str) -> str:
    """A form of which all children come several times."""
    return sequence(inside).replace("<xs:sequence>", f"<xs:sequence {times}>")


def of_attribute(given: str) -> str:
    return sequence(V.replace("<xs:element", f"<xs:element {given}"))


COMPLEX = '<xs:complexType><xs:{0}><xs:extension base="{1}"/></xs:{0}></xs:complexType>'
ANY_OF = '<xs:simpleType><xs:union memberTypes="xs:date xs:time"/></xs:simpleType>'
ONE_BY_ONE = '<xs:simpleType><xs:list itemType="xs:date"/></xs:simpleType>'

FORM_BY_FORM = {
    "any": (sequence('<xs:any minOccurs="0" processContents="lax"/>'), "<xs:any ", "it has a place for any element"),
    "key": (unique("key"), "<xs:key ", "it has a key, which is unique in the whole file"),
    "unique": (unique("unique"), "<xs:unique ", "it has something unique in the whole file"),
    "ID": (sequence(element("V", of="ID")), "xs:ID", "it has the type ID, whose texts point to other places"),
}
LEFT = {
    "union": (sequence(element("V", ANY_OF)), "<xs:union", "it uses xs:union"),
    "list": (sequence(element("V", ONE_BY_ONE)), "<xs:list", "it uses xs:list"),
    "simpleContent": (
        sequence(element("V", COMPLEX.format("simpleContent", "xs:string"))),
        "<xs:simpleContent",
        "it uses xs:simpleContent",
    ),
    "attribute": (
        sequence(V).replace("</xs:sequence>", '</xs:sequence><xs:attribute name="a"/>'),
        "<xs:attribute",
        "it uses xs:attribute",
    ),
    "all": (sequence(V, order="all"), 'name="Form"', "Form has a place for anything, or for children in any order"),
    "white space": (
        sequence(typed("string", '<xs:whiteSpace value="collapse"/>')),
        "<xs:whiteSpace",
        "it uses xs:whiteSpace",
    ),
    "mixed": (sequence(V, attributes='mixed="true"'), "mixed", "an element has texts between its children"),
    "nillable": (of_attribute('nillable="true"'), "nillable", "an element has nillable"),
    "default": (of_attribute('default="x"'), "default", "an element has default"),
    "fixed": (of_attribute('fixed="x"'), "fixed", "an element has fixed"),
    "token": (sequence(element("V", of="token")), "xs:token", "it has texts of the type token"),
    "anything": (sequence(element("V")), 'name="V"', "V has a place for anything, or for children in any order"),
    "float": (sequence(element("V", of="float")), "xs:float", "it has texts of the type float"),
    "pattern": (
        sequence(typed("string", r'<xs:pattern value="\p{L}"/>')),
        "<xs:pattern",
        "it has a pattern that only libxml2 reads",
    ),
    "length of a date": (
        sequence(typed("date", '<xs:minExclusive value="2020-01-01"/>')),
        "<xs:minExclusive",
        "it limits texts by xs:minExclusive",
    ),
    "a date with a zone": (
        sequence(typed("date", '<xs:minInclusive value="2020-01-01Z"/>')),
        "<xs:minInclusive",
        "it limits texts by a value of xs:minInclusive that only libxml2 reads",
    ),
    "some dates": (
        sequence(typed("date", '<xs:enumeration value="2020-01-01"/>')),
        "<xs:restriction",
        "it names the only dates or times that are allowed",
    ),
    "a limited number of times": (
        repeated(V, 'maxOccurs="3"'),
        'name="Form"',
        "Form has a group of children that may come a limited number of times",
    ),
    "several times": (
        repeated(element("V", of="string", least="2", most="2"), 'minOccurs="0" maxOccurs="unbounded"'),
        'name="Form"',
        "Form repeats a group in which a child must come several times",
    ),
}


def broken_into_lines(folder: Path, inside: str) -> Path:
    """A family of forms with that content, each tag of its schema in a line of its own."""
    schema = small(folder, inside).path
    schema.write_text(schema.read_text(encoding="utf-8").replace("><", ">\n<"), encoding="utf-8")
    return schema


def line_with(schema: Path, text: str) -> int:
    lines = schema.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_the_forms_of_the_dmfa_are_proven_in_bulk() -> None:
    schemas = sorted(path.name for path in (root() / "dmfa").glob("*.xsd"))
    assert schemas
    assert [*readings(root() / "dmfa")] == [f"{name}: proven in bulk" for name in schemas]


@pytest.mark.parametrize("name", FORM_BY_FORM)
def test_a_schema_that_is_read_form_by_form_is_told_why_and_at_which_line(tmp_path: Path, name: str) -> None:
    inside, place, reason = FORM_BY_FORM[name]
    schema = broken_into_lines(tmp_path, inside)
    told = f"M.xsd: read form by form: line {line_with(schema, place)}: {reason}"
    assert [*readings(schema.parent)] == [told]


@pytest.mark.parametrize("name", LEFT)
def test_a_schema_that_is_left_to_libxml2_is_told_why_and_at_which_line(tmp_path: Path, name: str) -> None:
    inside, place, reason = LEFT[name]
    schema = broken_into_lines(tmp_path, inside)
    told = f"M.xsd: left to libxml2: line {line_with(schema, place)}: {reason}"
    assert [*readings(schema.parent)] == [told]


def test_what_is_included_is_named_with_its_file(tmp_path: Path) -> None:
    schema = broken_into_lines(tmp_path, sequence(V))
    text = schema.read_text(encoding="utf-8")
    head, rest = text.split("\n", 1)
    schema.write_text(f'{head}\n<xs:include schemaLocation="common.inc"/>\n{rest}', encoding="utf-8")
    common = '\n<xs:element name="C" type="xs:IDREF"/>\n</xs:schema>'
    (schema.parent / "common.inc").write_text(head + common, encoding="utf-8")
    told = "common.inc: line 2: it has the type IDREF, whose texts point to other places"
    assert [*readings(schema.parent)] == [f"M.xsd: read form by form: {told}"]


def test_a_schema_that_cannot_be_used_has_no_line(tmp_path: Path) -> None:
    schema = broken_into_lines(tmp_path, sequence(V))
    schema.write_text("<xs:schema/>", encoding="utf-8")
    assert [*readings(schema.parent)] == []


def test_the_root_must_have_forms_and_nothing_else(tmp_path: Path) -> None:
    schema = broken_into_lines(tmp_path, sequence(V))
    text = schema.read_text(encoding="utf-8")
    schema.write_text(text.replace('maxOccurs="unbounded"', 'maxOccurs="9"', 1), encoding="utf-8")
    line = line_with(schema, 'name="M"')
    told = f"line {line}: the root has other children than any number of forms"
    assert [*readings(schema.parent)] == [f"M.xsd: left to libxml2: {told}"]


def test_the_command_tells_it_after_the_problems_and_counts_it_for_none(tmp_path: Path) -> None:
    schema = broken_into_lines(tmp_path, sequence(element("V", of="token")))
    done = CliRunner().invoke(app, ["families", "lint", str(schema.parent)])
    *problems, told, _ = done.output.splitlines()
    assert told == f"M.xsd: left to libxml2: line {line_with(schema, 'xs:token')}: it has texts of the type token"
    assert problems
    assert not any("token" in each for each in problems)
    done = CliRunner().invoke(app, ["families", "lint", str(root() / "dmfa")])
    assert "DmfAOriginal_20231.xsd: proven in bulk" in done.output.splitlines()
    assert done.exit_code == 0
