"""One document in many writings: encodings, references, CDATA, comments, ways to end a line and to close a tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from lxml import etree

ENCODINGS = ("UTF-8", "ISO-8859-1", "WINDOWS-1252", "US-ASCII")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ASIDES = ("<!-- aside -->", "<!---->", "<?aside now?>")


@dataclass(frozen=True, slots=True)
class Writing:
    """The bytes of a document, and the encoding that they declare."""

    content: bytes
    declared: str

    def read(self) -> ElementTree.Element:
        """What the bytes say by their declaration, read without the library that judges."""
        return ElementTree.fromstring(self.content.decode(self.declared).removeprefix("\ufeff"))


def written(root: etree._Element, draw: Random) -> Writing:
    """The document as some software might write it; now and then with a declaration that is not the truth."""
    encoding = draw.choice(ENCODINGS)
    declared = draw.choice(ENCODINGS) if draw.random() < 0.2 else encoding
    text = _Writer(encoding, draw).element(root)
    content = text.encode(encoding)
    if not _decodes(content, declared):
        declared = encoding
    plain = declared == "UTF-8"
    head = "" if plain and draw.random() < 0.3 else f'<?xml version="1.0" encoding="{_cased(declared, draw)}"?>\n'
    mark = b"\xef\xbb\xbf" if plain and draw.random() < 0.2 else b""
    return Writing(mark + head.encode("ascii") + content, declared)


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _cased(encoding: str, draw: Random) -> str:
    return draw.choice([encoding, encoding.lower()])


class _Writer:
    """Writes elements; whatever does not change what is said is left to chance."""

    def __init__(self, encoding: str, draw: Random) -> None:
        self._encoding = encoding
        self._draw = draw
        self._gap = draw.choice(["\n", "\r\n", "\r", " ", ""])  # between the children of a block
        self._asides = draw.choice([0.0, 0.02, 0.2])

    def element(self, element: etree._Element) -> str:
        name = etree.QName(element)
        tag = f"n:{name.localname}" if name.namespace else name.localname
        own = f' xmlns:n="{name.namespace}"' if name.namespace else ""
        given = "".join(f" {key}={quoteattr(str(value))}" for key, value in element.attrib.items())
        inside = self._inside(element)
        space = self._maybe(" ", "\n")
        if not inside and self._draw.random() < 0.5:
            return f"<{tag}{own}{given}{space}/>"
        return f"<{tag}{own}{given}{space}>{inside}</{tag}{space}>"

    def _inside(self, element: etree._Element) -> str:
        texts = [self._text(element.text or "")]
        for child in element:
            texts += [self._aside(), self.element(child), self._aside(), self._text(child.tail or "")]
            texts += [self._gap]
        return "".join(texts)

    def _text(self, text: str) -> str:
        """The characters, each written somehow, with asides between."""
        return "".join(self._character(each) + self._aside() for each in text)

    def _character(self, character: str) -> str:
        ways: list[Callable[[], str]] = [lambda: f"&#{ord(character)};", lambda: f"&#x{ord(character):X};"]
        if not self._fits(character) or character == "\r":
            return self._draw.choice(ways)()
        if character in _ENTITIES:
            return self._draw.choice([*ways, lambda: _ENTITIES[character], lambda: f"<![CDATA[{character}]]>"])()
        if self._draw.random() < 0.97:
            return character
        return self._draw.choice([*ways, lambda: f"<![CDATA[{character}]]>"])()

    def _fits(self, character: str) -> bool:
        try:
            character.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _aside(self) -> str:
        return self._draw.choice(_ASIDES) if self._draw.random() < self._asides else ""

    def _maybe(self, *texts: str) -> str:
        return self._draw.choice(texts) if self._draw.random() < 0.05 else ""
