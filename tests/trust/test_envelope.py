"""What the gate in front of the XML parsers takes, and where and for which code it refuses the rest."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from validators.envelope import HARDENED, Limits, Prolog, Refusal, inspect, parser, well_formed

LIMITS = Limits()
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def declared(encoding: str, content: bytes) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n'.encode() + content


def judged(content: bytes, limits: Limits = LIMITS) -> Refusal | None:
    return well_formed(io.BytesIO(content), limits)


def code(content: bytes) -> str | None:
    refusal = judged(content)
    return refusal.code if refusal else None


def looked_at(content: bytes, limits: Limits = LIMITS) -> Prolog | Refusal:
    return inspect(io.BytesIO(content), limits)


# Taken


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<a/>", id="no declaration"),
        pytest.param(declared("UTF-8", "<a>\u00e9\u20ac</a>".encode()), id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + declared("UTF-8", "<a>\u00e9</a>".encode()), id="UTF-8 with its mark"),
        pytest.param(b"\xef\xbb\xbf<a>\xc3\xa9</a>", id="mark without a declaration"),
        pytest.param(declared("ISO-8859-1", b"<a>caf\xe9 \xa0\xff</a>"), id="ISO-8859-1"),
        pytest.param(declared("iso-8859-1", b"<a>caf\xe9</a>"), id="small letters"),
        pytest.param(declared("Windows-1252", b"<a>\x80 \x92 caf\xe9</a>"), id="Windows-1252"),
        pytest.param(declared("US-ASCII", b"<a>cafe</a>"), id="US-ASCII"),
        pytest.param(b"<?xml version='1.0' standalone='yes'?><a/>", id="standalone"),
        pytest.param(b"<!-- one --><a><!-- two --></a><!-- three -->\r\n", id="comments"),
        pytest.param(b"<a><![CDATA[ <b> & ]]>&lt;&#233;&amp;</a>", id="CDATA and references"),
        pytest.param(b"<a>" + b"<b>" * 250 + b"</b>" * 250 + b"</a>", id="depth 251"),
        pytest.param(b'<a xmlns="relative" xmlns:p="u"><p:b/></a>', id="namespaces"),
        pytest.param(b"<a>" + b"x" * 60_000 + b"</a>", id="long text"),
    ],
)
def test_a_proper_file_passes(content: bytes) -> None:
    assert judged(content) is None


def test_the_prolog_tells_what_is_needed_to_find_the_schema() -> None:
    content = f'<DmfAOriginal {XSI} xsi:noNamespaceSchemaLocation="DmfAOriginal_20231.xsd"><Form/></DmfAOriginal>'
    assert looked_at(content.encode()) == Prolog("UTF-8", "DmfAOriginal", None, None, "DmfAOriginal_20231.xsd")


def test_of_a_list_of_schema_locations_the_last_one_counts() -> None:
    content = f'<p:a xmlns="d" xmlns:p="u" {XSI} xsi:schemaLocation=" u\n  http://x/1.xsd d http://x/2.xsd "/>'
    assert looked_at(declared("ISO-8859-1", content.encode())) == Prolog("ISO-8859-1", "a", "u", "d", "http://x/2.xsd")


@pytest.mark.parametrize("content", ["<a/>", f'<a {XSI} xsi:noNamespaceSchemaLocation=" "/>'])
def test_a_file_that_names_no_schema_passes_and_says_so(content: str) -> None:
    assert looked_at(content.encode()) == Prolog("UTF-8", "a", None, None, None)


def test_another_prefix_for_the_instance_namespace_is_understood() -> None:
    content = b'<a xmlns:q="http://www.w3.org/2001/XMLSchema-instance" q:noNamespaceSchemaLocation="s.xsd"/>'
    assert looked_at(content) == Prolog("UTF-8", "a", None, None, "s.xsd")


# Hostile


def nested(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.xml", content)
    return buffer.getvalue()


LAUGHS = b"<!DOCTYPE a [<!ENTITY l0 'ha'>%s]><a>&l9;</a>" % b"".join(
    b"<!ENTITY l%d '%s'>" % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
)
BLOWUP = b"<!DOCTYPE a [<!ENTITY x '%s'>]><a>%s</a>" % (b"x" * 50_000, b"&x;" * 50_000)
MANY_NAMES = b"".join(b"<n%d/>" % number for number in range(300_000))

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    # entities and document types
    "external entity": (lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "102"),
    "external entity over http": (lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><a>&x;</a>', "102"),
    "parameter entity": (lambda: b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]><a/>', "102"),
    "external subset": (lambda: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', "102"),
    "document type without entities": (lambda: b"<!DOCTYPE a [<!ELEMENT a ANY>]><a/>", "102"),
    "bare document type": (lambda: b"<!DOCTYPE a><a/>", "102"),
    "document type after a comment": (lambda: b"<!-- x -->\n<!DOCTYPE a><a/>", "102"),
    "document type inside": (lambda: b"<a><!DOCTYPE a></a>", "102"),
    "document type with default attributes": (lambda: b"<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>", "102"),
    "billion laughs": (lambda: LAUGHS, "102"),
    "quadratic blowup": (lambda: BLOWUP, "102"),
    "recursive entity": (lambda: b"<!DOCTYPE a [<!ENTITY x '&x;'>]><a>&x;</a>", "102"),
    "undeclared entity": (lambda: b"<a>&nbsp;</a>", "102"),
    # encodings
    "UTF-7": (lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', "138"),
    "UTF-7 around a proper root": (lambda: declared("UTF-7", b"<a/>"), "138"),
    "UTF-16 with mark": (lambda: "<a/>".encode("utf-16"), "138"),
    "UTF-16 big-endian with mark": (lambda: b"\xfe\xff" + "<a/>".encode("utf-16-be"), "138"),
    "UTF-16 without mark": (lambda: "<a/>".encode("utf-16-le"), "138"),
    "UTF-16 big-endian without mark": (lambda: "<a/>".encode("utf-16-be"), "138"),
    "UTF-32": (lambda: "<a/>".encode("utf-32"), "138"),
    "UTF-32 without mark": (lambda: "<a/>".encode("utf-32-be"), "138"),
    "EBCDIC": (lambda: '<?xml version="1.0"?><a/>'.encode("cp500"), "138"),
    "UTF-16 declared in bytes of UTF-8": (lambda: declared("UTF-16", b"<a/>"), "138"),
    "unknown encoding": (lambda: declared("KLINGON", b"<a/>"), "138"),
    "Shift-JIS": (lambda: declared("Shift_JIS", b"<a/>"), "138"),
    "mark of UTF-8, other encoding declared": (lambda: b"\xef\xbb\xbf" + declared("ISO-8859-1", b"<a/>"), "102"),
    "ISO-8859-1 in UTF-8": (lambda: declared("UTF-8", b"<a>caf\xe9</a>"), "102"),
    "overlong UTF-8": (lambda: b"<a>\xc0\xbc</a>", "102"),
    "surrogates in UTF-8": (lambda: b"<a>\xed\xa0\x80</a>", "102"),
    "cut in the middle of a character": (lambda: b"<a/>\n\xc3", "102"),
    "Windows-1252 in ISO-8859-1": (lambda: declared("ISO-8859-1", b"<a>\x80 5</a>"), "102"),
    "byte that Windows-1252 has not": (lambda: declared("Windows-1252", b"<a>\x81</a>"), "102"),
    "accent in US-ASCII": (lambda: declared("US-ASCII", b"<a>caf\xe9</a>"), "102"),
    # not XML
    "gzip": (lambda: gzip.compress(b"<a/>"), "102"),
    "zip": (lambda: zipped(b"<a/>"), "102"),
    "xz": (lambda: lzma.compress(b"<a/>"), "102"),
    "bzip2": (lambda: bz2.compress(b"<a/>"), "102"),
    "zstd": (lambda: b"\x28\xb5\x2f\xfd\x04\x00<a/>", "102"),
    "PDF": (lambda: b"%PDF-1.7\n", "102"),
    "noise": (lambda: random.Random(1).randbytes(1000), "102"),
    "text": (lambda: b"hello", "102"),
    "HTML": (lambda: b"<!DOCTYPE html><html><br></html>", "102"),
    "empty": (lambda: b"", "134"),
    "white space": (lambda: b" \r\n\t", "134"),
    "only a mark": (lambda: b"\xef\xbb\xbf", "102"),
    "only a declaration": (lambda: declared("UTF-8", b""), "102"),
    "too big": (lambda: b"<a>" + b"<b/>" * (9 * 1024 * 1024) + b"</a>", "184"),
    # the declaration
    "XML 1.1": (lambda: b'<?xml version="1.1"?><a/>', "102"),
    "XML 2.0": (lambda: b'<?xml version="2.0"?><a/>', "102"),
    "declaration on the second line": (lambda: b'\n<?xml version="1.0"?><a/>', "102"),
    "declaration twice": (lambda: b'<?xml version="1.0"?><?xml version="1.0"?><a/>', "102"),
    "root after 2 MB of comments": (lambda: b"<!-- x -->" * 200_000 + b"<a/>", "102"),
    "root after 2 MB of white space": (lambda: b"<!---->" + b" " * 2_000_000 + b"<a/>", "102"),
    # too much of something
    "depth 300": (lambda: nested(300), "102"),
    "depth 1,000,000": (lambda: nested(1_000_000), "102"),
    "200,000 attributes": (lambda: b"<a %s/>" % b" ".join(b'a%d=""' % number for number in range(200_000)), "102"),
    "200,000 attributes inside": (
        lambda: b"<r><a %s/></r>" % b" ".join(b'a%d=""' % number for number in range(200_000)),
        "102",
    ),
    "200,000 namespaces": (
        lambda: b"<r><a %s/></r>" % b" ".join(b'xmlns:a%d="u%d"' % (number, number) for number in range(200_000)),
        "102",
    ),
    "text of 10 MB": (lambda: b"<a>" + b"x" * 10_000_000 + b"</a>", "102"),
    "attribute of 10 MB": (lambda: b"<r><a b='" + b"x" * 10_000_000 + b"'/></r>", "102"),
    "name of 1 MB": (lambda: b"<r><" + b"x" * 1_000_000 + b"/></r>", "102"),
    "5 million character references": (lambda: b"<a>" + b"&#65;" * 5_000_000 + b"</a>", "102"),
    "comment of 9 MB": (lambda: b"<a><!--" + b"< " * 4_500_000 + b"--></a>", "102"),
    # well-formedness, also at the very end
    "processing instruction before": (lambda: b"<?php x ?><a/>", "102"),
    "processing instruction inside": (lambda: b"<a><?php x ?></a>", "102"),
    "processing instruction after": (lambda: b"<a/><?php x ?>", "102"),
    "style sheet": (lambda: b'<?xml-stylesheet href="http://127.0.0.1:9/"?><a/>', "102"),
    "second root": (lambda: b"<a/><b/>", "102"),
    "text after the root": (lambda: b"<a/>x", "102"),
    "NUL after the root": (lambda: b"<a/>\x00", "102"),
    "NUL far inside": (lambda: b"<a>" + b"<b/>" * 500_000 + b"\x00</a>", "102"),
    "zip after the root": (lambda: b"<a/>" + zipped(b"<b/>"), "102"),
    "root not closed": (lambda: b"<a><b/>", "102"),
    "crossed tags": (lambda: b"<a><b></a></b>", "102"),
    "attribute twice": (lambda: b"<r><a b='1' b='2'/></r>", "102"),
    "attribute twice by namespace": (lambda: b"<r><a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/></r>", "102"),
    "prefix not declared": (lambda: b"<r><p:a/></r>", "102"),
    "control character": (lambda: b"<a>\x08</a>", "102"),
    "reference to NUL": (lambda: b"<a>&#0;</a>", "102"),
    "reference to a control character": (lambda: b"<a>&#8;</a>", "102"),
    "noncharacter": (lambda: b"<a>\xef\xbf\xbf</a>", "102"),
    "bare ampersand": (lambda: b"<a>Jansen & Co</a>", "102"),
}

HARMLESS = {
    "XInclude": b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file:///etc/passwd" parse="text"/></a>',
    "schema location": f'<a {XSI} xsi:noNamespaceSchemaLocation="http://127.0.0.1:9/a.xsd"/>'.encode(),
    "schema location inside": f'<a><b {XSI} xsi:schemaLocation="u http://127.0.0.1:9/a.xsd"/></a>'.encode(),
    "300,000 names": b"<a>" + MANY_NAMES + b"</a>",
    "million comments": b"<a>" + b"<!---->" * 1_000_000 + b"</a>",
    "million empty CDATA": b"<a>" + b"<![CDATA[]]>" * 1_000_000 + b"</a>",
}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_for_its_code(name: str) -> None:
    make, expected = HOSTILE[name]
    assert code(make()) == expected


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", HARMLESS)
def test_a_file_that_only_looks_hostile_passes_and_reaches_nothing(name: str) -> None:
    assert judged(HARMLESS[name]) is None


@pytest.mark.parametrize("name", HARMLESS)
def test_what_passes_is_read_the_same_by_the_other_parsers(name: str) -> None:
    read = etree.parse(io.BytesIO(HARMLESS[name]), parser()).getroot()
    assert read.tag == "a"
    assert read.getroottree().docinfo.internalDTD is None


# Where


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"<a>\n<b>caf\xe9</b></a>", 2, 7),
        (declared("ISO-8859-1", b"<a>\n\xe9 \x80</a>"), 3, 3),
        (declared("US-ASCII", b"<a>\n  \xe9</a>"), 3, 3),
        (b"<a>\n <?php x ?></a>", 2, 2),
        (b"<a/>\n\n<?php x ?>", 3, 1),
        (b"<a>\n<b>\n</a>", 3, 5),
        (b"<a/>\n<b/>", 2, 1),
        (b"<a>\n</a>\n\x00", 3, 1),
        (b"<a>\n" + b"<b/>" * 500_000 + b"\n\x00</a>", 3, 1),
        (b"<a>\n<!--" + b"<" * 70_000 + b"--></a>", 2, 1),
        (b"\n<?xml version='1.0'?><a/>", 2, 1),
    ],
)
def test_a_refusal_says_where(content: bytes, line: int, column: int) -> None:
    refusal = judged(content)
    assert refusal is not None
    assert (refusal.line, refusal.column) == (line, column)


def test_something_too_long_is_found_near_its_place() -> None:
    refusal = judged(b"<a>\n" + b"<b/>" * 50_000 + b"\n" + b"x" * 300_000 + b"</a>")
    assert refusal is not None
    assert refusal.line == 3


@pytest.mark.parametrize(
    "content",
    [
        b"<a>SECRET &SECRET; </a>",
        b"<a>\nSECRET\xe9\xe9</a>",
        b"<a SECRET=SECRET/>",
        b"<a><SECRET></a>",
        b"<?SECRET SECRET?><a/>",
        declared("SECRET", b"<a/>"),
        b"<a><SECRET:SECRET/></a>",
        b"<a>&#SECRET;</a>",
        b"<a><![CDATA[SECRET",
        b"<a><!-- SECRET -- SECRET --></a>",
    ],
)
def test_a_refusal_never_quotes_the_file(content: bytes) -> None:
    refusal = judged(content)
    assert refusal is not None
    assert "SECRET" not in refusal.text


# Limits


def test_the_size_is_asked_before_anything_is_read() -> None:
    class Unreadable(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise AssertionError("read")

    refusal = inspect(Unreadable(b"x" * 11), Limits(max_bytes=10))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "184"


def test_a_file_of_exactly_the_size_taken_passes() -> None:
    assert judged(b"<a></a>", Limits(max_bytes=7)) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<a>" + b"<b/>" * 100_000 + b"</a>", id="elements"),
        pytest.param(b"<a>" + b"<b/>&#65;&#65;&#65;" * 100_000 + b"</a>", id="references, where libxml2 would hang"),
    ],
)
def test_a_disk_that_fails_is_not_a_bad_file(content: bytes) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 200_000:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output error"):
        well_formed(Broken(content), Limits(max_prolog_bytes=100))


MEASURE = """
import resource, sys, time
from validators.envelope import Limits, well_formed
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.process_time()
with open(sys.argv[1], "rb") as source:
    well_formed(source, Limits(max_bytes=1 << 30))
print(time.process_time() - started, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def measured(path: Path) -> tuple[float, float]:
    """Seconds of work, and megabytes that the process grew by."""
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", MEASURE, path], cwd=root, capture_output=True, check=True, text=True)
    seconds, megabytes = map(float, run.stdout.split())
    return seconds, megabytes


WORST = [
    *(name for name in HOSTILE if name[0].isdigit() or " of " in name or "000" in name),
    "billion laughs",
    "quadratic blowup",
    "NUL far inside",
]


@pytest.mark.parametrize("name", WORST)
def test_a_hostile_file_costs_little_time_and_memory(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.xml").write_bytes(HOSTILE[name][0]())
    seconds, megabytes = measured(tmp_path / "a.xml")
    assert seconds < 2
    assert megabytes < 40


@pytest.mark.parametrize("name", ["million comments", "million empty CDATA", "300,000 names"])
def test_a_file_that_only_looks_hostile_costs_little_too(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.xml").write_bytes(HARMLESS[name])
    seconds, megabytes = measured(tmp_path / "a.xml")
    assert seconds < 4
    assert megabytes < 60


RECORD = b"<Person><Inss>00000000000</Inss><Name>caf\xc3\xa9</Name></Person>\n"


def test_memory_does_not_grow_with_the_file_and_35_megabytes_take_less_than_a_second(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a>" + RECORD * (35 * 1024 * 1024 // len(RECORD)) + b"</a>")
    seconds, megabytes = measured(tmp_path / "a.xml")
    assert seconds < 1
    assert megabytes < 8


# Properties


@settings(max_examples=300)
@given(content=st.binary(max_size=300))
def test_no_bytes_make_the_gate_fail(content: bytes) -> None:
    refusal = judged(content)
    assert refusal is None or refusal.code in {"102", "134", "138"}


PROPER = declared("UTF-8", f'<a {XSI} b="c"><!-- d --><e>\u00e9 &lt; &#65;</e><![CDATA[ f ]]></a>\n'.encode())


@settings(max_examples=500)
@given(place=st.integers(0, len(PROPER) - 1), byte=st.integers(0, 255))
def test_what_passes_is_read_by_lxml_and_by_nothing_else_refused(place: int, byte: int) -> None:
    content = PROPER[:place] + bytes([byte]) + PROPER[place + 1 :]
    if judged(content) is None:
        assert etree.parse(io.BytesIO(content), parser()).getroot() is not None


@settings(max_examples=100)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="<&>"), max_size=50))
def test_any_text_that_lxml_can_write_passes(text: str) -> None:
    element = etree.Element("a")
    try:
        element.text = text
    except ValueError:  # characters that XML does not allow
        return
    assert judged(etree.tostring(element, encoding="UTF-8", xml_declaration=True)) is None


def test_the_options_are_those_every_parser_of_ours_has() -> None:
    assert HARDENED["no_network"]
    assert not HARDENED["resolve_entities"]
    assert not HARDENED["load_dtd"]
    assert not HARDENED["huge_tree"]
