"""Judging a file form by form: each is read, held against the schema, and handed on with its faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from lxml import etree

from declarations.errors import Invariant
from declarations.families import Version
from validators.envelope import HARDENED
from validators.schema import Fault


@dataclass(frozen=True, slots=True)
class JudgedForm:
    """One form of a file. `element` lives until the next form is asked for.

    ordinal  its number in the file, from 1
    head     the zones that identify it in answers, by tag, as written; absent ones are left out
    faults   what the schema finds wrong, with locations in the whole file
    """

    ordinal: int
    element: etree._Element
    head: dict[str, str]
    faults: tuple[Fault, ...]


def judged_forms(source: BinaryIO, version: Version) -> Iterator[JudgedForm]:
    """The forms of a well-formed file, in order. Raises Invariant where the gate was passed by a broken file."""
    form_tag = version.family.form
    ordinal = 0
    try:
        for _, form in etree.iterparse(source, events=("end",), tag=form_tag, **HARDENED):
            root = form.getparent()
            if root is None or root.getparent() is not None:
                continue
            _forget_before(form, form_tag)
            ordinal += 1
            alone = _alone(form, root)
            faults = tuple(_at(fault, ordinal) for fault in version.schema.faults(alone))
            yield JudgedForm(ordinal, form, _head(form, version.family.head), faults)
    except etree.XMLSyntaxError as fault:
        raise Invariant(f"line {fault.lineno}: the file passed the gate and is not well-formed") from fault


@dataclass(frozen=True, slots=True)
class Survey:
    """What stands directly under the root of a file."""

    forms: int
    strangers: int  # elements that are no forms, and texts
    identifications: frozenset[str]  # what the forms say they are


def survey(source: BinaryIO, form_tag: str) -> Survey:
    """Count the forms of a well-formed file without judging them."""
    forms = strangers = 0
    identifications: set[str] = set()
    parsing = etree.iterparse(source, events=("end",), tag=form_tag, **HARDENED)
    for _, form in parsing:
        root = form.getparent()
        if root is None or root.getparent() is not None:
            continue
        strangers += _forget_before(form, form_tag)
        forms += 1
        identifications.add((form.findtext("Identification") or "").strip())
        form.clear(keep_tail=True)
    strangers += _says(parsing.root.text) + sum(_is_strange(each, form_tag) for each in parsing.root)
    return Survey(forms, strangers, frozenset(identifications))


def _alone(form: etree._Element, root: etree._Element) -> etree._Element:
    """A root like the file's with this form only: the parser may have read some of the next one already."""
    names: dict[Any, str] = root.nsmap
    alone = etree.Element(root.tag, nsmap=names)
    for name, value in root.attrib.items():
        alone.set(name, value)
    alone.append(form)
    return alone


def _forget_before(form: etree._Element, form_tag: str) -> int:
    """Drop the siblings before a form, to keep memory flat; how many of them were strangers."""
    root = form.getparent()
    strangers = 0
    while root is not None and form.getprevious() is not None:
        strangers += _is_strange(root[0], form_tag)
        del root[0]
    return strangers


def _is_strange(element: etree._Element, form_tag: str) -> bool:
    """Whether it is no form, or text stands behind it."""
    return element.tag != form_tag or _says(element.tail)


def _says(text: str | None) -> bool:
    """Whether there is more than white space, as XML counts it."""
    return bool(text and text.strip(" \t\r\n"))


def _at(fault: Fault, ordinal: int) -> Fault:
    """The same fault, its form counted in the whole file: the schema saw that form alone under the root."""
    if len(fault.location) < 2:
        return fault
    return replace(fault, location=(fault.location[0], ordinal, *fault.location[2:]))


def _head(form: etree._Element, tags: frozenset[str]) -> dict[str, str]:
    """First occurrence of each tag among the form's own zones and those of its single child blocks."""
    head: dict[str, str] = {}
    for child in form:
        for element in (child, *child):
            tag = str(element.tag)
            if tag in tags and tag not in head and element.text:
                head[tag] = element.text.strip()
    return head
