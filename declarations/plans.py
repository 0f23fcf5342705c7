"""Deriving a family's tables from what its schema says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from declarations.blocks import Block, Column, ColumnType, Plan
from declarations.errors import Configuration
from validators.content import Base, Element, Group, Order, Part, Use, digit_lengths

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TYPES = {
    Base.INTEGER: ColumnType.INTEGER,
    Base.DECIMAL: ColumnType.DECIMAL,
    Base.DATE: ColumnType.DATE,
    Base.BOOLEAN: ColumnType.BOOLEAN,
    Base.OTHER: ColumnType.TEXT,
}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a family says of its columns beyond the schema, by tag."""

    identifiers: Mapping[str, int] = field(default_factory=dict)  # digits they are padded to
    scales: Mapping[str, int] = field(default_factory=dict)  # digits after the comma


def snake_case(tag: str) -> str:
    """The name of a block or column: `NOSSRegistrationNbr` is `noss_registration_nbr`."""
    return _WORD_STARTS.sub("_", tag).replace("-", "_").replace(".", "_").lower()


def plan(root: Element, form: str, overrides: Overrides) -> Plan:
    """The blocks of a message from its form down. Raises Configuration where the schema has no such form."""
    element = next((use.element for use in root.uses() if use.element.name == form), None)
    if element is None:
        raise Configuration(f"the root {root.name} has no child {form}: correct `form` in family.toml")
    found = [_Found(element, (element.name,), None, True), *_below(element, (element.name,))]
    names = _names(found)
    blocks = tuple(_block(each, names, overrides) for each in found)
    return Plan(root.name, root.number, blocks)


@dataclass(frozen=True, slots=True)
class _Found:
    """An element that becomes a block, with the tags that lead to it."""

    element: Element
    tags: tuple[str, ...]
    above: tuple[str, ...] | None
    repeats: bool


def _below(element: Element, tags: tuple[str, ...]) -> Iterator[_Found]:
    for child in _children(element):
        if child.is_block:
            path = (*tags, child.element.name)
            yield _Found(child.element, path, tags, child.most != 1)
            yield from _below(child.element, path)


@dataclass(frozen=True, slots=True)
class _Child:
    """How often a child may stand under its parent, all its places taken together."""

    element: Element
    least: int
    most: int | None

    @property
    def is_block(self) -> bool:
        return self.element.content is not None or self.most != 1


def _children(element: Element) -> list[_Child]:
    """The children by tag in schema order; one that has several places in the content model once."""
    if element.content is None:
        return []
    places: dict[str, list[_Child]] = {}
    for use in element.uses():
        least, most = _occurrence(element.content, use.element.tag)
        places.setdefault(use.element.tag, []).append(_Child(use.element, least, most))
    return [each[0] for each in places.values()]


def _occurrence(part: Part, tag: str) -> tuple[int, int | None]:
    """How often that tag occurs in a part of a content model, at least and at most."""
    if isinstance(part, Use):
        return (part.least, part.most) if part.element.tag == tag else (0, 0)
    if not isinstance(part, Group):
        return (0, 0)
    each = [_occurrence(inner, tag) for inner in part.parts]
    leasts, mosts = [least for least, _ in each], [most for _, most in each]
    if part.order is Order.CHOICE:
        return _repeated(min(leasts, default=0), None if None in mosts else max(_known(mosts), default=0), part)
    return _repeated(sum(leasts), None if None in mosts else sum(_known(mosts)), part)


def _known(mosts: list[int | None]) -> list[int]:
    return [most for most in mosts if most is not None]


def _repeated(least: int, most: int | None, group: Group) -> tuple[int, int | None]:
    if most == 0 or group.most == 0:
        return (0, 0)
    return (least * group.least, None if most is None or group.most is None else most * group.most)


def _names(found: list[_Found]) -> dict[tuple[str, ...], str]:
    """The name of each block by its tags; a tag that is a block in several places gets its parent's name too."""
    times = Counter(each.tags[-1] for each in found)
    names: dict[tuple[str, ...], str] = {}
    for each in found:
        name = snake_case(each.tags[-1])
        if times[each.tags[-1]] > 1 and each.above is not None:
            name = f"{names[each.above]}_{name}"
        if name in names.values():
            raise Configuration(f"two blocks would be called {name}: rename an element of the schema")
        names[each.tags] = name
    return names


def _block(found: _Found, names: Mapping[tuple[str, ...], str], overrides: Overrides) -> Block:
    element = found.element
    if element.content is None:
        columns = [replace(_column(_Child(element, 1, 1), overrides), name="value")]
    else:
        columns = [_column(child, overrides) for child in _children(element) if not child.is_block]
    parent = None if found.above is None else names[found.above]
    name = names[found.tags]
    _refuse_collisions(name, parent, columns)
    return Block(name, element.name, found.tags, parent, element.number, found.repeats, tuple(columns))


def _refuse_collisions(name: str, parent: str | None, columns: list[Column]) -> None:
    ours = ["form", "row", "nth", "part" if parent is None else f"{parent}_row"]
    times = Counter([*ours, *(column.name for column in columns)])
    twice = [each for each, count in times.items() if count > 1]
    if twice:
        raise Configuration(f"block {name} would have several columns {', '.join(twice)}: rename an element")


def _column(child: _Child, overrides: Overrides) -> Column:
    element = child.element
    tag = element.name
    lengths = digit_lengths(element.pattern or "") if element.base is Base.INTEGER and element.pattern else None
    if tag in overrides.identifiers or lengths is not None:
        only = next(iter(lengths)) if lengths is not None and len(lengths) == 1 else None
        width = overrides.identifiers.get(tag, only)
        return Column(snake_case(tag), tag, ColumnType.IDENTIFIER, element.number, child.least > 0, width)
    kind = _TYPES[element.base]
    scale = _scale(element, overrides) if kind is ColumnType.DECIMAL else 0
    return Column(snake_case(tag), tag, kind, element.number, child.least > 0, scale=scale)


def _scale(element: Element, overrides: Overrides) -> int:
    scale = overrides.scales.get(element.name, element.digits_after_comma)
    if scale is None:
        raise Configuration(
            f"{element.name} is a decimal of any length: give its digits after the comma under [scales] in family.toml"
        )
    return scale
