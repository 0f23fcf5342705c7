"""HTML as a tree: whatever text goes in is escaped on the way out."""

from __future__ import annotations

from xml.etree.ElementTree import Element

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
