"""What a schema demands of the texts of each column, as limits and sets that many texts are held against at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lxml import etree

from declarations.bulk.layout import Cell
from declarations.bulk.positions import Unprovable
from validators.shape import XS

_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)
_INTEGERS = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
_LEXICAL = {
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?",
    "gYear": r"[1-9][0-9]{3}",
    "gYearMonth": r"[1-9][0-9]{3}-(0[1-9]|1[0-2])",
    "boolean": r"true|false|1|0",
}
"""Built-in types of which a part of the legal texts is as easily told."""

_ATTRIBUTES = {"name", "type", "minOccurs", "maxOccurs", "id"}
_COMPLEX = frozenset(f"{XS}{name}" for name in ("annotation", "sequence", "choice"))


@dataclass(slots=True)
class Facets:
    """What texts of one type must be. Numbers and dates have `low` and `high`, other texts `shortest` and `longest`.

    base      "integer", "date" or "text"
    values    the only ones, as numbers or as texts; None where there are others
    patterns  regular expressions of Polars, which all must match the whole text
    """

    base: str = "text"
    low: int | None = None
    high: int | None = None
    shortest: int = 0
    longest: int | None = None
    values: frozenset[str] | None = None
    patterns: tuple[str, ...] = ()
    earliest: date | None = None
    latest: date | None = None
    names: list[str] = field(default_factory=list)

    def above(self, low: int) -> None:
        """Not less than that."""
        self.low = low if self.low is None else max(self.low, low)

    def below(self, high: int) -> None:
        """Not more than that."""
        self.high = high if self.high is None else min(self.high, high)


class Types:
    """The types of a schema file that stands alone. Raises Unprovable for what is left to libxml2."""

    def __init__(self, path: Path) -> None:
        """Read the file, which must have been vetted."""
        self._tree = etree.fromstring(path.read_bytes(), _PARSER)
        self._global = {(str(each.tag), each.get("name", "")): each for each in self._tree}
        self._children: dict[etree._Element, dict[str, etree._Element]] = {}  # by the complex type, the first of each
        self._refuse()

    def _refuse(self) -> None:
        if self._tree.get("targetNamespace"):
            raise Unprovable(f"line {self._tree.sourceline}: it has a namespace")
        for each in self._tree.iter():
            tag = str(each.tag).removeprefix(XS)
            if tag in {"include", "import", "redefine", "attribute", "attributeGroup", "any", "all", "group"}:
                raise Unprovable(f"line {each.sourceline}: it uses xs:{tag}")
            if tag in {"simpleContent", "complexContent", "list", "union", "whiteSpace", "anyAttribute"}:
                raise Unprovable(f"line {each.sourceline}: it uses xs:{tag}")
            if tag == "complexType" and each.get("mixed") in {"true", "1"}:
                raise Unprovable(f"line {each.sourceline}: an element has texts between its children")
            if tag == "element" and (odd := set(each.attrib) - _ATTRIBUTES):
                raise Unprovable(f"line {each.sourceline}: an element has {min(str(name) for name in odd)}")

    def of(self, root: str, cell: Cell) -> Facets:
        """What is demanded of the texts of a column; nothing where the schema does not have it."""
        tags = cell.block.tags if cell.own else (*cell.block.tags, cell.column.tag)
        node: etree._Element | None = self._global[f"{XS}element", root]
        for tag in tags:
            node = None if node is None else self._child(node, tag)
        if node is None:
            return Facets()
        return self._simple(node)

    def _child(self, node: etree._Element, tag: str) -> etree._Element | None:
        kind = self._type(node)
        if isinstance(kind, str):
            raise Unprovable(f"line {node.sourceline}: {kind} has no children")
        if kind not in self._children:
            elements = (each for each in kind.iter(f"{XS}element") if _stands(each, kind))
            self._children[kind] = {each.get("name", ""): each for each in reversed(list(elements))}
        found = self._children[kind].get(tag)
        if found is None:
            raise Unprovable(f"line {kind.sourceline}: {tag} was not found in it")
        return found

    def _type(self, node: etree._Element) -> etree._Element | str:
        """The definition, or the name of a built-in type."""
        named = node.get("type") or node.get("base")
        if named is None:
            inline = next(node.iterchildren(f"{XS}complexType", f"{XS}simpleType"), None)
            if inline is None:
                raise Unprovable(f"line {node.sourceline}: anything may stand there")
            return inline
        prefix, _, local = named.rpartition(":")
        if node.nsmap.get(prefix or None) == XS[1:-1]:
            return local
        for kind in ("simpleType", "complexType"):
            if (found := self._global.get((f"{XS}{kind}", local))) is not None:
                return found
        raise Unprovable(f"line {node.sourceline}: the type {local} was not found")

    def _simple(self, node: etree._Element) -> Facets:
        """What the type demands that an element or a restriction names, or has in it."""
        kind = self._type(node)
        if isinstance(kind, str):
            with _on_line_of(node):
                return _built_in(kind)
        restriction = next(kind.iterchildren(f"{XS}restriction"), None)
        if kind.tag != f"{XS}simpleType" or restriction is None:
            raise Unprovable(f"line {kind.sourceline}: it is no plain simple type")
        facets = self._simple(restriction)
        _restrict(facets, restriction)
        return facets


@contextmanager
def _on_line_of(node: etree._Element) -> Iterator[None]:
    """Say where it is that something is left to libxml2."""
    try:
        yield
    except Unprovable as fault:
        raise Unprovable(f"line {node.sourceline}: {fault}") from fault


def _stands(element: etree._Element, kind: etree._Element) -> bool:
    """Whether it stands in that complex type itself, not in an inline type of a child."""
    return next(element.iterancestors(f"{XS}complexType"), None) is kind


def _built_in(name: str) -> Facets:
    if name in _INTEGERS:
        low, high = _INTEGERS[name]
        return Facets("integer", low, high)
    if name == "date":
        return Facets("date")
    if name == "string":
        return Facets()
    if name in _LEXICAL:
        return Facets(patterns=(_LEXICAL[name],), names=[name])
    raise Unprovable(f"it has texts of the type {name}")


def _restrict(facets: Facets, restriction: etree._Element) -> None:
    """The facets of one restriction; the patterns of one are alternatives."""
    patterns: list[str] = []
    values: set[str] = set()
    for each in restriction.iterchildren(f"{XS}*"):
        name, value = str(each.tag).removeprefix(XS), each.get("value", "")
        if name in {"annotation", "simpleType"}:
            continue
        with _on_line_of(each):
            if name == "pattern":
                patterns.append(translated(value))
            elif name == "enumeration":
                values.add(value)
            else:
                _limit(facets, name, value)
    if patterns:
        facets.patterns += ("|".join(f"(?:{each})" for each in patterns),)
    if values:
        facets.values = frozenset(values) if facets.values is None else facets.values & values
        if facets.base == "date" or facets.names:
            raise Unprovable(f"line {restriction.sourceline}: it names the only dates or times that are allowed")


def _limit(facets: Facets, name: str, value: str) -> None:
    try:
        _limited(facets, name, value)
    except ValueError as fault:
        raise Unprovable(f"it limits texts by a value of xs:{name} that only libxml2 reads") from fault


def _limited(facets: Facets, name: str, value: str) -> None:
    match facets.base, name:
        case "integer", "minInclusive":
            facets.above(int(value))
        case "integer", "maxInclusive":
            facets.below(int(value))
        case "integer", "minExclusive":
            facets.above(int(value) + 1)
        case "integer", "maxExclusive":
            facets.below(int(value) - 1)
        case "integer", "totalDigits":
            facets.above(1 - 10 ** int(value))
            facets.below(10 ** int(value) - 1)
        case "integer", "fractionDigits":
            pass
        case "date", "minInclusive":
            facets.earliest = max(filter(None, (facets.earliest, date.fromisoformat(value))))
        case "date", "maxInclusive":
            facets.latest = min(filter(None, (facets.latest, date.fromisoformat(value))))
        case "text", "minLength" | "maxLength" | "length" if not facets.names:
            facets.shortest = max(facets.shortest, int(value) if name != "maxLength" else 0)
            longest = int(value) if name != "minLength" else facets.longest
            facets.longest = min((each for each in (facets.longest, longest) if each is not None), default=None)
        case _:
            raise Unprovable(f"it limits texts by xs:{name}")


_PATTERN = re.compile(
    r"\\d|\\[.\-]|[A-Za-z0-9:,/ _-]|\.|\[(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+\]|\{\d+(?:,\d*)?\}|[()|?*+]"
)
_MEANING = {r"\d": "[0-9]", ".": r"[^\n\r]", "(": "(?:"}


def translated(pattern: str) -> str:
    """A pattern of XML Schema as one of Polars that accepts nothing else, perhaps less. Raises Unprovable."""
    tokens = _PATTERN.findall(pattern)
    if "".join(tokens) != pattern:
        raise Unprovable("it has a pattern that only libxml2 reads")
    return "".join(_MEANING.get(token, token) for token in tokens)
