"""The document that the samples of the controls are edits of, and forms made of it."""

from __future__ import annotations

from functools import cache

from lxml import etree

from declarations.families import families

FAMILY = families()[0]


@cache
def accepted() -> etree._Element:
    """The root of the family's accepted document, without comments and white space; not to be changed."""
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True)
    return etree.parse(str(FAMILY.folder / "accepted.xml"), parser).getroot()
