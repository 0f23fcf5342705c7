"""The edits under `breaks` of a control, made on a form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy

from lxml import etree


class NoSuchElement(Exception):
    """An edit names an element that the form does not have."""


def edit(form: etree._Element, edits: Iterable[tuple[str, str]]) -> None:
    """Make the edits one after the other, each on the first element that its path finds."""
    for path, what in edits:
        _edit(form, _found(form, path), what)


def _edit(form: etree._Element, element: etree._Element, what: str) -> None:
    if what == "-":
        _parent(element).remove(element)
    elif what == "*":
        element.addnext(deepcopy(element))
    elif what.startswith("<"):
        for new in reversed(etree.fromstring(f"<new>{what}</new>")):
            element.addnext(new)
    elif what.startswith("="):
        element.text = _found(form, what[1:]).text
    elif re.fullmatch(r"\+\d+", what):
        element.text = str(int(element.text or "") + int(what))
    else:
        element.text = what


def _found(form: etree._Element, path: str) -> etree._Element:
    found = form.find(path)
    if found is None:
        raise NoSuchElement(path)
    return found


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    if parent is None:
        raise NoSuchElement("the form itself is not removed")
    return parent
