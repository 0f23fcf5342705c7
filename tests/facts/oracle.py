"""A second opinion on documents, from the facts alone: no XML schema engine in it."""

from __future__ import annotations

import calendar
import re
from functools import cache
from itertools import chain

from lxml import etree

from tests.facts.facts import Facts, Zone

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
XML_SPACE = " \t\r\n"
INTEGER = re.compile(r"[+-]?[0-9]+")
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?")
MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")


def accepts(facts: Facts, root: etree._Element) -> bool:
    """Whether the facts allow the document."""
    return root.tag == facts.root and _element(facts, root)


def _element(facts: Facts, element: etree._Element) -> bool:
    if facts.blocks.get(element.tag) == "*":
        return True
    if set(element.attrib) - {f"{XSI}noNamespaceSchemaLocation", f"{XSI}schemaLocation"}:
        return False
    if element.tag in facts.zones:
        return not len(element) and accepts_value(facts.zones[element.tag], element.text or "")
    texts = chain([element.text], (child.tail for child in element))
    if any(text and text.strip(XML_SPACE) for text in texts):
        return False
    tags = "".join(f"<{child.tag}>" for child in element)
    if not model(facts.blocks[element.tag]).fullmatch(tags):
        return False
    return all(_element(facts, child) for child in element)


@cache
def model(content: str) -> re.Pattern[str]:
    """A content model as a regular expression over `<Tag><Tag>`."""
    allowed = re.sub(r"!\w+", "", content)
    return re.compile(re.sub(r"[A-Za-z]\w*", lambda tag: f"(?:<{tag[0]}>)", allowed).replace(" ", ""))


def accepts_value(zone: Zone, text: str) -> bool:
    """Whether the facts allow that text in the zone."""
    value = _normalized(zone, text)
    if not _lexical(zone.base, value):
        return False
    if zone.pattern and not _pattern(zone.pattern).fullmatch(value):
        return False
    return _number_fits(zone, int(value)) if zone.base == "integer" else _text_fits(zone, value)


def _normalized(zone: Zone, text: str) -> str:
    if zone.base == "string":
        return re.sub("[\t\r\n]", " ", text) if zone.white_space == "replace" else text
    return re.sub(f"[{XML_SPACE}]+", " ", text).strip(" ")


def _lexical(base: str, value: str) -> bool:
    match base:
        case "string":
            return True
        case "boolean":
            return value in {"true", "false", "1", "0"}
        case "integer":
            return bool(INTEGER.fullmatch(value))
        case "date":
            found = DATE.fullmatch(value)
            return found is not None and _is_day(*map(int, found.groups()))
        case "gYearMonth":
            found = MONTH.fullmatch(value)
            return found is not None and _is_day(int(found[1]), int(found[2]), 1)
        case "time":
            found = TIME.fullmatch(value)
            return found is not None and _is_moment(int(found[1]), int(found[2]), float(found[3] + (found[4] or "")))
    raise ValueError(base)


def _is_day(year: int, month: int, day: int) -> bool:
    return year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _is_moment(hour: int, minute: int, second: float) -> bool:
    return (hour, minute, second) == (24, 0, 0) or (hour < 24 and minute < 60 and second < 60)


def _number_fits(zone: Zone, number: int) -> bool:
    return (
        not (zone.values and number not in map(int, zone.values))
        and not (zone.digits and len(str(abs(number))) > int(zone.digits))
        and not (zone.least and number < int(zone.least))
        and not (zone.most and number > int(zone.most))
    )


def _text_fits(zone: Zone, value: str) -> bool:
    return (
        not (zone.values and value not in zone.values)
        and not (zone.length and len(value) != int(zone.length))
        and not (zone.min_length and len(value) < int(zone.min_length))
        and not (zone.max_length and len(value) > int(zone.max_length))
        and not (zone.least and value < zone.least)
        and not (zone.most and value > zone.most)
    )


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """The same in Python: letters by their Unicode class, a dot that stops at either line end."""
    translated = re.sub(r"\\.|\.", lambda token: "[^\n\r]" if token[0] == "." else token[0], pattern)
    return re.compile(translated.replace(r"\p{L}", r"[^\W\d_]"))
