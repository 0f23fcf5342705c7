"""Documents to read in both ways: generated ones, and the same written otherwise or bent. No person in them is real."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from random import Random

import polars as pl

from declarations.bulk.reading import ChunkReading, Reader
from declarations.families import Version
from declarations.generate import Request, write
from declarations.stages.chunks import chunks, frame
from declarations.stages.read import PartSource, Reading, read
from tests.worlds import dmfa

QUARTERS = ("20223", "20224", "20231")


@cache
def version(quarter: str) -> Version:
    """That version of the DmfA's schema."""
    found = dmfa()[0].version(f"DmfAOriginal_{quarter}")
    assert found is not None
    return found


def document(seed: int, quarter: str = "20231", employers: int = 3, persons: int = 6, indent: bool = True) -> bytes:
    """A valid document."""
    buffer = io.BytesIO()
    write(Request(seed=seed, employers=employers, persons=persons, quarter=quarter, indent=indent), buffer)
    return buffer.getvalue()


def slowly(content: bytes, of: Version) -> Reading:
    """A document read form by form."""
    return read([PartSource(1, of, lambda: io.BytesIO(content))])


def chunk_by_chunk(content: bytes, of: Version, size: int = 1 << 30, prove: bool = True) -> list[ChunkReading]:
    """A document read chunk by chunk, rows counted in each from `chunk number << 32`."""
    source = io.BytesIO(content)
    around = frame(source, of.family.form)
    reader = Reader(of, around, of.plan, prove)
    readings, number = [], 0
    for chunk in list(chunks(source, around, size)):
        data = content[chunk.offset : chunk.offset + chunk.length]
        readings.append(reader.read(data, chunk, 1, number, chunk.number << 32))
        number += chunk.forms
    return readings


def joined(readings: list[ChunkReading], of: Version) -> Reading:
    """The readings of the chunks of one document as one, rows counted through."""
    blocks: dict[str, pl.DataFrame] = {}
    rows: dict[str, dict[int, int]] = {}
    for block in of.plan.blocks:
        whole = pl.concat([reading.blocks[block.name] for reading in readings])
        rows[block.name] = {old: new for new, old in enumerate(whole["row"])}
        renumbered = [("row", rows[block.name])]
        if block.parent is not None:
            renumbered.append((f"{block.parent}_row", rows[block.parent]))
        for name, numbers in renumbered:
            whole = whole.with_columns(pl.Series(name, [numbers[old] for old in whole[name]], dtype=pl.Int64))
        blocks[block.name] = whole
    heads = tuple(head for reading in readings for head in reading.heads)
    return Reading(of, blocks, heads, tuple(found for reading in readings for found in reading.found))


def difference(one: Reading, other: Reading) -> str:
    """Where two readings are not the same; the empty text where they are, cell for cell."""
    if one.heads != other.heads:
        return "heads"
    if one.found != other.found:
        return "found"
    for name, frame_ in one.blocks.items():
        if frame_.schema != other.blocks[name].schema:
            return f"schema of {name}"
        for column in frame_.columns:
            if not frame_[column].equals(other.blocks[name][column], null_equal=True):
                return f"{name}.{column}"
    return "" if one.blocks.keys() == other.blocks.keys() else "blocks"


Bend = Callable[[Random, bytes], bytes]

_LEAF = re.compile(rb"<([A-Za-z]+)>([^<>]+)</\1>")
_NUMBER = re.compile(rb"<([A-Za-z]+)>(\d+)</\1>")
_DATE = re.compile(rb"<([A-Za-z]+)>(\d{4}-\d\d-\d\d)</\1>")
_START = re.compile(rb"<[A-Z][A-Za-z]*>")
_END = re.compile(rb"</[A-Z][A-Za-z]*>")
_FREE = re.compile(rb"<(ReferenceNbr)>([^<>]+)</\1>")


def _somewhere(pattern: re.Pattern[bytes], change: Callable[[Random, re.Match[bytes]], bytes]) -> Bend:
    """Change one, or a few, of the places that look so; the root's tags stay."""

    def bend(random: Random, content: bytes) -> bytes:
        first = content.index(b"<Form>")
        places = [each for each in pattern.finditer(content, first) if b"DmfAOriginal" not in each[0]]
        for place in sorted(
            random.sample(places, min(len(places), random.choice([1, 1, 3]))), key=_start, reverse=True
        ):
            content = content[: place.start()] + change(random, place) + content[place.end() :]
        return content

    return bend


def _start(place: re.Match[bytes]) -> int:
    return place.start()


def _text(new: Callable[[Random, bytes], bytes]) -> Callable[[Random, re.Match[bytes]], bytes]:
    return lambda random, place: b"<%s>%s</%s>" % (place[1], new(random, place[2]), place[1])


def _one_of(*texts: bytes) -> Callable[[Random, bytes], bytes]:
    return lambda random, text: random.choice(texts)


def _put_in(random: Random, text: bytes, *what: bytes) -> bytes:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(what) + text[at:]


def _referenced(random: Random, text: bytes) -> bytes:
    at = random.randrange(len(text))
    written = random.choice([b"&#%d;", b"&#x%x;", b"&#x%X;", b"&#00%d;"]) % text[at]
    return text[:at] + written + text[at + 1 :]


def _twice(random: Random, place: re.Match[bytes]) -> bytes:
    return place[0] * 2


SAME: dict[str, Bend] = {
    "white space around": _somewhere(
        _LEAF, _text(lambda random, text: random.choice([b" %s", b"%s\n", b"\t%s \r\n", b"\r%s"]) % text)
    ),
    "character references": _somewhere(_LEAF, _text(_referenced)),
    "entities": _somewhere(_FREE, _text(_one_of(b"a&amp;b", b"&lt;&gt;", b"&quot;&apos;", b"&amp;amp;", b"&#13;x"))),
    "free text": _somewhere(
        _FREE, _text(_one_of(b" ", b"\n a  b\n", b"a>b", b"\xc3\xa9\xe2\x82\xac", b'"', b"a\r\nb", b"\r", b"]]", b"!?"))
    ),
    "comments": _somewhere(
        _START, lambda random, place: place[0] + random.choice([b"<!-- -->", b"<!--<Form>-->", b"<!--</Form>-->"])
    ),
    "comments in texts": _somewhere(_LEAF, _text(lambda random, text: _put_in(random, text, b"<!-- -->", b"<!---->"))),
    "comments between": _somewhere(_END, lambda random, place: place[0] + b"<!--</Form><Form>-->"),
    "CDATA": _somewhere(_LEAF, _text(lambda random, text: b"<![CDATA[%s]]>" % text)),
    "CDATA in part": _somewhere(_FREE, _text(_one_of(b"a<![CDATA[</Form>]]>", b"<![CDATA[&<]]>"))),
    "instructions": _somewhere(_START, lambda random, place: place[0] + b"<?php </Form> ?>"),
    "zeros": _somewhere(_NUMBER, _text(lambda random, text: b"0" + text)),
    "signs": _somewhere(_NUMBER, _text(lambda random, text: random.choice([b"+", b"-"]) + text)),
    "time zones": _somewhere(_DATE, _text(lambda random, text: text + random.choice([b"Z", b"+01:00"]))),
    "spaces in tags": _somewhere(_START, lambda random, place: place[0][:-1] + random.choice([b" >", b"\n>"])),
    "spaces in end tags": _somewhere(_END, lambda random, place: place[0][:-1] + b" >"),
    "namespaces": _somewhere(_START, lambda random, place: place[0][:-1] + b" xmlns:a='urn:a'>"),
    "line ends": lambda random, content: content.replace(b"\n", random.choice([b"\r\n", b"\r", b"\n\n"])),
    "mark": lambda random, content: b"\xef\xbb\xbf" + content,
    "latin-1": lambda random, content: content.replace(
        b"UTF-8", random.choice([b"ISO-8859-1", b"windows-1252"])
    ).replace(b"FORM-", b"F\xe9", 2),
    "nothing declared": lambda random, content: content[content.index(b"<DmfA") :],
}
"""Other ways to write a document, most of them valid."""

BROKEN: dict[str, Bend] = {
    "empty": _somewhere(_LEAF, lambda random, place: random.choice([b"<%s/>", b"<%s></%s>"]).replace(b"%s", place[1])),
    "gone": _somewhere(_LEAF, lambda random, place: b""),
    "twice": _somewhere(_LEAF, _twice),
    "other text": _somewhere(_LEAF, _text(_one_of(b"x", b"0", b"-1", b"99999999999999999999", b"2023-02-30", b"1.5"))),
    "longer": _somewhere(_LEAF, _text(lambda random, text: text * random.randint(2, 9))),
    "changed": _somewhere(_LEAF, _text(lambda random, text: _put_in(random, text, b"0", b"9", b"A", b" ", b".", b"-"))),
    "unknown": _somewhere(_END, lambda random, place: place[0] + random.choice([b"<Remark>x</Remark>", b"<Remark/>"])),
    "stray": _somewhere(_START, lambda random, place: place[0] + random.choice([b"<Border>0</Border>", b"<Remun/>"])),
    "renamed": lambda random, content: content.replace(b"Border>", b"Retired>", 2),
    "attributes": _somewhere(_START, lambda random, place: place[0][:-1] + b' a="/>">'),
    "nil": _somewhere(_LEAF, lambda random, place: b'<%s xsi:nil="true"/>' % place[1]),
    "text between": _somewhere(_END, lambda random, place: place[0] + b"x"),
    "form in form": _somewhere(_END, lambda random, place: place[0] + b"<Form><Form/></Form>"),
}
"""Ways to spoil a document; it stays well-formed."""


def bent(seed: int, content: bytes, times: int = 1) -> bytes:
    """The document written otherwise or spoiled, the same for the same seed."""
    random = Random(seed)
    for _ in range(random.randint(1, times)):
        _, bend = random.choice([*SAME.items(), *BROKEN.items()])
        content = bend(random, content)
    return content
