"""The public register as files: a page in each language, and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from declarations.entitlement.authorizations import authorizations
from declarations.entitlement.entitlements import AUTHORIZATIONS
from declarations.families import Family
from declarations.pages.words import words
from declarations.publication.page import ROOM, page
from declarations.publication.register import Register, document, information
from validators.catalogue import Language, catalogue

FIRST = Language.ENGLISH
"""The language of `index.html`."""


def site(family: Family, names: Mapping[str, str], day: date) -> dict[str, bytes]:
    """The files by name, the same bytes for the same authorizations, names and day."""
    registers = {language: _register(family, names, day, language) for language in Language}
    files = {language: "index.html" if language is FIRST else f"{language}.html" for language in Language}
    pages = {}
    for language, register in registers.items():
        others = {words(ROOM, each)["name"]: files[each] for each in Language if each is not language}
        pages[files[language]] = page(register, words(ROOM, language), others).encode()
    return {**pages, "register.json": document(registers[FIRST])}


def _register(family: Family, names: Mapping[str, str], day: date, language: Language) -> Register:
    plan = family.versions()[-1].plan
    return Register(
        family=family.name,
        title=family.title,
        made_on=day,
        authorizations=authorizations(family.folder / AUTHORIZATIONS),
        names=names,
        information=information(plan, catalogue(language, family.folder)),
    )
