"""Synthetic documents for the tests of the generator, read back with lxml."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from lxml import etree

from declarations.generate import Request, write

SCHEMAS = Path(__file__).parents[2] / "xsd" / "dmfa"


def content(request: Request) -> bytes:
    """The document's bytes."""
    destination = io.BytesIO()
    write(request, destination)
    return destination.getvalue()


@lru_cache(maxsize=8)
def tree(request: Request) -> etree._Element:
    """The document's root; not to be changed."""
    return etree.fromstring(content(request))


@lru_cache(maxsize=8)
def schema(version: str) -> etree.XMLSchema:
    """That version of the schema."""
    return etree.XMLSchema(etree.parse(str(SCHEMAS / f"DmfAOriginal_{version}.xsd")))


def texts(element: etree._Element, path: str) -> list[str]:
    """The texts of the elements there, in document order."""
    return [found.text or "" for found in element.iterfind(path)]


def amount(element: etree._Element, tag: str) -> int:
    """The sum of all amounts of that tag, in cents."""
    return sum(int(found.text or 0) for found in element.iter(tag))


def owed(form: etree._Element) -> int:
    """The net amount by its formula."""
    due = (
        "ContributionAmount",
        "UnrelatedAmount",
        "StudentContributionAmount",
        "EarlyRetirementContributionAmount",
        "GrossRefRemunContributionAmount",
    )
    less = ("DeductionAmount", "CompensationAmount")
    return sum(amount(form, tag) for tag in due) - sum(amount(form, tag) for tag in less)
