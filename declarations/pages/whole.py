"""A whole page on its own: its style and its script stand in it, and nothing else may run or be fetched."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

from declarations.pages.html import Child, h


@dataclass(frozen=True, slots=True)
class Dress:
    """The style of some pages, and the script in them; the empty text where they have none."""

    style: str
    script: str = ""

    def policy(self, *others: str) -> str:
        """The Content-Security-Policy that lets in these two only, and whatever the other directives let in."""
        script = (f"script-src '{_hash(self.script)}'",) if self.script else ()
        return "; ".join(
            ("default-src 'none'", f"style-src '{_hash(self.style)}'", *script, *others, "base-uri 'none'")
        )


@cache
def dress(room: str, script: str = "") -> Dress:
    """What the pages of that package wear: the style of all pages, then its own `style.css`; and that script of it."""
    style = _read("declarations.pages", "style.css") + _read(room, "style.css")
    return Dress(style, _read(room, script) if script else "")


def _read(room: str, name: str) -> str:
    return files(room).joinpath(name).read_text(encoding="utf-8")


def standalone(language: str, title: str, body: Element, worn: Dress) -> str:
    """A page that brings its own policy: one that is opened from a folder, or served by whoever it may be."""
    policy = h("meta", http_equiv="Content-Security-Policy", content=worn.policy("form-action 'none'"))
    return whole(language, title, body, worn, policy, h("meta", name="referrer", content="no-referrer"))


def whole(language: str, title: str, body: Element, worn: Dress, *more: Child) -> str:
    """A page whose policy comes with it some other way; `more` stands in its head."""
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        *more,
        h("title", title),
        _verbatim("style", worn.style),
    )
    if worn.script:
        body.append(_verbatim("script", worn.script))
    page = tostring(h("html", head, body, lang=language), encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{page}\n"


def _verbatim(name: str, text: str) -> Element:
    element = Element(name)
    element.text = text
    return element


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
