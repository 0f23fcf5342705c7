"""Reading what an ordinary schema file says, with lxml alone, into `validators.content`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from validators.content import Base, Element, Group, Order, Part, UnusableSchema, Use, Wildcard

XS = "{http://www.w3.org/2001/XMLSchema}"

_NUMBER = re.compile(r"\d{5}")
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)
_WHOLE = (
    *("integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger"),
    *("negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
)
_PLAIN = (
    *("string", "normalizedString", "token", "anyURI", "anySimpleType", "base64Binary", "hexBinary", "time"),
    *("dateTime", "duration", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"),
)
_BUILT_IN: Mapping[str, Base] = {
    **dict.fromkeys((f"{XS}{name}" for name in _WHOLE), Base.INTEGER),
    **dict.fromkeys((f"{XS}{name}" for name in _PLAIN), Base.OTHER),
    f"{XS}decimal": Base.DECIMAL,
    f"{XS}date": Base.DATE,
    f"{XS}boolean": Base.BOOLEAN,
}
"""The built-in types that set no pattern of their own."""

_GLOBALS = frozenset(f"{XS}{name}" for name in ("element", "complexType", "simpleType", "group"))
_IGNORED = frozenset(f"{XS}{name}" for name in ("annotation", "attribute", "attributeGroup", "notation", "include"))
_GROUPS = frozenset(f"{XS}{name}" for name in ("sequence", "choice", "all"))
_PARTICLES = ("sequence", "choice", "all", "group")
_ANYTHING = Group(Order.SEQUENCE, (Wildcard(0, None),))
_NOTHING = Group(Order.SEQUENCE, ())

_Types = tuple[object, ...]
"""The complex types that an element stands in, to notice one within itself."""


class Unusual(Exception):
    """The schema uses something that is not read here; the text says what."""


def ordinary(path: Path, root: str) -> Element:
    """The root element with all below it, where the schema is an ordinary one. It must have been vetted.

    Ordinary are sequences, choices and `all`, groups, references, named and inline types, extensions, restrictions
    and includes. Raises Unusual for anything else, and UnusableSchema where an element is nested in itself.
    """
    return _Reader(path).root(root)


class _Reader:
    """A schema file and what it includes, its global definitions by kind and name."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._namespaces: dict[etree._Element, str | None] = {}  # of each file's root, as its includer sees it
        self._globals: dict[tuple[str, str], etree._Element] = {}
        self._take(path.resolve(), None, set())

    def _take(self, path: Path, includer: str | None, seen: set[tuple[Path, str | None]]) -> None:
        tree = etree.fromstring(path.read_bytes(), _PARSER)
        namespace = tree.get("targetNamespace") or includer
        if (path, namespace) in seen:
            return
        seen.add((path, namespace))
        self._namespaces[tree] = namespace
        for each in tree:
            if str(each.tag) in _GLOBALS:
                self._globals[str(each.tag), _clark(namespace, each.get("name", ""))] = each
            elif str(each.tag) not in _IGNORED:
                raise Unusual(_told(each))
        for each in tree.iterchildren(f"{XS}include"):
            self._take((path.parent / each.get("schemaLocation", "")).resolve(), namespace, seen)

    def root(self, tag: str) -> Element:
        return self._element(self._global("element", tag), ())

    def _global(self, kind: str, name: str) -> etree._Element:
        found = self._globals.get((f"{XS}{kind}", name))
        if found is None:
            raise Unusual(f"{kind} {name}")
        return found

    def _referred(self, node: etree._Element, name: str) -> str:
        """A name in an attribute, with its namespace."""
        prefix, _, local = name.rpartition(":")
        bare = node.nsmap.get(None) or self._namespace(node)
        return _clark(node.nsmap.get(prefix) if prefix else bare, local)

    def _namespace(self, node: etree._Element) -> str | None:
        tree = node.getroottree().getroot()
        return None if tree.get("targetNamespace") else self._namespaces[tree]

    def _tag(self, node: etree._Element) -> str:
        tree = node.getroottree().getroot()
        form = node.get("form") or tree.get("elementFormDefault")
        here = node.getparent() is tree or form == "qualified"
        return _clark(self._namespaces[tree] if here else None, node.get("name", ""))

    def _element(self, node: etree._Element, above: _Types) -> Element:
        given = self._global("element", self._referred(node, node.get("ref", ""))) if node.get("ref") else node
        if given.get("substitutionGroup"):
            raise Unusual(_told(given))
        kind = self._type(given)
        tag = self._tag(given)
        number = _number(node, given, *(() if isinstance(kind, str) else (kind,)))
        if kind == f"{XS}anyType":
            return Element(tag, number, Base.NONE, content=_ANYTHING)
        value = self._simple(kind)
        if value is not None:
            return Element(tag, number, *value)
        if any(kind is each for each in above):
            raise UnusableSchema(f"{self._name}: {tag} can stand within itself, so it has no fixed depth")
        content, forbidden = self._content(kind, (*above, kind))
        return Element(tag, number, Base.NONE, content=content, forbidden=forbidden)

    def _type(self, node: etree._Element) -> etree._Element | str:
        """A type's definition, or the name of a built-in one."""
        named = node.get("type")
        if named is not None:
            return self._named(self._referred(node, named))
        inline = _child(node, "complexType", "simpleType")
        return f"{XS}anyType" if inline is None else inline

    def _named(self, name: str) -> etree._Element | str:
        if name in _BUILT_IN or name == f"{XS}anyType":
            return name
        complex_type = self._globals.get((f"{XS}complexType", name))
        return self._global("simpleType", name) if complex_type is None else complex_type

    def _simple(self, kind: etree._Element | str) -> tuple[Base, str | None, int | None] | None:
        """Base, pattern and digits after the comma; None for a type with children."""
        if isinstance(kind, str):
            return (_BUILT_IN[kind], None, None)
        if kind.tag == f"{XS}complexType":
            content = _child(kind, "simpleContent")
            return None if content is None else self._extended(content)
        restriction = _child(kind, "restriction")
        if restriction is None:
            raise Unusual(_told(kind))
        return self._restricted(restriction)

    def _extended(self, content: etree._Element) -> tuple[Base, str | None, int | None] | None:
        extension = _child(content, "extension")
        if extension is None:
            raise Unusual(_told(content))
        return self._simple(self._named(self._referred(extension, extension.get("base", ""))))

    def _restricted(self, node: etree._Element) -> tuple[Base, str | None, int | None]:
        inline = _child(node, "simpleType")
        of = self._named(self._referred(node, node.get("base", ""))) if inline is None else inline
        known = self._simple(of)
        if known is None:
            raise Unusual(_told(node))
        base, pattern, digits = known
        patterns = [each.get("value", "") for each in node.iterchildren(f"{XS}pattern")]
        limits = [int(each.get("value", "")) for each in node.iterchildren(f"{XS}fractionDigits")]
        return base, "|".join(patterns) if patterns else pattern, limits[0] if limits else digits

    def _content(self, kind: etree._Element | str, above: _Types) -> tuple[Group, tuple[Element, ...]]:
        """The content model of a complex type, and the elements that it names and forbids."""
        if isinstance(kind, str):
            return _ANYTHING, ()
        derived = _child(kind, "complexContent")
        if derived is None:
            return self._own(kind, above)
        extension = _child(derived, "extension")
        if extension is None:
            return self._own(_child(derived, "restriction"), above)
        base = self._named(self._referred(extension, extension.get("base", "")))
        return self._longer(extension, base, above)

    def _longer(
        self, node: etree._Element, base: etree._Element | str, above: _Types
    ) -> tuple[Group, tuple[Element, ...]]:
        """The content of a base type with that of its extension behind it."""
        first, barred = self._content(base, above)
        if isinstance(base, str) or first.order is Order.ALL or (_is_mixed(base) and not first.parts):
            raise Unusual(_told(node))
        more, forbidden = self._own(node, above)
        parts = (first, more) if _child(node, *_PARTICLES) is not None else (first,)
        return Group(Order.SEQUENCE, parts) if first.parts else more, (*barred, *forbidden)

    def _own(self, node: etree._Element | None, above: _Types) -> tuple[Group, tuple[Element, ...]]:
        particle = None if node is None else _child(node, *_PARTICLES)
        return (_NOTHING, ()) if particle is None else self._group(particle, above)

    def _group(self, node: etree._Element, above: _Types) -> tuple[Group, tuple[Element, ...]]:
        if node.tag == f"{XS}group":
            named = self._global("group", self._referred(node, node.get("ref", "")))
            if any(named is each for each in above):
                raise UnusableSchema(f"{self._name}: a group stands within itself")
            definition = _child(named, "sequence", "choice", "all")
            if definition is None:
                raise Unusual(_told(named))
            inner, forbidden = self._group(definition, (*above, named))
            return Group(inner.order, (inner,), *_occurrence(node)), forbidden
        parts, forbidden = self._parts(node, above)
        return Group(Order(etree.QName(node).localname), parts, *_occurrence(node)), forbidden

    def _parts(self, node: etree._Element, above: _Types) -> tuple[tuple[Part, ...], tuple[Element, ...]]:
        parts: list[Part] = []
        forbidden: list[Element] = []
        for each in _particles(node):
            least, most = _occurrence(each)
            if each.tag == f"{XS}any":
                parts.append(Wildcard(least, most))
            elif each.tag != f"{XS}element":
                group, barred = self._group(each, above)
                forbidden += barred
                parts += [group] if most != 0 else []
            elif most == 0:
                forbidden.append(self._forbidden(each))
            else:
                parts.append(Use(self._element(each, above), least, most))
        return tuple(parts), tuple(forbidden)

    def _forbidden(self, node: etree._Element) -> Element:
        given = self._global("element", self._referred(node, node.get("ref", ""))) if node.get("ref") else node
        kind = self._type(given)
        return Element(self._tag(given), _number(node, given, *(() if isinstance(kind, str) else (kind,))), Base.OTHER)


def _particles(node: etree._Element) -> Iterator[etree._Element]:
    for each in node:
        if each.tag in _GROUPS or each.tag in {f"{XS}element", f"{XS}group", f"{XS}any"}:
            yield each
        elif each.tag != f"{XS}annotation":
            raise Unusual(_told(each))


def _child(node: etree._Element, *names: str) -> etree._Element | None:
    return next(node.iterchildren(*(f"{XS}{name}" for name in names)), None)


def _is_mixed(kind: etree._Element) -> bool:
    return any(each.get("mixed") in {"true", "1"} for each in (kind, *kind.iterchildren(f"{XS}complexContent")))


def _occurrence(node: etree._Element) -> tuple[int, int | None]:
    most = node.get("maxOccurs", "1")
    return int(node.get("minOccurs", "1")), None if most == "unbounded" else int(most)


def _number(*nodes: etree._Element) -> str | None:
    """The five digits in the documentation of the first of these that has some."""
    for node in nodes:
        for text in node.iterfind(f"{XS}annotation/{XS}documentation"):
            if text.text is not None and _NUMBER.fullmatch(text.text.strip()):
                return text.text.strip()
    return None


def _clark(namespace: str | None, name: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name


def _told(node: etree._Element) -> str:
    return f"xs:{etree.QName(node).localname} in line {node.sourceline}"
