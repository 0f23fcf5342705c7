"""From the bytes on, in whatever way they are written, documents are judged as the facts say."""

from __future__ import annotations

import copy
import io
import os
from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lxml import etree

from declarations.families import Version, families, message, root
from declarations.stages.validate import judged_forms, survey
from tests.facts.documents import document, mutate
from tests.facts.facts import MESSAGES, facts
from tests.facts.oracle import accepts
from tests.facts.writings import Writing, written
from validators.envelope import HARDENED

EXAMPLES = 40
LONG = int(os.environ.get("DECLARATIONS_EXAMPLES", "0"))
MUTANTS = 3
VERSIONS = {version.name: version for version in families()[0].versions()}
seeds = st.integers(0, 2**64 - 1)
messages = pytest.mark.parametrize("code", MESSAGES)


def accepted(name: str, writing: Writing) -> bool:
    """What we say of the bytes: a declaration goes form by form as in production, an answer as a whole."""
    version = VERSIONS.get(name)
    if version is not None:
        return _every_form(version, writing.content)
    tree = etree.fromstring(writing.content, etree.XMLParser(**HARDENED))
    return not message(name).schema.faults(tree)


def _every_form(version: Version, content: bytes) -> bool:
    tag = etree.fromstring(content).tag
    stands = survey(io.BytesIO(content), version.family.form)
    if tag != version.plan.message or stands.strangers or not stands.forms:
        return False
    return not any(form.faults for form in judged_forms(io.BytesIO(content), version))


def agree(code: str, seed: int) -> None:
    """Hold a document, its mutants, and writings of them against the facts."""
    told, draw = facts(code), Random(seed)
    whole = document(told, draw)
    for nth in range(MUTANTS + 1):
        mutant = copy.deepcopy(whole)
        if nth:
            note(mutate(told, mutant, draw))
        writing = written(mutant, draw)
        note(repr(writing))
        assert accepted(told.name, writing) is accepts(told, writing.read())


@messages
@settings(max_examples=EXAMPLES, derandomize=True, database=None)
@given(seed=seeds)
def test_every_writing_of_a_document_is_judged_as_the_facts_say(code: str, seed: int) -> None:
    agree(code, seed)


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="DECLARATIONS_EXAMPLES is not set")
@messages
@settings(max_examples=max(LONG, 1), database=None)
@given(seed=seeds)
def test_every_writing_is_judged_as_the_facts_say_in_a_long_campaign(code: str, seed: int) -> None:
    agree(code, seed)


def test_every_schema_file_is_held_against_facts() -> None:
    assert {path.stem for path in root().glob("*/*.xsd")} == {name for _, name in MESSAGES.values()}
