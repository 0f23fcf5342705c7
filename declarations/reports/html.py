"""HTML as a tree: whatever text goes in is escaped on the way out."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

Child = str | Element | None


def h(name: str, /, *children: Child, **attributes: str) -> Element:
    """An element with its children, those that are None left out: `h("td", "5", class_="count")`."""
    element = Element(name, {key.rstrip("_").replace("_", "-"): clean(value) for key, value in attributes.items()})
    for child in children:
        if isinstance(child, str):
            _add_text(element, clean(child))
        elif child is not None:
            element.append(child)
    return element


def _add_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def clean(text: str) -> str:
    """The text with every character replaced that HTML may not hold."""
    return "".join(each if each.isprintable() or each in "\t\n" else _seen(each) for each in text)


def _seen(character: str) -> str:
    """Spaces of other scripts stay; control characters, surrogates and characters that turn the text around go."""
    return character if character.isspace() and ord(character) > 0x9F else "\ufffd"


def document(language: str, title: str, body: Element) -> str:
    """A report's page."""
    return standalone(language, title, body, _asset("style.css"), _asset("script.js"))


def standalone(language: str, title: str, body: Element, style: str, script: str) -> str:
    """A whole page on its own: its style and its script are in it, and nothing else may run or be fetched."""
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", name="referrer", content="no-referrer"),
        h("title", title),
        _verbatim("style", style),
    )
    body.append(_verbatim("script", script))
    page = tostring(h("html", head, body, lang=language), encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{page}\n"


def _verbatim(name: str, text: str) -> Element:
    element = Element(name)
    element.text = text
    return element


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return files("declarations.reports").joinpath(name).read_text(encoding="utf-8")
