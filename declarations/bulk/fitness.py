"""Which schemas the quick way of reading may not be used for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import etree

from validators.shape import XS

_UNFIT = {
    f"{XS}any": "has a place for any element",
    f"{XS}key": "has a key, which is unique in the whole file",
    f"{XS}unique": "has something unique in the whole file",
    f"{XS}keyref": "refers to a key, which may stand anywhere in the file",
}
_NAMING = frozenset({"ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "NOTATION", "QName"})
"""Types whose texts mean something elsewhere in the file: libxml2 judges them in trees only."""

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
_INCLUDING = (f"{XS}include", f"{XS}import", f"{XS}redefine")


@cache
def unfit(path: Path) -> str | None:
    """Why files of that schema are read form by form, and where; None where they need not be.

    The schema must have been vetted.
    """
    for file, tree in _trees(path.resolve(), set()):
        for element in tree.iter(f"{XS}*"):
            reason = _UNFIT.get(str(element.tag)) or _reason(element)
            if reason is not None:
                place = "" if file == path.resolve() else f"{file.name}: "
                return f"{place}line {element.sourceline}: it {reason}"
    return None


def _reason(element: etree._Element) -> str | None:
    if element.get("substitutionGroup"):
        return "has an element that stands for another"
    types = " ".join(element.get(each, "") for each in ("type", "base", "itemType", "memberTypes"))
    named = {name.rpartition(":")[2] for name in types.split()} & _NAMING
    return f"has the type {min(named)}, whose texts point to other places" if named else None


def _trees(path: Path, seen: set[Path]) -> Iterator[tuple[Path, etree._Element]]:
    if path in seen:
        return
    seen.add(path)
    tree = etree.fromstring(path.read_bytes(), _PARSER)
    yield path, tree
    for each in tree.iter(*_INCLUDING):
        if location := each.get("schemaLocation"):
            yield from _trees((path.parent / location).resolve(), seen)
