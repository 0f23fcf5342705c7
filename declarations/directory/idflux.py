"""The message IDFLUX: a person's situation that is valid, and the one that it makes outdated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

import polars as pl
from lxml import etree

from declarations.directory.delimited import DAY, BadLines
from declarations.directory.lists import GOOD_INSS
from declarations.directory.renumbering import GOOD_DAY, Replacement
from validators.envelope import HARDENED
from validators.identifiers import inss_valid

DOCUMENT = "a document IDFLUX"
INFORMATION = "IdfluxInformation"


def is_xml(start: bytes) -> bool:
    """Whether a file that starts so is XML, and not CSV."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def pairs(source: BinaryIO, bad: BadLines) -> Iterator[Replacement]:
    """The numbers that the message replaces; what changes only a name or a day of birth is passed over.

    Lines are those of the file; what is wrong goes into `bad`.
    """
    try:
        document = etree.parse(source, etree.XMLParser(**HARDENED))
    except etree.XMLSyntaxError as fault:
        bad.add(DOCUMENT, pl.Series([fault.lineno or 1]))
        return
    root = document.getroot()
    if root.tag != "IDFLUX" or document.docinfo.internalDTD is not None:  # an entity would be passed over as no number
        bad.add(DOCUMENT, pl.Series([_line(root)]))
        return
    for each in root.iter(INFORMATION):
        old, new = each.findtext("OutdatedSituation/INSS"), each.findtext("ValidSituation/INSS")
        if old and new and old != new:
            yield from _pair(old, new, each.findtext("EffectiveStartingDate") or "", _line(each), bad)


def _pair(old: str, new: str, on: str, line: int, bad: BadLines) -> Iterator[Replacement]:
    if not (inss_valid(old) and inss_valid(new)):
        bad.add(GOOD_INSS, pl.Series([line]))
    elif (since := _day(on)) is None:
        bad.add(GOOD_DAY, pl.Series([line]))
    else:
        yield Replacement(old, new, since, line)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(DAY, text) else None
    except ValueError:
        return None


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1
