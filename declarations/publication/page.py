"""The public register as a page that a citizen can read, search and print."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.etree.ElementTree import Element

from declarations.entitlement.authorizations import Authorization
from declarations.pages.html import h
from declarations.pages.whole import dress, standalone
from declarations.pages.words import Words
from declarations.publication.register import Information, Register

ROOM = "declarations.publication"


def page(register: Register, words: Words, languages: dict[str, str]) -> str:
    """The page as text; `languages` leads to the same page in others: name of the language -> file."""
    writer = _Page(register, words)
    title = words.told("title", family=register.title)
    worn = dress(ROOM, "script.js")
    return standalone(words.language, title, writer.body(title, languages), worn)


class _Page:
    def __init__(self, register: Register, words: Words) -> None:
        self.register = register
        self.words = words
        self.known = {(each.block, each.column): each for each in register.information}

    def body(self, title: str, languages: dict[str, str]) -> Element:
        words = self.words
        links = [h("li", h("a", name, href=file)) for name, file in languages.items()]
        return h(
            "body",
            h("a", words["skip"], href="#main", class_="skip"),
            h("header", h("nav", h("ul", *links), aria_label=words["languages"]), h("h1", title)),
            h(
                "main",
                h("p", words["lead"], class_="lead"),
                self._search(),
                h("section", h("h2", words["by-information"], id="information"), *self._by_information()),
                h("section", h("h2", words["by-recipient"], id="recipients"), *self._by_recipient()),
                id="main",
            ),
            h("footer", h("p", words.told("made", day=self.register.made_on.isoformat())), self._json_link()),
        )

    def _json_link(self) -> Element:
        return h("p", h("a", self.words["json"], href="register.json"))

    def _search(self) -> Element:
        """Shown by the script alone, since it does nothing without it."""
        words = self.words
        field = h("input", type="search", id="search", autocomplete="off", placeholder=words["example"])
        told = h("output", aria_live="polite", data_words=words["found"], data_none=words["found-none"])
        return h("form", h("label", words["search"], for_="search"), field, told, role="search", hidden="hidden")

    def _by_information(self) -> Iterator[Element]:
        shown = [each for each in self.register.information if self.register.readers(each)]
        for group, some in groupby(shown, key=lambda each: (each.block, each.group)):
            rows = [self._row(each) for each in some]
            head = h(
                "thead", h("tr", h("th", self.words["what"], scope="col"), h("th", self.words["who"], scope="col"))
            )
            table = h("table", h("caption", group[1], class_="seen"), head, h("tbody", *rows))
            yield h("div", table, class_="wide")
        hidden = len(self.register.information) - len(shown)
        yield h("p", self.words.told("nobody", count=hidden), class_="note")

    def _row(self, each: Information) -> Element:
        readers = [h("a", self.register.name(one), href=f"#{one}") for one in self.register.readers(each)]
        cells = [reader if not nth else h("span", ", ", reader) for nth, reader in enumerate(readers)]
        name = h("th", each.name, " ", h("code", each.tag), scope="row")
        return h("tr", name, h("td", *cells), class_="findable")

    def _by_recipient(self) -> Iterator[Element]:
        for recipient in self.register.recipients():
            articles = [self._authorization(each) for each in self.register.of(recipient)]
            name = h("h3", self.register.name(recipient), id=recipient)
            yield h("section", name, *articles, class_="recipient findable")

    def _authorization(self, one: Authorization) -> Element:
        words, today = self.words, self.register.made_on
        stands = "in-force" if one.in_force(today) else "ended" if one.valid_from <= today else "future"
        until = one.valid_until.isoformat() if one.valid_until else words["open"]
        facts = {
            "purpose": one.purpose,
            "basis": one.legal_basis,
            "validity": words.told("from-to", start=one.valid_from.isoformat(), end=until),
            "retention": one.retention,
        }
        boxes = [h("div", h("dt", words[key]), h("dd", text)) for key, text in facts.items()]
        return h(
            "article",
            h("h4", one.id, " ", h("span", words[stands], class_=f"badge {stands}")),
            h("dl", *boxes),
            *self._columns("sees", one.columns),
            *self._columns("selects", one.selects_by),
            *self._totals(one),
        )

    def _columns(self, key: str, columns: dict[str, tuple[str, ...]]) -> Iterator[Element]:
        if not columns:
            return
        items = []
        for block, names in columns.items():
            found = [self.known.get((block, name)) for name in names]
            texts = [each.name if each else name for each, name in zip(found, names, strict=True)]
            group = next((each.group for each in found if each), block)
            items.append(h("li", h("strong", group), ": ", ", ".join(texts)))
        yield h("h5", self.words[key])
        yield h("ul", *items)

    def _totals(self, one: Authorization) -> Iterator[Element]:
        if one.totals:
            yield h("h5", self.words["totals"])
            yield h("ul", *(h("li", h("code", f"{each.block}.{each.name}")) for each in one.totals))
