"""Synthetic persons of one form, one after the other: each with its worker records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from declarations.generate import identities, records
from declarations.generate.employers import Employer
from declarations.generate.occupations import Scene
from declarations.generate.quarters import Quarter, iso
from declarations.generate.texts import Texts

_YOUNG = 26 * 365
_OLD = 58 * 365


@dataclass(frozen=True, slots=True)
class Staff:
    """The persons of one form. `seed` decides about their records; `order` and `first` about their INSS."""

    employer: Employer
    quarter: Quarter
    seed: str
    order: str
    first: int = 0


def persons(
    staff: Staff, texts: Texts, schema: str, bends: Mapping[int, Callable[[str], str]]
) -> Iterator[tuple[str, int]]:
    """Each person's text and share in the net amount; the same for every call. `bends` changes texts by place."""
    quarter = staff.quarter
    random = Random(staff.seed).random
    scene = Scene(texts, quarter, staff.employer, schema, random, iso(quarter.first), iso(quarter.last))
    identified = identities.persons(quarter, staff.order, staff.first, staff.employer.size)
    for place, (inss, born) in enumerate(identified):
        text, owed = _records(scene, place, born)
        text = texts.person % (place + 1, inss, _reference(scene, place), text)
        yield bends[place](text) if place in bends else text, owed


def _reference(scene: Scene, place: int) -> str:
    odds = scene.random()
    if odds < 0.7:
        return scene.texts.person_reference % (10_000 + place)
    return scene.texts.no_person_reference if odds < 0.8 else ""


def _records(scene: Scene, place: int, born: int) -> tuple[str, int]:
    """The first person of a form is an ordinary worker, so that every form has an occupation."""
    if place == 0:
        return records.ordinary(scene, born, _code(scene))
    special = _special(scene, born)
    if special is not None:
        return special
    code = _code(scene)
    text, owed = records.ordinary(scene, born, code)
    if scene.random() < 0.03:
        other, more = records.ordinary(scene, born, "495" if code == "015" else "015")
        return text + other, owed + more
    return text, owed


def _code(scene: Scene) -> str:
    return "015" if scene.random() < scene.employer.sector.manual else "495"


def _special(scene: Scene, born: int) -> tuple[str, int] | None:
    """A record that is not an ordinary one; None for most persons."""
    odds, employer, age = scene.random(), scene.employer, scene.quarter.first - born
    if employer.pays_indemnities and odds < 0.3:
        return records.accident(scene)
    if age < _YOUNG and odds < 0.35:
        return records.student(scene)
    if odds < employer.sector.statutory:
        return records.dismissed(scene) if odds < 0.01 else records.statutory(scene, born)
    if scene.quarter.code >= "20154" and odds > 1 - employer.sector.flexi:
        return records.flexi(scene, born)
    if age > _OLD and odds < 0.03:
        return records.exempted(scene, born) if odds > 0.025 and _exempts(scene) else records.indemnity(scene)
    return None


def _exempts(scene: Scene) -> bool:
    """Whether the activation contribution exists in the quarter, and its zones in the schema."""
    return scene.quarter.code >= "20181" and (scene.quarter.code < "20231" or scene.schema >= "20231")
