"""The words of the public register, in four languages."""

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

    language: str
    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """That word. KeyError where there is none: the tests keep the languages alike."""
        return self.texts[key]

    def told(self, key: str, **values: object) -> str:
        """That sentence with its values."""
        return self.texts[key].format(**values)


@cache
def words(language: Language) -> Words:
    """The words of that language."""
    source = files("declarations.publication").joinpath("texts", f"{language}.toml")
    return Words(str(language), tomllib.loads(source.read_text(encoding="utf-8")))
