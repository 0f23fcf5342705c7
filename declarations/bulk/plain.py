"""Forms with comments, attributes and the like, written again without them."""

from __future__ import annotations

import re
from typing import cast

from lxml import etree

from declarations.bulk.tokens import Odd
from declarations.stages.chunks import Frame
from validators.envelope import parser

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ODD = re.compile(rb"<(?!/?[^\s<>/!?]+/?>)|>[^<>]*>")


def plain(form: bytes, around: Frame) -> bytes:
    """A valid form without anything that is no element or text, in the encoding of the file; as it is if it is plain.

    Text around comments is one text, CDATA is text, attributes and prefixes are gone. Raises Odd where an attribute
    changes what may stand in an element.
    """
    if _ODD.search(form) is None:
        return form
    try:
        root = etree.fromstring(around.head + form + around.tail, parser())
    except etree.XMLSyntaxError as fault:
        raise Odd("markup that libxml2 does not take in a tree") from fault
    written = etree.Element(around.form)
    _copy(root[0], written)
    return cast("bytes", etree.tostring(written, encoding=around.encoding, xml_declaration=False, with_tail=False))


def _copy(element: etree._Element, written: etree._Element) -> None:
    """Texts, and the elements below by their local names; what follows an element is nobody's text."""
    if element.get(_XSI_TYPE) is not None:
        raise Odd("an element that says its own type")
    written.text = element.text
    for child in element:
        _copy(child, etree.SubElement(written, etree.QName(child).localname))
