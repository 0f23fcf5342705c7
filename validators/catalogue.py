"""The texts of codes, for people."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    source = files("validators").joinpath("texts", f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def anomaly_text(code: str, tag: str, language: str = "en") -> str:
    """One sentence on `00024-004` for the element `tag`: what is wrong and how to mend it."""
    kind = code.rpartition("-")[2]
    text = _texts(language)["anomaly"].get(kind, f"has an error of type {kind}")
    return f"{tag} {text}."


def reception_text(code: str, language: str = "en") -> str:
    """One sentence on the ACRF code `133`."""
    text = _texts(language)["reception"].get(code, f"reception error {code}")
    return f"{text[0].upper()}{text[1:]}."
