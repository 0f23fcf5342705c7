"""Every code that can be met has its words, in every language."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from declarations.families import Family, families
from declarations.pages.words import words
from validators import faults, rules
from validators.catalogue import OWN_TEXT_NEEDED, Catalogue, Language, catalogue
from validators.content import Element
from validators.rules import CODE_CHECKS, Control

ROOT = Path(__file__).parents[2]
RECEPTION_SOURCES = (
    "declarations/filenames.py",
    "declarations/checking.py",
    "declarations/stages/accept.py",
    "declarations/stages/receive.py",
    "declarations/steps/accept.py",
    "declarations/steps/directory.py",
    "declarations/steps/rejections.py",
    "declarations/steps/receive.py",
    "declarations/adapters/signatures.py",
    "validators/envelope.py",
)
"""Where codes of reception are written as texts of three digits."""

each_language = pytest.mark.parametrize("language", Language)


def texts(language: Language) -> Catalogue:
    return catalogue(language, dmfa().folder)


@cache
def dmfa() -> Family:
    return next(family for family in families() if family.name == "dmfa")


@cache
def controls() -> tuple[Control, ...]:
    return rules.controls(dmfa().folder / "controls").controls


@cache
def elements() -> dict[str, str]:
    """The tags of all zones and blocks by their numbers, the forbidden ones too."""
    found: dict[str, str] = {}
    for version in dmfa().versions():
        found |= {each.number or "": each.name for each in below(version.schema.shape)}
    return found


def below(element: Element) -> Iterator[Element]:
    yield element
    yield from element.forbidden
    for use in element.uses():
        yield from below(use.element)


def emitted_types() -> set[str]:
    """The error types of the schemas' faults, of those the family has instead, and of its controls."""
    usual = {value for name, value in vars(faults).items() if name.isupper() and re.fullmatch(r"\d{3}", str(value))}
    return usual | set(dmfa().error_types.values()) | {control.code[-3:] for control in controls()}


def reception_codes() -> set[str]:
    found: set[str] = set()
    for source in RECEPTION_SOURCES:
        tree = ast.parse((ROOT / source).read_text(encoding="utf-8"))
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        found |= {value for value in constants if isinstance(value, str) and re.fullmatch(r"\d{3}", value)}
    return found


@each_language
def test_every_error_type_that_we_emit_is_explained(language: Language) -> None:
    assert len(emitted_types()) > 14
    assert sorted(emitted_types() - texts(language).anomalies.keys()) == []


@each_language
def test_every_code_of_reception_is_explained(language: Language) -> None:
    assert len(reception_codes()) > 30
    assert sorted(reception_codes() - texts(language).receptions.keys()) == []


@each_language
def test_every_zone_and_block_has_a_name(language: Language) -> None:
    assert len(elements()) > 220
    assert [tag for tag in elements().values() if not texts(language).names.get(tag)] == []


def test_the_numbers_are_those_of_the_schemas() -> None:
    given = tomllib.loads((dmfa().folder / "texts" / "numbers.toml").read_text(encoding="utf-8"))
    assert given == {number: tag for number, tag in elements().items() if number}


def wants_own_words(control: Control) -> bool:
    """Whether the words of its error type cannot tell how to mend it; what is no code of a list is told by those."""
    return control.code[-3:] in OWN_TEXT_NEEDED and control.check not in CODE_CHECKS


@each_language
def test_a_control_whose_error_type_does_not_tell_the_remedy_has_its_own_words(language: Language) -> None:
    wanting = [control.id for control in controls() if wants_own_words(control)]
    assert len(wanting) > 10
    assert [each for each in wanting if each not in texts(language).controls] == []


@each_language
def test_no_words_are_left_of_a_control_that_is_gone(language: Language) -> None:
    assert sorted(texts(language).controls.keys() - {control.id for control in controls()}) == []


@each_language
def test_the_languages_have_the_same_entries(language: Language) -> None:
    ours, english = texts(language), texts(Language.ENGLISH)
    for part in ("anomalies", "receptions", "names", "controls"):
        assert getattr(ours, part).keys() == getattr(english, part).keys()


@each_language
def test_what_is_wrong_and_how_to_mend_it_are_whole_sentences(language: Language) -> None:
    ours = texts(language)
    pairs = [pair for part in (ours.anomalies, ours.receptions, ours.controls) for pair in part.values()]
    odd = [text for pair in pairs for text in pair if not re.fullmatch(r"(?:[A-ZÀ-ÖØ-Þ0-9]).*\.", text)]
    assert odd == []


@each_language
def test_every_text_fits_the_label_of_an_answer(language: Language) -> None:
    longest = max(texts(language).names.values(), key=len)
    told = [str(texts(language).anomaly(each.code, longest, each.id)) for each in controls()]
    assert max(map(len, told)) <= 500


@each_language
def test_no_text_on_an_identification_number_speaks_of_what_is_in_it(language: Language) -> None:
    zones = {number for number, tag in elements().items() if tag.endswith("INSS")}
    told = [str(texts(language).anomaly(f"{zone}-{kind}", "INSS")) for zone in zones for kind in emitted_types()]
    told += [str(texts(language).anomaly(each.code, "INSS", each.id)) for each in controls() if each.code[:5] in zones]
    content = re.compile(r"\bsex|geslacht|geschlecht|birth|naissance|geboor|geburt|\bâge|\bage\b|leeftijd", re.I)
    assert [text for text in told if content.search(text)] == []


@each_language
@pytest.mark.parametrize("room", ["declarations.reports", "declarations.publication"])
def test_the_words_of_pages_are_alike_in_all_languages(language: Language, room: str) -> None:
    ours, english = words(room, language).texts, words(room, Language.ENGLISH).texts
    assert ours.keys() == english.keys()
    places = re.compile(r"\{\w+\}")
    assert [key for key in ours if set(places.findall(ours[key])) != set(places.findall(english[key]))] == []
