"""An XML extract read back: held against its schema, and the schema against what is granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from lxml import etree

from declarations.extracts.gate.container import UnreadableError
from declarations.extracts.gate.entitled import Entitled, elements
from declarations.extracts.gate.tally import Cell, Tally

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ROWS = 5_000
_ROOT = "Extract"


def read_document(
    source: IO[bytes], schema: bytes, name: str, allowed: Mapping[str, Entitled], tallies: Mapping[str, Tally]
) -> None:
    """Read the document into the tallies. Raises UnreadableError where it or its schema has what is not granted."""
    places = elements(dict(allowed))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.fromstring(schema, parser)
        _refuse_foreign_elements(tree, allowed, places)
        if tree.get("version") != name:
            raise UnreadableError("its schema goes by another name")
        tags = {tag for under in places.values() for tag in under}
        events = etree.iterparse(_Plain(source), events=("start", "end"), tag=tags, schema=etree.XMLSchema(tree))
        _Reading(allowed, tallies, places).read(events)
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as fault:
        raise UnreadableError("extract.xml is not what its schema says") from fault


def _refuse_foreign_elements(
    tree: etree._Element, allowed: Mapping[str, Entitled], places: Mapping[str | None, Mapping[str, str]]
) -> None:
    """The schema declares the elements granted, each as often as granted, and no wildcard or reference."""
    declared = sorted(each.get("name", "") for each in tree.iter(f"{_XS}element"))
    wanted = [_ROOT, *(tag for under in places.values() for tag in under)]
    wanted += [tag for one in allowed.values() for tag in one.elements]
    odd = [each.tag for kind in ("any", "anyAttribute", "import", "include") for each in tree.iter(f"{_XS}{kind}")]
    if declared != sorted(wanted) or odd:
        raise UnreadableError("its schema has other elements than granted")


class _Plain:
    """The document's bytes on their way to the parser, which would not tell of a comment or a document type."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._last = b""
        self._declared = False

    def read(self, size: int) -> bytes:
        chunk = self._source.read(size)
        seen = self._last + chunk
        if not self._declared:
            self._declared, seen = True, seen.removeprefix(b"<?")
        if b"<!" in seen or b"<?" in seen:
            raise UnreadableError("extract.xml has markup that is no element")
        self._last = chunk[-1:]
        return chunk


@dataclass(slots=True)
class _Reading:
    allowed: Mapping[str, Entitled]
    tallies: Mapping[str, Tally]
    places: Mapping[str | None, Mapping[str, str]]
    around: list[tuple[str | None, str]] = field(default_factory=lambda: [(None, "")])  # block and row, from outside in
    waiting: dict[str, list[list[Cell]]] = field(default_factory=dict)

    def read(self, events: Iterator[tuple[str, etree._Element]]) -> None:
        for event, element in events:
            block = self._block(element, event)
            if block is None:
                continue
            if event == "start":
                self.around.append((block, element.get("row", "")))
            else:
                self._take(element, block, self.around.pop()[1])
        for block in self.allowed:
            self._pass_on(block)

    def _block(self, element: etree._Element, event: str) -> str | None:
        """The block whose element begins or ends; None where the same name is that of a zone here."""
        if event == "end":
            block, _ = self.around[-1]
            above = self.around[-2][0] if len(self.around) > 1 else None
            return block if block and self.places[above].get(str(element.tag)) == block else None
        return self.places.get(self.around[-1][0], {}).get(str(element.tag))

    def _take(self, element: etree._Element, block: str, row: str) -> None:
        one = self.allowed[block]
        texts = {str(child.tag): child.text or "" for child in element}
        links = [self.around[-1][1]] if one.above else []
        rows = self.waiting.setdefault(block, [])
        rows.append([row, *links, *(texts.get(tag) for tag in one.elements)])
        if len(rows) >= _ROWS:
            self._pass_on(block)
        above = element.getparent()
        if above is not None:
            above.remove(element)

    def _pass_on(self, block: str) -> None:
        rows = self.waiting.pop(block, [])
        if rows:
            self.tallies[block].take(list(zip(*rows, strict=True)))
