"""The words of a room's pages, in four languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from validators.catalogue import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, by key."""

    language: Language
    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """That word. KeyError where there is none: the tests keep the languages alike."""
        return self.texts[key]

    def told(self, key: str, **values: object) -> str:
        """That sentence with its values; whole numbers are grouped as the language does."""
        return self.texts[key].format(**{name: self._written(value) for name, value in values.items()})

    def number(self, count: int) -> str:
        """A whole number, its thousands apart."""
        return f"{count:,}".replace(",", self.texts["thousands"])

    def _written(self, value: object) -> str:
        return self.number(value) if isinstance(value, int) else str(value)


@cache
def words(room: str, language: Language) -> Words:
    """The words of that package in that language."""
    source = files(room).joinpath("texts", f"{language}.toml")
    return Words(language, tomllib.loads(source.read_text(encoding="utf-8")))
