"""TOML files that people write, read strictly: what is missing, of another kind or unknown is an error of ours."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NoReturn

from declarations.errors import Configuration


def entries(path: Path, name: str, title: str) -> Iterator[Entry]:
    """The `[[name]]` tables of that file, each called in messages by what it has under `title`. Raises Configuration.

    The keys of an entry are to be closed with `done` once all are taken.
    """
    given = content(path)
    unknown = sorted(set(given) - {name})
    tables = given.get(name, [])
    if unknown or not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise Configuration(f"{path}: {', '.join(unknown) or name}: expected [[{name}]] tables and nothing else")
    for each in tables:
        yield Entry(f"{path}, {name} {each.get(title, '(without ' + title + ')')}", each)


def state(path: Path) -> tuple[int, int]:
    """What tells one writing of a file from the next. Raises Configuration where there is no file."""
    try:
        now = path.stat()
    except OSError as fault:
        raise Configuration(f"{path}: {fault.strerror}; put the file there") from fault
    return now.st_mtime_ns, now.st_size


def content(path: Path) -> dict[str, object]:
    """What that file says. Raises Configuration."""
    return parsed(path, text_of(path))


def text_of(path: Path) -> str:
    """The file as text. Raises Configuration."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise Configuration(f"{path}: {fault.strerror}; expected a TOML file") from fault
    except UnicodeDecodeError as fault:
        raise Configuration(f"{path}: not readable as text ({fault}); mend the file") from fault


def parsed(path: Path, text: str) -> dict[str, object]:
    """What that text of that file says. Raises Configuration."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise Configuration(f"{path}: not readable as TOML ({fault}); mend the file") from fault


class Entry:
    """One table being read, or the whole of a file."""

    def __init__(self, name: str, given: Mapping[str, object]) -> None:
        """Take note of it; `name` is what messages call it."""
        self._name = name
        self._given = given
        self._taken: set[str] = set()

    def refuse(self, key: str, expected: str) -> NoReturn:
        """Raise Configuration about that key."""
        raise Configuration(f"{self._name}: {key}: expected {expected}; correct it, README.md shows how")

    def has(self, key: str) -> bool:
        """Whether it has that key."""
        return key in self._given

    def take(self, key: str) -> object:
        """Whatever it has under that key."""
        self._taken.add(key)
        if key not in self._given:
            raise Configuration(f"{self._name}: {key} is missing")
        return self._given[key]

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.take(key)
        return value if isinstance(value, str) and value else self.refuse(key, "a text")

    def optional(self, key: str) -> str | None:
        """A text that is not empty, or None where the key is absent."""
        return self.text(key) if self.has(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; none where the key is absent."""
        return self._texts(key, self.take(key)) if self.has(key) else ()

    def yes(self, key: str) -> bool:
        """`true` or `false`; no where the key is absent."""
        value = self.take(key) if self.has(key) else False
        return value if isinstance(value, bool) else self.refuse(key, "true or false")

    def day(self, key: str) -> date:
        """A date without an hour."""
        value = self.take(key)
        return value if type(value) is date else self.refuse(key, "a date, as in 2026-01-31")

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts; empty where the key is absent."""
        return {name: self._texts(f"{key}.{name}", each) for name, each in self._table(key).items()}

    def counts(self, key: str, most: int) -> dict[str, int]:
        """A table of numbers from 0 to `most`; empty where the key is absent."""
        return {name: self._count(f"{key}.{name}", each, most) for name, each in self._table(key).items()}

    def table(self, key: str) -> Entry | None:
        """The table `[key]` in it; None where the key is absent."""
        return Entry(f"{self._name}, {key}", self._table(key)) if self.has(key) else None

    def tables(self, key: str) -> Iterator[Entry]:
        """The tables `[[….key]]` in it; none where the key is absent."""
        value = self.take(key) if self.has(key) else []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.refuse(key, f"[[{key}]] tables")
        for each in value:
            yield Entry(f"{self._name}, {key} {each.get('name', '(without name)')}", each)

    def done(self) -> None:
        """Refuse the keys that nobody took: a misspelled one would otherwise be silence."""
        unknown = sorted(set(self._given) - self._taken)
        if unknown:
            raise Configuration(f"{self._name}: unknown: {', '.join(unknown)}; correct the name")

    def _table(self, key: str) -> Mapping[str, object]:
        value = self.take(key) if self.has(key) else {}
        return value if isinstance(value, dict) else self.refuse(key, "a table")

    def _texts(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            self.refuse(key, "a list of texts")
        return tuple(value)

    def _count(self, key: str, value: object, most: int) -> int:
        if type(value) is not int or not 0 <= value <= most:
            self.refuse(key, f"a number from 0 to {most}")
        return value
