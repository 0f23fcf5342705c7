"""The gate in front of every XML parser: what a file must be before anything of ours reads it as XML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO, NoReturn, TypedDict, cast
from xml.parsers import expat

from lxml import etree

TOO_BIG = "184"
NO_DATA = "134"
BAD_SYNTAX = "102"
BAD_ENCODING = "138"


class Hardened(TypedDict):
    """The options of lxml that keep a parser off the network, off the disk and out of entities."""

    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    remove_comments: bool
    remove_pis: bool
    huge_tree: bool


HARDENED: Hardened = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": False,
}
"""For every lxml parser of ours, after the gate. Without `huge_tree` libxml2 stops at depth 256."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of anything we take."""

    max_bytes: int = 35 * 1024 * 1024
    max_prolog_bytes: int = 1024 * 1024  # the root element starts within them
    max_run_bytes: int = 64 * 1024  # of one text or one start tag, give or take a factor two; of one comment


@dataclass(frozen=True, slots=True)
class Prolog:
    """What a file says of itself before its content."""

    encoding: str  # UTF-8, ISO-8859-1, WINDOWS-1252 or US-ASCII
    root: str  # the root element's local name
    namespace: str | None  # the root element's
    default_namespace: str | None  # xmlns of the root element
    schema_location: str | None  # as written: xsi:noNamespaceSchemaLocation, else the last of xsi:schemaLocation


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not taken: an ACRF code of annex 30, a text without any of its content, and the place."""

    code: str
    text: str
    line: int | None = None  # from 1
    column: int | None = None  # from 1


def parser() -> etree.XMLParser:
    """A parser for files that passed the gate."""
    return etree.XMLParser(**HARDENED)


def inspect(source: BinaryIO, limits: Limits) -> Prolog | Refusal:
    """What the file says of itself, or why it is refused; only its size and its first bytes are looked at.

    `source` is seekable, is read from its start and left anywhere.
    """
    size = source.seek(0, 2)
    source.seek(0)
    if size == 0:
        return Refusal(NO_DATA, "the file is empty")
    if size > limits.max_bytes:
        return Refusal(TOO_BIG, f"the file has {size} bytes, more than the {limits.max_bytes} that are taken")
    head = source.read(limits.max_prolog_bytes)
    return _sniffed(head) or _prolog(head, whole=len(head) == size)


def well_formed(source: BinaryIO, limits: Limits) -> Refusal | None:
    """The first thing for which the file is not taken as XML, or None; one pass in flat memory.

    `source` is seekable, is read from its start and left anywhere. Raises OSError where it cannot be read,
    and RuntimeError where libxml2 itself fails: then nothing is known about the file.
    """
    prolog = inspect(source, limits)
    if isinstance(prolog, Refusal):
        return prolog
    source.seek(0)
    watched = _Watched(source, prolog.encoding, limits.max_run_bytes)
    scout = etree.XMLParser(target=cast("etree.ParserTarget", _Scout(limits.max_run_bytes)), **_SEEING_ALL)
    try:
        etree.parse(cast("BinaryIO", watched), scout)
    except _Unwanted as found:
        return Refusal(BAD_SYNTAX, found.text, *_place_unwanted(source, limits))
    except etree.XMLSyntaxError as fault:
        return watched.refusal() or _refusal(scout, fault)
    # A fault against the rules of namespaces does not stop a parser without a tree; it does stop the others.
    return watched.refusal() or (_refusal(scout, None) if len(scout.error_log.filter_from_errors()) else None)


# The first bytes

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK": "zip",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
_WIDE = {
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\x00<": "UTF-32",
    b"<\x00\x00\x00": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x00<": "UTF-16",
    b"<\x00": "UTF-16",
    b"\x4c\x6f\xa7\x94": "EBCDIC",
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _sniffed(head: bytes) -> Refusal | None:
    for magic, name in _COMPRESSED.items():
        if head.startswith(magic):
            return Refusal(BAD_SYNTAX, f"the file is {name}, not XML", 1, 1)
    for magic, name in _WIDE.items():  # the longer ones first
        if head.startswith(magic):
            return Refusal(BAD_ENCODING, f"the file is in {name}; expected {_EXPECTED}", 1, 1)
    nul = head.find(b"\x00")
    if nul >= 0:
        return Refusal(BAD_SYNTAX, "the file has a NUL byte", *_position(head[:nul]))
    if not head.strip():
        return Refusal(NO_DATA, "the file has nothing but white space")
    return None


# The prolog

_ENCODINGS = ("UTF-8", "ISO-8859-1", "WINDOWS-1252", "US-ASCII")
_EXPECTED = "UTF-8, ISO-8859-1, Windows-1252 or US-ASCII"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


class _Stop(Exception):
    """Carries what was found out of a callback of expat."""

    def __init__(self, found: Prolog | Refusal) -> None:
        self.found = found


class _PrologReader:
    """Handlers for expat that stop at the root element, or at what may not stand before it."""

    def __init__(self, marked: bool) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartElementHandler = self._root
        self._marked = marked
        self._encoding = "UTF-8"
        self._default_namespace: str | None = None

    def _stop(self, code: str, text: str) -> NoReturn:
        raise _Stop(Refusal(code, text, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1))

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            self._stop(BAD_SYNTAX, "the file is not XML 1.0")
        self._encoding = (encoding or "UTF-8").upper()
        if self._encoding not in _ENCODINGS:
            self._stop(BAD_ENCODING, f"the declared encoding is not supported; expected {_EXPECTED}")
        if self._marked and self._encoding != "UTF-8":
            self._stop(BAD_SYNTAX, "the file starts with the mark of UTF-8 and declares another encoding")

    def _doctype(self, *_: object) -> None:
        self._stop(BAD_SYNTAX, _DOCTYPE)

    def _instruction(self, *_: object) -> None:
        self._stop(BAD_SYNTAX, _INSTRUCTION)

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if prefix is None:
            self._default_namespace = uri or None

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        located = attributes.get(f"{_INSTANCE} noNamespaceSchemaLocation", "").split()
        located = located or attributes.get(f"{_INSTANCE} schemaLocation", "").split()
        location = located[-1] if located else None
        raise _Stop(Prolog(self._encoding, tag, namespace or None, self._default_namespace, location))


def _prolog(head: bytes, whole: bool) -> Prolog | Refusal:
    reader = _PrologReader(marked=head.startswith(_BYTE_ORDER_MARK))
    try:
        reader.parser.Parse(head[:4096])  # enough for most, and expat reads on to the end of what it is given
        reader.parser.Parse(head[4096:], whole)
    except _Stop as stop:
        return stop.found
    except expat.ExpatError as fault:
        return Refusal(BAD_SYNTAX, expat.ErrorString(fault.code), fault.lineno, fault.offset + 1)
    return Refusal(BAD_SYNTAX, f"no root element within the first {len(head)} bytes")


# The whole file

_DOCTYPE = "a DOCTYPE is not allowed"
_INSTRUCTION = "processing instructions are not allowed"
_LONG_COMMENT = "a comment is too long"
_SEEING_ALL: Hardened = {**HARDENED, "remove_comments": False, "remove_pis": False}

# Bytes that cannot be meant. ISO-8859-1 does have 80 to 9F, as control characters: in practice they are the
# typographic quotes and the euro sign of Windows-1252, and reading them as controls would spoil a name silently.
_FOREIGN = {
    "ISO-8859-1": re.compile(rb"[\x80-\x9f]"),
    "WINDOWS-1252": re.compile(rb"[\x81\x8d\x8f\x90\x9d]"),
    "US-ASCII": re.compile(rb"[\x80-\xff]"),
}


class _Unwanted(Exception):
    """Markup that is well-formed and not taken."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Scout:
    """A target of lxml that builds nothing: no callbacks for elements and texts makes the parser fast and flat."""

    def __init__(self, longest: int) -> None:
        self._longest = longest

    def doctype(self, *_: object) -> None:
        raise _Unwanted(_DOCTYPE)

    def pi(self, *_: object) -> None:
        raise _Unwanted(_INSTRUCTION)

    def comment(self, text: str) -> None:
        if len(text) > self._longest:
            raise _Unwanted(_LONG_COMMENT)

    def close(self) -> None:
        """Asked for by lxml."""


class _Watched:
    """A file for lxml that looks at the bytes on their way, and ends early at what it does not let through.

    A text or a start tag has no `<` inside: a stretch of `run` bytes without one is part of something too long.
    That stops huge texts, attributes and heaps of references before any parser holds them.

    It ends instead of raising: libxml2 2.14 never returns where a read fails between two character references.
    """

    def __init__(self, source: BinaryIO, encoding: str, run: int) -> None:
        self._source = source
        self._encoding = encoding
        self._foreign = _FOREIGN.get(encoding)  # for UTF-8 the parser finds them
        self._run = run
        self._offset = 0
        self._ended: tuple[str, int] | OSError | None = None  # the text and the offset of a refusal

    def read(self, _size: int) -> bytes:
        """The next stretch, empty at the end."""
        if self._ended:
            return b""
        try:
            chunk = self._source.read(self._run)
        except OSError as fault:
            self._ended = fault
            return b""
        self._ended = self._unwanted(chunk)
        self._offset += len(chunk)
        return b"" if self._ended else chunk

    def _unwanted(self, chunk: bytes) -> tuple[str, int] | None:
        if len(chunk) == self._run and b"<" not in chunk:
            return "a text or a start tag is too long", self._offset
        if self._foreign and not chunk.isascii() and (found := self._foreign.search(chunk)):
            return f"a byte that {self._encoding}, as declared, does not have", self._offset + found.start()
        return None

    def refusal(self) -> Refusal | None:
        """Why it ended early, or None where it did not. Raises the OSError that ended it."""
        if isinstance(self._ended, OSError):
            raise self._ended
        if self._ended is None:
            return None
        text, offset = self._ended
        self._source.seek(0)
        return Refusal(BAD_SYNTAX, text, *_position(self._source.read(offset)))


_TEXTS = {
    "ERR_ATTRIBUTE_REDEFINED": "an attribute stands twice in one element",
    "ERR_CDATA_NOT_FINISHED": "a CDATA section is not closed",
    "ERR_COMMENT_NOT_FINISHED": "a comment is not closed",
    "ERR_DOCUMENT_END": "something follows the root element",
    "ERR_GT_REQUIRED": "a tag is not closed",
    "ERR_INVALID_CHAR": "a character that XML does not allow",
    "ERR_INVALID_ENCODING": "bytes that are not in the declared encoding",
    "ERR_LT_IN_ATTRIBUTE": "an attribute has a bare <",
    "ERR_NAME_REQUIRED": "a name was expected",
    "ERR_RESOURCE_LIMIT": "elements nested too deep, or a name or text too long",
    "ERR_TAG_NAME_MISMATCH": "an end tag closes another element than the one that is open",
    "ERR_TAG_NOT_FINISHED": "the file ends inside an element",
    "ERR_UNDECLARED_ENTITY": "an entity that is not declared",
    "NS_ERR_UNDEFINED_NAMESPACE": "a namespace prefix that is not declared",
}
"""For the common ones; libxml2's own texts may quote the file's content."""


def _refusal(scout: etree.XMLParser, fault: etree.XMLSyntaxError | None) -> Refusal:
    entries = list(scout.error_log.filter_from_errors())
    if not entries:
        raise RuntimeError("libxml2 stopped without saying why") from fault
    first = entries[0]
    name = first.type_name
    if name in ("ERR_INTERNAL_ERROR", "ERR_NO_MEMORY"):
        raise RuntimeError(f"libxml2 failed: {name} at line {first.line}") from fault
    return Refusal(BAD_SYNTAX, _TEXTS.get(name, f"not well-formed ({name})"), first.line, first.column)


def _position(before: bytes) -> tuple[int, int]:
    """Line and column, in bytes, of what follows those bytes."""
    return before.count(b"\n") + 1, len(before) - before.rfind(b"\n")


class _Placed(Exception):
    """Carries a place out of a callback of expat."""

    def __init__(self, line: int, column: int) -> None:
        self.place = (line, column)


def _place_unwanted(source: BinaryIO, limits: Limits) -> tuple[int | None, int | None]:
    """Where the first markup that is not taken stands: lxml does not tell a target, so expat reads again."""
    source.seek(0)
    reader = expat.ParserCreate()

    def stop(*_: object) -> None:
        raise _Placed(reader.CurrentLineNumber, reader.CurrentColumnNumber + 1)

    def comment(text: str) -> None:
        if len(text) > limits.max_run_bytes:
            stop()

    reader.StartDoctypeDeclHandler = reader.ProcessingInstructionHandler = stop
    reader.CommentHandler = comment
    try:
        while chunk := source.read(1 << 20):
            reader.Parse(chunk)
    except _Placed as found:
        return found.place
    except expat.ExpatError:
        return None, None
    return None, None
