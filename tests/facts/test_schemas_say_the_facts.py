"""The schemas accept and refuse exactly what the facts do."""

from __future__ import annotations

import copy
import os
from collections import Counter
from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lxml import etree

from declarations.families import root
from tests.facts.documents import NEVER, ODD_TEXTS, document, edges, mutate, value
from tests.facts.facts import MESSAGES, facts
from tests.facts.oracle import accepts, accepts_value
from validators.schema import Schema
from validators.shape import XS

SCHEMAS = {code: Schema(root() / folder / f"{name}.xsd") for code, (folder, name) in MESSAGES.items()}
EXAMPLES = 60
LONG = int(os.environ.get("DECLARATIONS_EXAMPLES", "0"))
MUTANTS = 5
seeds = st.integers(0, 2**64 - 1)
messages = pytest.mark.parametrize("message", MESSAGES)


def refused(message: str, tree: etree._Element) -> bool:
    """Whether the schema refuses it."""
    return not SCHEMAS[message].compiled.validate(tree)


def agree(message: str, seed: int) -> None:
    """Hold a document and its mutants against both."""
    draw = Random(seed)
    whole = document(facts(message), draw)
    assert accepts(facts(message), whole)
    assert not refused(message, whole)
    for _ in range(MUTANTS):
        mutant = copy.deepcopy(whole)
        note(mutate(facts(message), mutant, draw))
        assert accepts(facts(message), mutant) is not refused(message, mutant)


@messages
@settings(max_examples=EXAMPLES, derandomize=True, database=None)
@given(seed=seeds)
def test_schema_and_facts_agree_on_every_document_and_mutant(message: str, seed: int) -> None:
    agree(message, seed)


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="DECLARATIONS_EXAMPLES is not set")
@messages
@settings(max_examples=max(LONG, 1), database=None)
@given(seed=seeds)
def test_schema_and_facts_agree_in_a_long_campaign(message: str, seed: int) -> None:
    agree(message, seed)


@messages
def test_every_zone_has_exactly_the_values_of_the_facts(message: str) -> None:
    schema = etree.parse(SCHEMAS[message].path).getroot()
    for kind in schema.findall(f"{XS}simpleType"):
        etree.SubElement(schema, f"{XS}element", name=kind.get("name"), type=kind.get("name"))
    types = etree.XMLSchema(schema)
    draw = Random(message)
    zone_element = etree.Element("zone")
    for tag, zone in facts(message).zones.items():
        zone_element.tag = tag
        good = [] if zone.pattern == NEVER else [value(zone, draw) for _ in range(3)]
        for text in {*ODD_TEXTS, *(edge for each in good or ["1"] for edge in edges(zone, each))}:
            zone_element.text = text
            assert types.validate(zone_element) is accepts_value(zone, text), f"{tag}: {text!r}"


@messages
def test_every_element_has_the_type_of_its_name(message: str) -> None:
    schema = etree.parse(SCHEMAS[message].path).getroot()
    for element in schema.iter(f"{XS}element"):
        assert element.get("type") in ({"xs:string"} if element.get("maxOccurs") == "0" else set()) | {
            element.get("name")
        }


@messages
def test_most_mutants_are_refused_and_some_are_accepted(message: str) -> None:
    verdicts: Counter[bool] = Counter()
    for seed in range(60):
        draw = Random(seed)
        mutant = document(facts(message), draw)
        mutate(facts(message), mutant, draw)
        verdicts[refused(message, mutant)] += 1
    assert verdicts[True] > verdicts[False] > 0


@messages
@settings(max_examples=20, derandomize=True, database=None)
@given(seed=seeds)
def test_every_refusal_has_its_faults_and_an_accepted_document_none(message: str, seed: int) -> None:
    draw = Random(seed)
    mutant = document(facts(message), draw)
    for _ in range(draw.randint(0, 4)):
        note(mutate(facts(message), mutant, draw))
    before = etree.tostring(mutant)
    faults = SCHEMAS[message].faults(mutant)
    assert bool(faults) is refused(message, mutant)
    assert etree.tostring(mutant) == before
    for fault in faults:
        assert mutant.xpath("/*" + "".join(f"/*[{place}]" for place in fault.location[1:]))


@messages
@settings(max_examples=20, derandomize=True, database=None)
@given(seed=seeds)
def test_one_broken_thing_is_one_finding(message: str, seed: int) -> None:
    draw = Random(seed)
    mutant = document(facts(message), draw)
    leaf = draw.choice([each for each in mutant.iter() if each.tag in facts(message).zones and not len(each)])
    leaf.text = draw.choice(["x" * 600, "\u0661", ""])
    faults = SCHEMAS[message].faults(mutant)
    assert len(faults) <= 1
    assert [fault.tag for fault in faults] in ([], [leaf.tag])


@messages
def test_every_element_carries_its_number(message: str) -> None:
    told = facts(message)
    waiting = [SCHEMAS[message].shape]
    seen = set()
    while waiting:
        element = waiting.pop()
        seen.add(element.name)
        assert element.number == told.numbers[element.name]
        waiting += [use.element for use in element.uses()]
    assert seen == set(told.numbers)
