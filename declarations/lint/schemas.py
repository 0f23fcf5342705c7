"""What a version's schema must be: usable by two engines, numbered, and cheap to judge with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from declarations.errors import Configuration
from declarations.lint.folder import Folder, Problem, line_of
from validators.content import Element, UnusableSchema
from validators.patterns import MOST_COUNTED, repetition
from validators.schema import Schema
from validators.shape import XS
from validators.unusual import unusual

_LENGTHS = (f"{XS}length", f"{XS}maxLength")


def versions(folder: Folder) -> Iterator[Problem]:
    """What is wrong with the schemas; a family has one at least."""
    given = folder.family.versions()
    if not given:
        yield Problem(folder.family.folder, None, "there is no schema", "put the authority's XSD here")
    for version in given:
        yield from _patterns(version.path)
        try:
            schema, _ = version.schema, version.plan
        except Configuration as fault:
            yield Problem(version.path, None, str(fault), "the schema was not looked at further")
            continue
        yield from _second_engine(schema)
        for name in sorted(_unnumbered(schema.shape)):
            mend = "put the authority's five digits into its documentation"
            yield Problem(version.path, line_of(version.path, f'name="{name}"'), f"{name} has no number", mend)


def _second_engine(schema: Schema) -> Iterator[Problem]:
    try:
        second = unusual(schema.path, schema.root)
    except UnusableSchema as fault:
        yield Problem(schema.path, None, f"xmlschema refuses it: {fault}", "mend it: libxml2 is too lenient here")
        return
    if second != schema.shape:
        yield Problem(schema.path, None, "lxml and xmlschema read it differently", "report this with the schema")


def _unnumbered(element: Element) -> set[str]:
    below: set[str] = set().union(*(_unnumbered(use.element) for use in element.uses()))
    return below if element.number else below | {element.name}


def _patterns(path: Path) -> Iterator[Problem]:
    try:
        tree = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return  # told as an unusable schema
    for pattern in tree.iter(f"{XS}pattern"):
        text = pattern.get("value", "")
        line = pattern.sourceline
        if wrong := _dear(text, pattern.getparent()):
            mend = "bound it, as with {0,20}, or give the type a maxLength"
            yield Problem(path, line if isinstance(line, int) else None, f"the pattern {text} {wrong}", mend)


def _dear(pattern: str, restriction: etree._Element | None) -> str:
    """Why a hostile value could make a pattern cost too much; the empty text where none could."""
    found = repetition(pattern)
    if found.nested:
        return "repeats what may itself occur any number of times"
    if found.most > MOST_COUNTED:
        return f"counts to {found.most}, more than {MOST_COUNTED}"
    if found.unbounded and restriction is not None and not _has_length(restriction):
        return "has no bound, and its type no length"
    return ""


def _has_length(restriction: etree._Element) -> bool:
    """Whether a restriction, or the one that it restricts in the same file, bounds the length."""
    if next(restriction.iterchildren(*_LENGTHS), None) is not None:
        return True
    name = restriction.get("base", "").rpartition(":")[2]
    bases = restriction.getroottree().iterfind(f"{XS}simpleType[@name='{name}']/{XS}restriction")
    return any(each is not restriction and _has_length(each) for each in bases)
