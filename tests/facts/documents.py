"""Documents derived from the facts: valid ones, and mutants with one thing changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from lxml import etree

from tests.facts.facts import Facts, Zone

SAMPLES: dict[str, Callable[[Random], str]] = {
    r"\d{11}": lambda draw: _digits(draw, 11),
    r"[0]|\d{11}": lambda draw: draw.choice(["0", _digits(draw, 11)]),
    r"0|00\d{9}|1\d{10}": lambda draw: draw.choice(["0", "00" + _digits(draw, 9), "1" + _digits(draw, 10)]),
    r"0|\d{9}|\d{10}": lambda draw: draw.choice(["0", _digits(draw, 9), "0" + _digits(draw, 9)]),
    r"\d{3}": lambda draw: _digits(draw, 3),
    r"\d{3},\d{2}": lambda draw: f"{_digits(draw, 3)},{_digits(draw, 2)}",
    r"\d{4}(1|2|3|4)": lambda draw: f"20{draw.randint(10, 99)}{draw.randint(1, 4)}",
    r"(1|2|3)(0|1|2|3|4|5)\d{6}": lambda draw: f"{draw.randint(1, 3)}{draw.randint(0, 5)}{_digits(draw, 6)}",
    r"(((0|1)\d)|(2[0-3]))[0-5]\d": lambda draw: f"{draw.randint(0, 23):02}{draw.randint(0, 59):02}",
    r"[+-]?\d{1,15}": lambda draw: draw.choice(["", "+", "-"]) + _digits(draw, draw.randint(1, 15)),
    r"[A-Z]{2}[A-Za-z0-9]{0,28}": lambda draw: "BE" + "".join(draw.choices("aZ09", k=draw.randint(0, 28))),
    r"\p{L}": lambda draw: draw.choice("aÉß"),
    r"[\s\S]*\S[\s\S]*": lambda draw: draw.choice(["Gent", " \n Ieper"]),
    r"\d{3}|\d{3}\.\d{2}|\d{3}\.\d{2}\.\d{2}": lambda draw: draw.choice(["100", "140.03", "149.01.02"]),
    r"XXX|\d{3}|\d{3}(.)\d{2}|\d{3}(.)\d{2}(.)\d{2}": lambda draw: draw.choice(["XXX", "100", "140.03", "149x01y02"]),
}
NEVER = r"'\d{11}"
"""A pattern that no integer matches; such a zone can only be left out."""

ODD_TEXTS = (
    *(
        "",
        " ",
        "0",
        "00",
        "01",
        "+1",
        "-1",
        "-0",
        "1.0",
        "1e2",
        "x",
        "é",
        "\u0661",
        "\u00a01",
        " 1 ",
        "\t1\n",
        "9" * 10,
    ),
    *("2023-02-29", "2024-02-29", "2023-04-31", "0000-01-01", "2023-1-1", "2023-01-01Z", "2023-13", "2023-00"),
    *("24:00:00.000", "23:59:60.000", "12:00:00x123", "12:00:00", "12:00:00.1234", "true", "TRUE", "A17", " A17"),
    *("\U0001f600", "9" * 30, "0" * 30, "0" * 29 + "1", "a" * 49, "100.01", "100,01", "XXX", "2400", "2360"),
)


def _digits(draw: Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))


def document(facts: Facts, draw: Random) -> etree._Element:
    """A valid document, small and different each time."""
    root = etree.Element(facts.root)
    _fill(facts, root, draw)
    return root


def _fill(facts: Facts, element: etree._Element, draw: Random) -> None:
    content = facts.blocks[element.tag]
    if content == "*":
        etree.SubElement(element, draw.choice(["Anything", "INSS"])).text = "at all"
        return
    depth = sum(1 for _ in element.iterancestors())
    for tag in grown(content, draw, facts, depth):
        child = etree.SubElement(element, tag)
        if tag in facts.blocks:
            _fill(facts, child, draw)
        else:
            child.text = value(facts.zones[tag], draw)


def grown(content: str, draw: Random, facts: Facts, depth: int = 0) -> list[str]:
    """The tags of some children that a content model allows; fewer of the optional ones deep down."""
    return _Grower(_tokens(content), draw, depth, facts).sequence()


@cache
def _tokens(content: str) -> list[str]:
    return re.findall(r"!?\w+|[()|?*+]|\{\d+,\d+\}", content)


class _Grower:
    """Walks a content model and chooses."""

    def __init__(self, tokens: list[str], draw: Random, depth: int, facts: Facts) -> None:
        self.tokens = tokens
        self.at = 0
        self.draw = draw
        self.facts = facts
        self.share = 0.6 if depth < 4 else 0.25  # of what is optional

    def sequence(self) -> list[str]:
        """The tags of one choice among the alternatives up to the closing parenthesis."""
        alternatives = [self._row()]
        while self._next() == "|":
            self.at += 1
            alternatives.append(self._row())
        return self.draw.choice(alternatives)

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _row(self) -> list[str]:
        tags: list[str] = []
        while self._next() not in {"", "|", ")"}:
            tags += self._item()
        return tags

    def _item(self) -> list[str]:
        start = self.at
        once = self._once()
        least, most = self._occurrence()
        if once and self._impossible(once[0]):
            return []
        after = self.at
        tags: list[str] = []
        for time in range(most):
            if time >= least and self.draw.random() > self.share / (1 + time):
                break
            self.at = start
            tags += self._once()
        self.at = after
        return tags

    def _impossible(self, tag: str) -> bool:
        return tag in self.facts.zones and self.facts.zones[tag].pattern == NEVER

    def _once(self) -> list[str]:
        token = self._next()
        self.at += 1
        if token.startswith("!"):
            return []
        if token != "(":
            return [token]
        tags = self.sequence()
        self.at += 1
        return tags

    def _occurrence(self) -> tuple[int, int]:
        token = self._next()
        if token in {"?", "*", "+"}:
            self.at += 1
            return {"?": (0, 1), "*": (0, 3), "+": (1, 3)}[token]
        if token.startswith("{"):
            self.at += 1
            least, _, most = token[1:-1].partition(",")
            return int(least), min(int(most), int(least) + 3)
        return 1, 1


def value(zone: Zone, draw: Random) -> str:
    """A text that the zone allows."""
    if zone.values:
        text = draw.choice(zone.values)
        return draw.choice([text, f"+{text}", f" 0{text}\n"]) if zone.base == "integer" and not zone.pattern else text
    if zone.base in {"date", "time", "gYearMonth", "boolean"}:
        return _moment(zone.base, draw)
    if zone.pattern.startswith(r"\d{4}-"):
        return _moment("date", draw)
    if zone.pattern:
        return _sample(zone, draw)
    return _number(zone, draw) if zone.base == "integer" else _text(zone, draw)


def _moment(base: str, draw: Random) -> str:
    day = f"{draw.randint(2008, 2030)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    hour = f"{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:{draw.randint(0, 59):02}.{_digits(draw, 3)}"
    return {"date": day, "time": hour, "gYearMonth": day[:7], "boolean": draw.choice(["true", "0"])}[base]


def _sample(zone: Zone, draw: Random) -> str:
    while True:
        text = SAMPLES[zone.pattern](draw)
        if not zone.most or int(text) <= int(zone.most):
            return text


def _number(zone: Zone, draw: Random) -> str:
    least = int(zone.least or 0)
    most = min(int(zone.most or 10**15), 10 ** int(zone.digits or 15) - 1)
    return str(draw.choice([least, most, draw.randint(least, most)]))


def _text(zone: Zone, draw: Random) -> str:
    least = int(zone.length or zone.min_length or 0)
    most = int(zone.length or zone.max_length or 12)
    return "".join(draw.choices("aZé 9-", k=draw.choice([least, most, draw.randint(least, most)])))


def mutate(facts: Facts, root: etree._Element, draw: Random) -> str:
    """Change one thing in place; what was done."""
    if not _leaves(facts, root):
        return _insert(facts, root, draw)
    changes = [_retext, _retext, _boundary, _boundary, _drop, _repeat, _swap, _insert, _attribute, _stray]
    changes += [_rename, _exchange, _lead]
    return draw.choice(changes)(facts, root, draw)


def _any(elements: list[etree._Element], draw: Random) -> etree._Element:
    return draw.choice(elements)


def _leaves(facts: Facts, root: etree._Element) -> list[etree._Element]:
    return [element for element in root.iter() if element.tag in facts.zones and not len(element)]


def _retext(facts: Facts, root: etree._Element, draw: Random) -> str:
    leaf = _any(_leaves(facts, root), draw)
    leaf.text = draw.choice(ODD_TEXTS)
    return f"{leaf.tag} is {leaf.text!r}"


def _boundary(facts: Facts, root: etree._Element, draw: Random) -> str:
    leaf = _any(_leaves(facts, root), draw)
    leaf.text = draw.choice(edges(facts.zones[leaf.tag], leaf.text or ""))
    return f"{leaf.tag} is {leaf.text!r}"


def edges(zone: Zone, text: str) -> list[str]:
    """Values at and just over the edges of a zone, and a good text with one character off."""
    found = [
        text,
        text + "1",
        text[:-1],
        f"0{text}",
        f" {text} ",
        text.replace("-", "/", 1),
        text[:-1] + "x",
        f"-{text}",
    ]
    found += [text + "Z", *zone.values, *(each + "0" for each in zone.values)]
    if zone.base == "integer":
        limits = [int(each) for each in (zone.least, zone.most, *zone.values) if each]
        limits += [10 ** int(zone.digits)] if zone.digits else []
        found += [str(limit + step) for limit in limits for step in (-1, 0, 1)]
    elif zone.base == "string":
        lengths = [int(each) for each in (zone.length, zone.min_length, zone.max_length) if each]
        found += ["é" * max(0, length + step) for length in lengths for step in (-1, 0, 1)]
    elif zone.least:
        found += [zone.least, zone.least.replace("-01", "-00"), "1989-12-31", "1995-02-28", "2007-06-30"]
    return found


def _drop(facts: Facts, root: etree._Element, draw: Random) -> str:
    child = _any(list(root.iterdescendants()), draw)
    child.getparent().remove(child)
    return f"no {child.tag}"


def _repeat(facts: Facts, root: etree._Element, draw: Random) -> str:
    child = _any(list(root.iterdescendants()), draw)
    for _ in range(draw.choice([1, 1, 4])):
        child.addnext(etree.fromstring(etree.tostring(child, with_tail=False)))
    return f"{child.tag} again"


def _swap(facts: Facts, root: etree._Element, draw: Random) -> str:
    parents = [element for element in root.iter() if len(element) > 1]
    parent = _any(parents or [root], draw)
    child = _any(list(parent), draw)
    parent.remove(child)
    parent.insert(draw.randint(0, len(parent)), child)
    return f"{child.tag} moved in {parent.tag}"


def _insert(facts: Facts, root: etree._Element, draw: Random) -> str:
    """An element that the schema knows, or one that it does not, anywhere."""
    parent = _any([element for element in root.iter() if element.tag in facts.blocks], draw)
    known = re.findall(r"\w+", facts.blocks[parent.tag])
    tag = draw.choice([*(each for each in known if not each.isdigit()), "Unknown", *list(facts.zones)[:3]])
    child = etree.Element(tag)
    parent.insert(draw.randint(0, len(parent)), child)
    if tag in facts.zones and facts.zones[tag].pattern != NEVER:
        child.text = value(facts.zones[tag], draw)
    elif tag in facts.blocks and tag != facts.root:
        _fill(facts, child, draw)
    return f"{tag} put into {parent.tag}"


def _attribute(facts: Facts, root: etree._Element, draw: Random) -> str:
    element = _any(list(root.iter()), draw)
    element.set("lang", "nl")
    return f"{element.tag} has an attribute"


def _stray(facts: Facts, root: etree._Element, draw: Random) -> str:
    """Text or a child where there may be none."""
    element = _any(list(root.iter()), draw)
    if draw.random() < 0.5:
        element.tail = draw.choice(["x", " \n", "\u00a0"]) if element is not root else None
        return f"text behind {element.tag}"
    etree.SubElement(element, "INSS").text = "1"
    return f"a child in {element.tag}"


def _rename(facts: Facts, root: etree._Element, draw: Random) -> str:
    """An element under another's name, in other letters, or in a namespace."""
    element = _any(list(root.iter()), draw)
    before = element.tag
    others = [before.lower(), before + "s", f"{{urn:other}}{before}", *draw.sample([*facts.blocks, *facts.zones], 2)]
    element.tag = draw.choice(others)
    return f"{before} is called {element.tag}"


def _exchange(facts: Facts, root: etree._Element, draw: Random) -> str:
    """Two elements in each other's place, wherever they are."""
    one, other = _any(list(root.iter()), draw), _any(list(root.iter()), draw)
    if one is other or one in other.iterancestors() or other in one.iterancestors():
        return "nothing"
    place = etree.Element("place")
    _put(place, one)
    _put(one, other)
    _put(other, place)
    return f"{one.tag} and {other.tag} exchanged"


def _put(new: etree._Element, old: etree._Element) -> None:
    """Put an element where another stands, which then stands nowhere."""
    parent = old.getparent()
    parent[parent.index(old)] = new


def _lead(facts: Facts, root: etree._Element, draw: Random) -> str:
    """Text before the first child of a block."""
    block = _any([element for element in root.iter() if element.tag in facts.blocks], draw)
    block.text = draw.choice(["x", "\n\t", "\u00a0"])
    return f"text first in {block.tag}"
