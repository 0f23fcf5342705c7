"""How much a pattern of XML Schema repeats: what may cost an engine too much is known before a hostile value comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_COUNTED = 1000
"""Repetitions that an engine counts off without harm."""

_ATOM = re.compile(r"\\[pP]\{[^}]*\}|\\.|[^\\]", re.DOTALL)
_TIMES = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|[?*+]")


@dataclass(frozen=True, slots=True)
class Repetition:
    """How a pattern repeats.

    unbounded  something in it may occur any number of times
    nested     something that may occur any number of times is itself repeated: `(a+)+`
    most       the largest number that counted repetitions come to, one within another multiplied
    """

    unbounded: bool = False
    nested: bool = False
    most: int = 1


def repetition(pattern: str) -> Repetition:
    """How that pattern repeats. It must be one that a schema engine has taken."""
    return _Reader(pattern).alternatives()


def _together(parts: Iterator[Repetition]) -> Repetition:
    whole = Repetition()
    for part in parts:
        unbounded, nested = whole.unbounded or part.unbounded, whole.nested or part.nested
        whole = Repetition(unbounded, nested, max(whole.most, part.most))
    return whole


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def alternatives(self) -> Repetition:
        """What stands up to the closing parenthesis, or the end."""
        return _together(self._parts())

    def _parts(self) -> Iterator[Repetition]:
        while self._at < len(self._pattern) and self._pattern[self._at] != ")":
            part = self._atom()
            found = _TIMES.match(self._pattern, self._at)
            while found is not None:
                self._at = found.end()
                part = _repeated(part, _most(found))
                found = _TIMES.match(self._pattern, self._at)
            yield part

    def _atom(self) -> Repetition:
        if self._pattern[self._at] == "(":
            self._at += 1
            inner = self.alternatives()
            self._at += 1
            return inner
        if self._pattern[self._at] == "[":
            self._skip_class()
        else:
            found = _ATOM.match(self._pattern, self._at)
            self._at = self._at + 1 if found is None else found.end()
        return Repetition()

    def _skip_class(self) -> None:
        """Past a class of characters, one taken away from another included: `[a-z-[aeiou]]`."""
        depth = 0
        while self._at < len(self._pattern):
            sign = self._pattern[self._at]
            depth += (sign == "[") - (sign == "]")
            self._at += 2 if sign == "\\" else 1
            if depth == 0:
                return


def _most(found: re.Match[str]) -> int | None:
    """How often at most; None: any number of times."""
    if found.group() in {"*", "+"} or (found[2] and not found[3]):
        return None
    return 1 if found.group() == "?" else int(found[3] or found[1])


def _repeated(part: Repetition, most: int | None) -> Repetition:
    if most is None:
        return Repetition(True, part.nested or part.unbounded, part.most)
    return Repetition(part.unbounded, part.nested or (part.unbounded and most > 1), part.most * max(most, 1))
