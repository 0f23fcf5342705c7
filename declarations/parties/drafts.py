"""A TOML table read to its end: what is good is kept, and every fault is told, not the first alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any


class Draft:
    """One table of the file being read: what is good goes into `made`, what is wrong is told by `finished`."""

    def __init__(self, label: str, given: Mapping[str, object]) -> None:
        """Take note of it; `label` is what faults call it."""
        self.made: dict[str, Any] = {}
        self._label = label
        self._given = given
        self._known: set[str] = set()
        self._faults: list[str] = []

    def refuse(self, key: str, expected: str) -> None:
        """Tell that this key is not as expected."""
        self._faults.append(f"{self._label}: {key}: expected {expected}")

    def take(self, key: str) -> object:
        """What the file says, or None."""
        self._known.add(key)
        return self._given.get(key)

    def keep(self, key: str, good: bool, value: object, expected: str) -> None:
        """Keep the value where it is good, else tell what was expected."""
        if good:
            self.made[key] = value
        else:
            self.refuse(key, expected)

    def text(self, key: str, pattern: str = r"(?s)\S.*", expected: str = "a text") -> None:
        """Keep a text of that form, by default any that is not blank."""
        value = self.take(key)
        self.keep(key, isinstance(value, str) and re.fullmatch(pattern, value) is not None, value, expected)

    def optional_text(self, key: str) -> None:
        """Keep a text, where there is one."""
        if self.take(key) is not None:
            self.text(key)

    def choice(self, key: str, among: Collection[str], default: str) -> None:
        """Keep one of these texts; the default where the key is absent."""
        value = self.take(key)
        value = default if value is None else value
        self.keep(key, isinstance(value, str) and value in among, value, f"one of {', '.join(sorted(among))}")

    def count(self, key: str, default: int | None, most: int) -> None:
        """Keep a number from 1 on; where the key is absent the default, if there is one."""
        value = self.take(key)
        value = default if value is None else value
        if value is None:
            return
        good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
        self.keep(key, good, value, f"a number from 1 to {most}")

    def texts(self, key: str) -> list[str]:
        """A list of texts; empty where the key is absent, or refused."""
        value = self.take(key)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return [str(each) for each in value]
        self.refuse(key, "a list of texts")
        return []

    def day(self, key: str) -> date | None:
        """Keep a day as text, and give it; None where the key is absent, or refused."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(key, "a day such as 2026-01-31, without quotes")
            return None
        self.made[key] = value.isoformat()
        return value

    def table(self, key: str, read: Callable[[Draft], None]) -> None:
        """A table within this one, where there is one."""
        value = self.take(key)
        if value is None:
            return
        if not isinstance(value, dict):
            self.refuse(key, "a table")
            return
        within = Draft(f"{self._label}: {key}", value)
        read(within)
        self.made[key] = within.made
        self._faults += within.finished()

    def finished(self) -> list[str]:
        """Every fault, with the keys that nobody asked for."""
        unknown = sorted(self._given.keys() - self._known)
        return [*self._faults, *(f"{self._label}: {key}: there is no such key" for key in unknown)]
