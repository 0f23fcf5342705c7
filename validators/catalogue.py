"""The texts of codes, for people: what is wrong and how to mend it, in four languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

OWN_TEXT_NEEDED = frozenset({"003", "007", "008", "034", "043", "045", "046", "047", "146", "245"})
"""Error types whose remedy depends on the rule that was broken: a control with one of them has a text of its own."""

Pairs = Mapping[str, tuple[str, str]]
"""By code or id, what is wrong and how to mend it."""


class Language(StrEnum):
    """A language that texts are written in."""

    ENGLISH = "en"
    FRENCH = "fr"
    DUTCH = "nl"
    GERMAN = "de"


class TextError(Exception):
    """A file of texts that cannot be read; the text names it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One finding in words. `field` is the name of the zone or block with its tag; empty where it is the file."""

    field: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        """All of it in one line."""
        told = f"{self.wrong} {self.mend}".strip()
        return f"{self.field} – {told}" if self.field else told


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language: those of error types and reception codes, and those of a family.

    names     the zones and blocks by their tags
    numbers   the tags by the authority's numbers
    controls  the texts of controls by their ids
    """

    language: Language
    anomalies: Pairs
    receptions: Pairs
    names: Mapping[str, str]
    numbers: Mapping[str, str]
    controls: Pairs

    def anomaly(self, code: str, tag: str, control: str = "") -> Explanation:
        """The words for `00024-004` found at the element `tag` by that control.

        A control without words of its own has those of its error type; an unknown error type has none.
        """
        number, _, kind = code.rpartition("-")
        wrong, mend = self.controls.get(control) or self.anomalies.get(kind) or (code, "")
        named = self.numbers.get(number, tag)
        return Explanation(self.field(named), wrong.replace("{tag}", tag), mend.replace("{tag}", tag))

    def reception(self, code: str) -> Explanation:
        """The words for the ACRF code `133`; for an unknown code the code alone."""
        wrong, mend = self.receptions.get(code, (f"ACRF-{code}", ""))
        return Explanation("", wrong, mend)

    def name(self, tag: str) -> str:
        """What a zone or block is called; its tag where the family has no name for it."""
        return self.names.get(tag, tag)

    def field(self, tag: str) -> str:
        """The name with the tag: `Worker code (WorkerCode)`."""
        name = self.name(tag)
        return tag if name == tag else f"{name[0].upper()}{name[1:]} ({tag})"


@cache
def catalogue(language: Language, family: Path | None = None) -> Catalogue:
    """The texts of that language, with those of a family's folder where it has any. Raises TextError."""
    own = _read(files("validators").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8"), language)
    folder = None if family is None else family / "texts"
    if folder is None or not folder.is_dir():
        return Catalogue(language, _pairs(own, "anomaly"), _pairs(own, "reception"), {}, {}, {})
    texts = _file(folder / f"{language}.toml")
    return Catalogue(
        language,
        _pairs(own, "anomaly"),
        _pairs(own, "reception"),
        _words(texts.get("name")),
        _words(_file(folder / "numbers.toml")),
        _pairs(texts, "control"),
    )


def reception_text(code: str, language: Language = Language.ENGLISH) -> str:
    """One line on the ACRF code `133`."""
    return str(catalogue(language).reception(code))


def _file(path: Path) -> dict[str, object]:
    try:
        return _read(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as fault:
        raise TextError(f"{path}: not readable ({type(fault).__name__}); each language has its file") from fault


def _read(text: str, where: object) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise TextError(f"{where}: {fault}; mend the file") from fault


def _words(table: object) -> dict[str, str]:
    given = table if isinstance(table, dict) else {}
    return {str(key): str(word) for key, word in given.items()}


def _pairs(texts: Mapping[str, object], section: str) -> dict[str, tuple[str, str]]:
    table = texts.get(section)
    pairs: dict[str, tuple[str, str]] = {}
    for key, pair in (table if isinstance(table, dict) else {}).items():
        if not isinstance(pair, list) or len(pair) != 2:
            raise TextError(f"texts of {section} {key}: expected two sentences, what is wrong and how to mend it")
        pairs[str(key)] = (str(pair[0]), str(pair[1]))
    return pairs
