"""Proof for schemas of all kinds: hostile texts, content models that decide late, and what is left to libxml2."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from declarations.bulk.facets import translated
from declarations.bulk.layout import Layout
from declarations.bulk.positions import Unprovable
from declarations.bulk.proof import Proof
from declarations.bulk.reading import Reader
from declarations.errors import Invariant
from declarations.families import Version
from declarations.stages.chunks import Frame
from tests.bulk.documents import chunk_by_chunk, slowly
from tests.bulk.test_other_families import both_ways, element, sequence, small

NUMBERS = [
    *("+5", "-5", "-0", "005", "5.", "5.0", "", " 5", "5 ", "1_0", "0x5", "1e3", "\uff15", "\u0663", "--5", "+-5"),
    *(
        "+",
        "9",
        "10",
        "99",
        "100",
        "9223372036854775807",
        "9223372036854775808",
        "0" * 30 + "5",
        "5\n",
        "\u20095",
        "inf",
    ),
]
DATES = [
    *("2024-02-29", "2023-02-29", "0000-01-01", "0001-01-01", "0999-12-31", "10000-01-01", "-2023-01-01", "2023-1-1"),
    *(" 023-01-01", "2023- 1- 1", "+023-01-01", "20231-1-01", "2023-01-01Z", "2023-13-01", "2023-01-01T", "", "2023"),
    *("2000-01-01", "1999-12-31", "2023-00-10", "2023-01-00", "\uff12023-01-01", "2023\u201001-01", "2023-01-32"),
]
TIMES = [
    *("00:00:00", "24:00:00", "23:59:60", "23:59:59.999", "1:00:00", "12:00", "12:00:00Z", "12:00:00.", ""),
    "12:00:00x",
]
TEXTS = [
    *("", "a", "abc", "abcd", "\u20ac\u20ac\u20ac", "\U0001f600" * 3, "\U0001f600" * 4, "a\tb", "a\nb", " a", "A"),
    *("abc ", "\x7f", "\x85", "\ufffd", "\ufeff", "]]", "\u00e9\u0301"),
]

SIMPLE = {
    "integer": ("", NUMBERS),
    "nonNegativeInteger": ("", NUMBERS),
    "unsignedByte": ("", [*NUMBERS, "255", "256"]),
    "long": ("", NUMBERS),
    "integer within limits": ('<xs:minInclusive value="-5"/><xs:maxInclusive value="99"/>', NUMBERS),
    "integer beyond limits": ('<xs:minExclusive value="-5"/><xs:maxExclusive value="99"/>', NUMBERS),
    "integer of digits": ('<xs:totalDigits value="2"/>', NUMBERS),
    "integer of a pattern": (r'<xs:pattern value="\d{3}"/><xs:pattern value="[0]|\d{2}"/>', NUMBERS),
    "integer of some": ('<xs:enumeration value="5"/><xs:enumeration value="010"/>', NUMBERS),
    "date": ("", DATES),
    "date of a pattern": (r'<xs:pattern value="\d{4}-\d{2}-\d{2}"/>', DATES),
    "date from": ('<xs:minInclusive value="2000-01-01"/><xs:maxInclusive value="2023-02-28"/>', DATES),
    "time": ("", TIMES),
    "gYear": ("", [*DATES, "0000", "02023"]),
    "gYearMonth": ("", [*DATES, "2023-01", "2023-13", "0000-01"]),
    "boolean": ("", ["true", "1", "TRUE", " 0", "yes", ""]),
    "string": ("", TEXTS),
    "string of a length": ('<xs:minLength value="1"/><xs:maxLength value="3"/>', TEXTS),
    "string of one length": ('<xs:length value="3"/>', TEXTS),
    "string of some": ('<xs:enumeration value="a"/><xs:enumeration value="abc "/>', TEXTS),
    "string of a pattern": ('<xs:pattern value="[a-c]{1,3}"/><xs:pattern value="..."/>', TEXTS),
}


def of_type(folder: Path, name: str) -> Version:
    """A family of forms with one text of that type."""
    facets, _ = SIMPLE[name]
    base = name.split()[0]
    inner = f'<xs:simpleType><xs:restriction base="xs:{base}">{facets}</xs:restriction></xs:simpleType>'
    return small(folder, sequence(element("V", inner, least="0")))


def proof(of: Version) -> Proof:
    """What proves forms of that schema."""
    return Proof(of, Layout(of.plan))


def can_be_kept(of: Version, form: str) -> bool:
    """Whether the texts of a form, if valid, are of a size that columns have; reading in bulk must agree."""
    try:
        slowly(f"<M>{form}</M>".encode(), of)
    except Invariant:
        with pytest.raises(Invariant):
            chunk_by_chunk(f"<M>{form}</M>".encode(), of)
        return False
    return True


@pytest.mark.parametrize("name", SIMPLE)
def test_no_text_is_taken_for_what_it_is_not(tmp_path: Path, name: str) -> None:
    of = of_type(tmp_path, name)
    assert proof(of)
    forms = [f"<Form><V>{text}</V></Form>" for text in SIMPLE[name][1]]
    kept = [form for form in forms if can_be_kept(of, form)]
    for form in kept:
        both_ways(of, form)
    assert both_ways(of, *kept)


def group(order: str, *parts: str) -> str:
    """A part of a content model."""
    return f"<xs:{order}>{''.join(parts)}</xs:{order.split()[0]}>"


MODELS = {
    "a?, b+": sequence(element("A", of="string", least="0"), element("B", of="string", most="unbounded")),
    "(a, b) | (b, c)": sequence(
        group("sequence", element("A", of="string"), element("B", of="string")),
        group("sequence", element("B", of="string", most="2"), element("C", of="string")),
        order="choice",
    ),
    "b{2,3}, a?": sequence(element("B", of="string", least="2", most="3"), element("A", of="string", least="0")),
    "(a | b)*, c": sequence(
        group('choice minOccurs="0" maxOccurs="unbounded"', element("A", of="string"), element("B", of="string")),
        element("C", of="string", least="0"),
    ),
    "a, b?, a": sequence(element("A", of="string"), element("B", of="string"), element("A", of="string", least="0")),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_order_of_children_is_judged_as_libxml2_judges_it(tmp_path: Path, name: str) -> None:
    of = small(tmp_path, MODELS[name])
    assert proof(of)
    orders = [order for length in range(5) for order in product("ABC", repeat=length)]
    assert both_ways(of, *("<Form>" + "".join(f"<{tag}>x</{tag}>" for tag in order) + "</Form>" for order in orders))


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (sequence('<xs:any minOccurs="0" processContents="lax"/>'), "any element"),
        (sequence(element("V", of="decimal")).replace('type="xs:decimal"', 'type="xs:float"'), "float"),
        (sequence(element("V", of="string").replace("<xs:element", '<xs:element nillable="true"')), "nillable"),
        (sequence(element("V", of="string").replace("<xs:element", '<xs:element default="x"')), "default"),
        (sequence(element("V", of="string").replace("<xs:element", '<xs:element fixed="x"')), "fixed"),
        (sequence(element("V", of="token")), "token"),
        (sequence(element("A", of="string"), element("B", of="string"), order="all"), "any order"),
        (sequence(element("V", of="string"), attributes='mixed="true"'), "between"),
        (
            sequence(element("A", of="string", least="2", most="2")).replace(
                "<xs:sequence>", '<xs:sequence minOccurs="0" maxOccurs="unbounded">'
            ),
            "several times",
        ),
        (
            sequence(element("A", of="string")).replace("<xs:sequence>", '<xs:sequence maxOccurs="3">'),
            "limited number",
        ),
        (
            sequence(element("V", of="string")).replace(
                "</xs:sequence>", '</xs:sequence><xs:attribute name="a" use="required"/>'
            ),
            "xs:attribute",
        ),
    ],
)
def test_what_cannot_be_proven_is_named_and_left_to_libxml2(tmp_path: Path, inside: str, reason: str) -> None:
    of = small(tmp_path, inside)
    with pytest.raises(Unprovable, match=reason):
        proof(of)
    reader = Reader(of, Frame("Form", b"<M>", b"</M>", "UTF-8", 3), of.plan)
    assert reason in (reader.unprovable or "")


@pytest.mark.parametrize(
    ("pattern", "meaning"),
    [(r"\d{3}|[A-C]", "[0-9]{3}|[A-C]"), ("a.b", r"a[^\n\r]b"), (r"(a|b)\.", r"(?:a|b)\.")],
)
def test_a_pattern_is_translated_if_nothing_in_it_means_something_else(pattern: str, meaning: str) -> None:
    assert translated(pattern) == meaning


@pytest.mark.parametrize("pattern", [r"\w", r"\p{L}", "[^a]", "[a-z-[b]]", "^a$", "a{", r"\i", "a&b", r"[\d]", "é"])
def test_other_patterns_are_left_to_libxml2(pattern: str) -> None:
    with pytest.raises(Unprovable):
        translated(pattern)
