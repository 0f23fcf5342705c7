"""Every code that we emit is in the authority's list, with its class there."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache

import pytest
from lxml import etree

from declarations.families import Version, families
from tests.controls.documents import accepted
from validators import faults
from validators.rules import controls

FAMILY = families()[0]
XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def ours() -> frozenset[str]:
    """The codes that the family's README says to be ours."""
    text = (FAMILY.folder / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Anomalies of our own")[2].partition("\n## ")[0]
    return frozenset(re.findall(r"`(\w{5}-\d{3})`", section))


def strange(codes: Iterable[str]) -> set[str]:
    """The codes that do not block in the glossary, and are not said to be ours either."""
    blocking = {code for code in codes if glossary().get(code) == "B"}
    return {code for code in codes if f"NNNNN-{code[-3:]}" not in ours()} - blocking - ours()


def _text(text: str) -> Callable[[etree._Element], None]:
    def change(element: etree._Element) -> None:
        if not len(element):
            element.text = text

    return change


def _gone(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _last(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.append(element)


CHANGES: tuple[Callable[[etree._Element], None], ...] = (
    _gone,
    _last,
    lambda element: element.addnext(deepcopy(element)),
    lambda element: element.addnext(etree.Element("Remark")),
    lambda element: element.set("remark", "none"),
    *map(_text, ("x", "0", "-1", "9" * 130)),
)


@cache
def glossary() -> dict[str, str]:
    """The authority's anomalies of the DmfA, with their classes."""
    with (FAMILY.folder / "codes" / "anomalies.csv").open(encoding="utf-8", newline="") as source:
        return {line["code"]: line["class"] for line in csv.DictReader(source)}


def test_the_codes_of_controls_have_their_class_in_the_glossary() -> None:
    rules = controls(FAMILY.folder / "controls")
    unknown = {each.id: each.code for each in rules if glossary().get(each.code) != str(each.anomaly_class)}
    assert unknown == {}


def test_more_than_120_codes_are_controlled_beside_those_of_the_schema() -> None:
    rules = controls(FAMILY.folder / "controls")
    assert len({each.code for each in rules}) > 120


def possible(element: etree._Element, types: Mapping[str, etree._Element]) -> set[str]:
    """The error types that a schema can find of a zone or block, from how the schema declares it."""
    if element.get("maxOccurs") == "0":
        return {faults.FORBIDDEN}
    found = {faults.ORDER, faults.NOT_ADMITTED}
    if element.get("minOccurs") != "0" and next(element.iterancestors(f"{XS}choice"), None) is None:
        found.add(faults.ABSENT)
    if element.get("maxOccurs") != "unbounded":
        found.add(faults.OCCURRENCES)
    kind = types.get(element.get("type", ""))
    return found if kind is None else found | of_value(kind)


def of_value(kind: etree._Element) -> set[str]:
    """The error types that a value of a simple type can have."""
    restriction = kind.find(f"{XS}restriction")
    assert restriction is not None
    facets = {str(facet.tag).removeprefix(XS) for facet in restriction}
    found = set()
    if facets & {"enumeration", "minInclusive", "maxInclusive"}:
        found.add(faults.OUT_OF_DOMAIN)
    if facets & {"totalDigits", "maxLength", "minLength", "length"}:
        found.add(faults.LENGTH)
    if restriction.get("base") == "xs:integer":
        found.add(faults.NOT_NUMERIC)
    elif restriction.get("base") != "xs:string" or "pattern" in facets:
        found.add(faults.INVALID)
    return found


@pytest.mark.parametrize("version", FAMILY.versions(), ids=lambda version: version.name)
def test_what_a_schema_can_find_blocks_in_the_glossary_or_is_said_to_be_ours(version: Version) -> None:
    root = etree.parse(str(version.path)).getroot()
    types = {kind.get("name", ""): kind for kind in root.iterfind(f"{XS}simpleType")}
    codes = set()
    for element in root.iterfind(f".//{XS}complexType//{XS}element"):
        number = element.findtext(f"{XS}annotation/{XS}documentation") or ""
        codes |= {f"{number}-{FAMILY.error_types.get((number, usual), usual)}" for usual in possible(element, types)}
    assert strange(codes) == set()


def mutants() -> Iterator[etree._Element]:
    """The accepted document with one thing changed, for each kind of element in it; one person is kept."""
    seen = set()
    root = accepted()
    for element in root[0].iterdescendants():
        path = [str(each.tag) for each in (element, *element.iterancestors())]
        if tuple(path) in seen:
            continue
        seen.add(tuple(path))
        for change in CHANGES:
            changed = deepcopy(root)
            found = changed.find(root.getroottree().getelementpath(element))
            assert found is not None
            change(found)
            yield changed


def test_what_a_schema_finds_in_mutants_blocks_in_the_glossary_or_is_said_to_be_ours() -> None:
    newest = FAMILY.versions()[-1]
    found = {fault for each in mutants() for fault in newest.schema.faults(each)}
    assert strange({f"{fault.number or newest.plan.root_number}-{fault.kind}" for fault in found}) == set()
    assert {fault.kind for fault in found} >= {"001", "002", "003", "008", "090", "091", "092", "093", "146"}


def test_no_code_is_said_to_be_ours_that_blocks_in_the_glossary() -> None:
    assert {code for code in ours() if glossary().get(code) == "B"} == set()
