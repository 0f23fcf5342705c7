"""Is a stretch of forms valid, yes or no: libxml2 at its own speed, with no call back into Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from lxml import etree

from declarations.stages.chunks import Frame
from validators.envelope import HARDENED

PIECE = 128 * 1024
MARGIN = 64 * 1024
"""How far back a fault may lie that libxml2 tells of while it reads a piece: no tag or text is longer."""


class _Nothing:
    """A target of lxml that builds nothing."""

    def close(self) -> None:
        """Asked for by lxml."""


def faulty(pieces: Iterable[bytes], around: Frame, schema: etree.XMLSchema) -> list[int] | None:
    """The numbers of the pieces, from 0, in which libxml2 found something wrong; together they are whole forms.

    It tells of a fault once it knows of it, at the latest when the first byte of the next tag is there. None where
    it cannot read on: then nothing is known.
    """
    parser = etree.XMLParser(target=cast("etree.ParserTarget", _Nothing()), schema=schema, **HARDENED)
    found, told, last = [], 0, 0
    try:
        parser.feed(around.head)
        for last, piece in enumerate(pieces):
            parser.feed(piece)
            if len(parser.feed_error_log) > told:
                found.append(last)
                told = len(parser.feed_error_log)
        parser.feed(around.tail)
        parser.close()
    except etree.XMLSyntaxError:
        return None
    if len(parser.feed_error_log) > told and last not in found:
        found.append(last)
    return found


def suspects(data: bytes, around: Frame, schema: etree.XMLSchema) -> list[tuple[int, int]] | None:
    """Stretches of a chunk in which all that is wrong with it lies; none where it is valid, None where unknown."""
    offsets = range(0, len(data), PIECE)
    found = faulty((data[at : at + PIECE] for at in offsets), around, schema)
    return None if found is None else [(offsets[piece] - MARGIN, offsets[piece] + PIECE) for piece in found]


def faulty_forms(data: bytes, forms: list[tuple[int, int]], around: Frame, schema: etree.XMLSchema) -> list[int] | None:
    """The numbers of those of the forms, given by their spans, that are not valid; None where unknown."""
    return faulty(_one_by_one(data, forms), replace(around, tail=around.tail[1:]), schema)


def _one_by_one(data: bytes, forms: list[tuple[int, int]]) -> Iterator[bytes]:
    """Each form with the first byte of the tag that follows it, so that libxml2 waits for nothing."""
    opened = 0
    for start, end in forms:
        yield data[start + opened : end] + b"<"
        opened = 1
