"""Reading what any schema file says, with the xmlschema library, into `validators.content`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import xmlschema
from xmlschema.validators import XsdAnyElement, XsdGroup, XsdPatternFacets

from validators.content import Base, Element, Group, Order, Part, UnusableSchema, Use, Wildcard
from validators.ordinary import XS

if TYPE_CHECKING:
    from xmlschema.validators import XsdElement, XsdType

_BASES: Mapping[str, Base] = {
    f"{XS}integer": Base.INTEGER,
    f"{XS}decimal": Base.DECIMAL,
    f"{XS}date": Base.DATE,
    f"{XS}boolean": Base.BOOLEAN,
}
_NUMBER = re.compile(r"\d{5}")


def unusual(path: Path, root: str) -> Element:
    """The root element of a schema with all below it, read from scratch. It must have been vetted.

    Raises UnusableSchema where the schema is not valid itself, or nests an element in itself.
    """
    try:
        schema = xmlschema.XMLSchema(str(path.resolve()), allow="sandbox", defuse="always")
    except (xmlschema.XMLSchemaException, OSError) as fault:
        raise UnusableSchema(f"{path.name}: {type(fault).__name__}") from fault
    return _element(schema.maps.elements[root], path, ())


def _element(given: XsdElement, path: Path, above: tuple[object, ...]) -> Element:
    kind = given.type
    group = kind.model_group
    if group is None:
        return _simple(given, kind)
    if any(kind is each for each in above):
        raise UnusableSchema(f"{path.name}: {given.name} can stand within itself, so it has no fixed depth")
    content, forbidden = _parts(group, path, (*above, kind))
    whole = Group(Order(group.model), content, group.min_occurs, group.max_occurs)
    return Element(given.name, _number(given), Base.NONE, content=whole, forbidden=forbidden)


def _parts(group: XsdGroup, path: Path, above: tuple[object, ...]) -> tuple[tuple[Part, ...], tuple[Element, ...]]:
    """The parts of a group that can occur, and the elements in it that may not."""
    parts: list[Part] = []
    forbidden: list[Element] = []
    for each in group:
        if isinstance(each, XsdGroup):
            inner, barred = _parts(each, path, above)
            forbidden += barred
            if each.max_occurs != 0:
                parts.append(Group(Order(each.model), inner, each.min_occurs, each.max_occurs))
        elif isinstance(each, XsdAnyElement):
            parts.append(Wildcard(each.min_occurs, each.max_occurs))
        elif each.max_occurs == 0:
            forbidden.append(Element(each.name, _number(each), Base.OTHER))
        else:
            parts.append(Use(_element(each, path, above), each.min_occurs, each.max_occurs))
    return tuple(parts), tuple(forbidden)


def _simple(given: XsdElement, kind: XsdType) -> Element:
    simple = kind.simple_type
    if simple is None:
        return Element(given.name, _number(given), Base.OTHER)
    patterns = simple.get_facet(f"{XS}pattern")
    pattern = "|".join(patterns.regexps) if isinstance(patterns, XsdPatternFacets) else None
    digits = getattr(simple.get_facet(f"{XS}fractionDigits"), "value", None)
    return Element(given.name, _number(given), _base(simple), pattern, digits)


def _base(simple: XsdType | None) -> Base:
    while simple is not None:
        base = _BASES.get(simple.name or "")
        if base is not None:
            return base
        simple = simple.base_type
    return Base.OTHER


def _number(given: XsdElement) -> str | None:
    """The five digits in the element's documentation, in that of the one it refers to, or in its type's."""
    for component in (given, given.ref, given.type):
        annotation = None if component is None else component.annotation
        for text in () if annotation is None else annotation.documentation:
            if text.text is not None and _NUMBER.fullmatch(text.text.strip()):
                return text.text.strip()
    return None
