"""What is wrong with the children of one element, and the smallest change that lets judging go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from validators.content import Element, Part, after, needed, to_come
from validators.faults import ABSENT, FORBIDDEN, NOT_ADMITTED, OCCURRENCES, ORDER, UNKNOWN


class Mending(StrEnum):
    """How a copy of the children is made to fit."""

    PUT = "put"  # an empty element of `tag` at `target`
    MOVE = "move"  # the child at `source`, taken out, back in at `target`
    TAKE_OUT = "take out"  # the child at `source`


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The first thing wrong among some children; `child` is the index of the one, None where one is missing."""

    kind: str
    number: str | None
    tag: str
    child: int | None
    expected: str
    mending: Mending
    source: int = 0
    target: int = 0

    @property
    def name(self) -> str:
        """The tag without its namespace."""
        return self.tag.rpartition("}")[2]


def diagnosed(element: Element, tags: Sequence[str], end: int) -> Diagnosis:
    """Why the child at `end` may not stand there, or, where `end` is behind the last, what is missing."""
    rests = _rests(element, tags[:end])
    end = len(rests) - 1
    return _missing(element, rests[end], tags, end) if end == len(tags) else _misplaced(element, rests, tags)


def _rests(element: Element, tags: Sequence[str]) -> list[Part]:
    """What may still come before each of the children and behind the last, as far as they fit."""
    rests: list[Part] = [] if element.content is None else [element.content]
    for tag in tags:
        rest = after(rests[-1], tag)
        if rest is None:
            break
        rests.append(rest)
    return rests


def _missing(element: Element, rest: Part, tags: Sequence[str], at: int) -> Diagnosis:
    lacking = needed(rest)
    if lacking is None:
        return Diagnosis(ABSENT, element.number, element.tag, None, "one more child", Mending.PUT, target=at)
    kind = OCCURRENCES if lacking.tag in tags[:at] else ABSENT
    expected = f"{lacking.name} in {element.name}"
    return Diagnosis(kind, lacking.number, lacking.tag, None, expected, Mending.PUT, target=at)


def _misplaced(element: Element, rests: Sequence[Part], tags: Sequence[str]) -> Diagnosis:
    at = len(rests) - 1
    tag = tags[at]
    known = element.child(tag)
    if known is None:
        return _stranger(element, tag, at)
    lacking = needed(rests[at])
    if lacking is None or all(each.tag != tag for each in to_come(rests[at])):
        return _too_late(element, known, rests, tags)
    if lacking.tag not in tags[at:]:
        return _missing(element, rests[at], tags, at)
    expected = f"{lacking.name} before {known.name}"
    later = _later_place(rests[at], tags, at)
    if later is not None:
        return Diagnosis(ORDER, known.number, tag, at, expected, Mending.MOVE, at, later)
    late = tags.index(lacking.tag, at)
    return Diagnosis(ORDER, lacking.number, lacking.tag, late, expected, Mending.MOVE, late, at)


def _later_place(rest: Part, tags: Sequence[str], at: int) -> int | None:
    """The last place where the child would fit, among the children that follow well without it."""
    fitting = None
    for place in range(at + 1, len(tags)):
        following = after(rest, tags[place])
        if following is None:
            break
        rest = following
        fitting = place if after(rest, tags[at]) is not None else fitting
    return fitting


def _stranger(element: Element, tag: str, at: int) -> Diagnosis:
    forbidden = next((each for each in element.forbidden if each.tag == tag), None)
    if forbidden is None:
        expected = f"only children of {element.name} that the schema knows"
        return Diagnosis(UNKNOWN, element.number, tag, at, expected, Mending.TAKE_OUT, at)
    expected = f"no {forbidden.name} in {element.name}"
    return Diagnosis(FORBIDDEN, forbidden.number, tag, at, expected, Mending.TAKE_OUT, at)


def _too_late(element: Element, known: Element, rests: Sequence[Part], tags: Sequence[str]) -> Diagnosis:
    """A child that the schema knows, and that may not come any more."""
    at = len(rests) - 1
    most = next(use.most for use in element.uses() if use.element.tag == known.tag)
    if most is not None and tags[:at].count(known.tag) >= most:
        expected = f"{known.name} at most {most} time{'s' if most > 1 else ''} in {element.name}"
        return Diagnosis(OCCURRENCES, known.number, known.tag, at, expected, Mending.TAKE_OUT, at)
    place = _earlier_place(rests, tags, known.tag)
    if place is None:
        expected = f"no {known.name} together with what stands before it"
        return Diagnosis(NOT_ADMITTED, known.number, known.tag, at, expected, Mending.TAKE_OUT, at)
    expected = f"{known.name} earlier in {element.name}"
    return Diagnosis(ORDER, known.number, known.tag, at, expected, Mending.MOVE, at, place)


def _earlier_place(rests: Sequence[Part], tags: Sequence[str], tag: str) -> int | None:
    """The last place before all this where the child fits and the others still follow."""
    for place in range(len(rests) - 1, -1, -1):
        rest = after(rests[place], tag)
        if rest is None:
            continue
        for each in tags[place : len(rests) - 1]:
            rest = None if rest is None else after(rest, each)
        return None if rest is None else place
    return None
