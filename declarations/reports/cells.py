"""The small parts of a page: badges, keys, counts and excerpts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from declarations.pages.html import Child, h
from declarations.pages.words import Words
from declarations.reports.excerpts import Line


def badge(anomaly_class: str) -> Element:
    """The class of an anomaly."""
    return h("span", anomaly_class, class_=f"class class-{anomaly_class}")


def head(words: Words, columns: Sequence[tuple[str, str]]) -> Element:
    """The head of a table: for each column the key of its name and its kind, `count` for numbers."""
    cells = (h("th", words[key], scope="col", class_=kind) for key, kind in columns)
    return h("thead", h("tr", *cells))


def number(words: Words, count: int) -> Element:
    """A cell with a number."""
    return h("td", words.number(count), class_="count", data_sort=str(count))


def capped(words: Words, key: str, most: int, count: int) -> Element | None:
    """That not all is shown; None where all is."""
    return h("p", words.told(key, shown=most, count=count), class_="note") if count > most else None


def keys(path: Mapping[str, str], name: Callable[[str], str]) -> Element | None:
    """Business keys with their names."""
    if not path:
        return None
    items = (h("div", h("dt", name(tag)), h("dd", h("code", key))) for tag, key in path.items())
    return h("dl", *items, class_="path")


def figure(label: str, lines: Sequence[Line]) -> Element:
    """An excerpt of a file with its line numbers, the place meant marked."""
    shown = (_line(each) for each in _dedented(lines))
    return h("figure", h("figcaption", label), h("pre", *shown, tabindex="0", role="group", aria_label=label))


def _dedented(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines without the white space that all of them begin with."""
    whole = [each.text for each in lines if each.text.strip()]
    if any(each.cut_before for each in lines) or not whole:
        return lines
    least = min(len(text) - len(text.lstrip(" \t")) for text in whole)
    return [_shifted(each, min(least, len(each.text))) for each in lines]


def _shifted(line: Line, by: int) -> Line:
    marked = None if line.marked is None else (max(0, line.marked[0] - by), max(0, line.marked[1] - by))
    return replace(line, text=line.text[by:], marked=marked)


def _line(line: Line) -> Element:
    begin, end = line.marked or (0, 0)
    parts: Sequence[Child] = (
        h("span", str(line.number), class_="number"),
        "… " if line.cut_before else None,
        line.text[:begin],
        h("mark", line.text[begin:end]) if line.marked else None,
        line.text[end:],
        " …" if line.cut_after else None,
        "\n",
    )
    return h("span", *parts, class_="line marked" if line.marked else "line")
