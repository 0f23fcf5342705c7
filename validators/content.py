"""What a schema says may stand where: every element with its number, its type and its content model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache


class UnusableSchema(Exception):
    """A schema file that cannot be used; the text says which and why."""


class Order(StrEnum):
    """How the parts of a group follow each other."""

    SEQUENCE = "sequence"
    CHOICE = "choice"
    ALL = "all"


class Base(StrEnum):
    """The built-in type that a simple type comes down to, as far as it matters here."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    BOOLEAN = "boolean"
    OTHER = "other"
    NONE = "none"  # no text: the element has children


@dataclass(frozen=True, slots=True)
class Element:
    """One element where it stands. `tag` has its namespace; `number` is the authority's, where one is given."""

    tag: str
    number: str | None
    base: Base
    pattern: str | None = None
    digits_after_comma: int | None = None
    content: Group | None = None
    forbidden: tuple[Element, ...] = ()  # children named by the schema to say that they may not occur

    @property
    def name(self) -> str:
        """The tag without its namespace."""
        return self.tag.rpartition("}")[2]

    def child(self, tag: str) -> Element | None:
        """The child of that tag, wherever the content model has it."""
        return next((use.element for use in self.uses() if use.element.tag == tag), None)

    def uses(self) -> Iterator[Use]:
        """The places of its children, in schema order."""
        return iter(()) if self.content is None else _uses(self.content)


@dataclass(frozen=True, slots=True)
class Use:
    """An element's place in a content model, and how often it may stand there."""

    element: Element
    least: int
    most: int | None  # None: any number


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A place for any element."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Parts in an order, the whole any number of times between `least` and `most`."""

    order: Order
    parts: tuple[Part, ...]
    least: int = 1
    most: int | None = 1


Part = Use | Wildcard | Group

NOTHING = Group(Order.SEQUENCE, ())
"""What is left of a content model when nothing more may come."""


def _uses(part: Part) -> Iterator[Use]:
    if isinstance(part, Use):
        yield part
    elif isinstance(part, Group):
        for each in part.parts:
            yield from _uses(each)


def after(part: Part, tag: str) -> Part | None:
    """What may follow once an element of that tag has been read; None where it may not come now.

    Content models are deterministic (XML Schema 1.0, "Unique Particle Attribution"), so there is one answer.
    """
    if part.most == 0:
        return None
    rest = _with_fewer(part)
    if isinstance(part, Use):
        return rest if part.element.tag == tag else None
    if isinstance(part, Wildcard):
        return rest
    begun = _AFTER[part.order](part.parts, tag)
    return None if begun is None else _joined(begun, rest)


def _with_fewer(part: Part) -> Part:
    most = None if part.most is None else part.most - 1
    return replace(part, least=max(0, part.least - 1), most=most)


def _joined(first: Part, then: Part) -> Part:
    if first == NOTHING:
        return then
    return first if then.most == 0 else Group(Order.SEQUENCE, (first, then))


def _after_sequence(parts: tuple[Part, ...], tag: str) -> Part | None:
    for place, part in enumerate(parts):
        begun = after(part, tag)
        if begun is not None:
            rest = parts[place + 1 :]
            begun = NOTHING if begun.most == 0 else begun
            return _joined(begun, Group(Order.SEQUENCE, rest)) if rest else begun
        if not may_end(part):
            return None
    return None


def _after_choice(parts: tuple[Part, ...], tag: str) -> Part | None:
    return next((begun for part in parts if (begun := after(part, tag)) is not None), None)


def _after_all(parts: tuple[Part, ...], tag: str) -> Part | None:
    for place, part in enumerate(parts):
        begun = after(part, tag)
        if begun is not None:
            return _joined(begun, Group(Order.ALL, parts[:place] + parts[place + 1 :]))
    return None


_AFTER = {Order.SEQUENCE: _after_sequence, Order.CHOICE: _after_choice, Order.ALL: _after_all}


def may_end(part: Part) -> bool:
    """Whether nothing more needs to come."""
    if part.least == 0:
        return True
    if not isinstance(part, Group):
        return False
    if part.order is Order.CHOICE:
        return not part.parts or any(may_end(each) for each in part.parts)
    return all(may_end(each) for each in part.parts)


def needed(part: Part) -> Element | None:
    """The first element that must come next; of a choice, that of its first alternative. None: nothing must."""
    if may_end(part):
        return None
    if isinstance(part, Group):
        return next((element for each in part.parts if (element := needed(each)) is not None), None)
    return part.element if isinstance(part, Use) else None


def to_come(part: Part) -> Iterator[Element]:
    """Every element that may still come."""
    if part.most == 0:
        return
    if isinstance(part, Use):
        yield part.element
    elif isinstance(part, Group):
        for each in part.parts:
            yield from to_come(each)


_PATTERN_TOKENS = re.compile(r"\\d|\d|\[\d+\]|\{\d+(?:,\d+)?\}|[()|]")


@cache
def digit_lengths(pattern: str) -> frozenset[int] | None:
    """How many digits a pattern of digits alone accepts: {0|9|10 digits} for `0|\\d{9}|\\d{10}` is {1, 9, 10}.

    None where the pattern has anything but digits in it.
    """
    tokens = _PATTERN_TOKENS.findall(pattern)
    if "".join(tokens) != pattern:
        return None
    lengths, left = _alternatives(tokens)
    return None if left else lengths


def _alternatives(tokens: list[str]) -> tuple[frozenset[int], list[str]]:
    lengths, tokens = _row(tokens)
    while tokens and tokens[0] == "|":
        more, tokens = _row(tokens[1:])
        lengths |= more
    return lengths, tokens


def _row(tokens: list[str]) -> tuple[frozenset[int], list[str]]:
    lengths = frozenset({0})
    while tokens and tokens[0] not in {"|", ")"}:
        if tokens[0] == "(":
            atom, tokens = _alternatives(tokens[1:])
        else:
            atom = frozenset({1})
        tokens = tokens[1:]
        if tokens and tokens[0].startswith("{"):
            least, _, most = tokens[0][1:-1].partition(",")
            times = range(int(least), int(most or least) + 1)
            atom = frozenset().union(*(_sums([atom] * count) for count in times))
            tokens = tokens[1:]
        lengths = _sums([lengths, atom])
    return lengths, tokens


def _sums(choices: list[frozenset[int]]) -> frozenset[int]:
    """Every sum of one number from each set."""
    sums = frozenset({0})
    for choice in choices:
        sums = frozenset({one + other for one in sums for other in choice})
    return sums
