"""The frame around every page: landmarks, navigation, style, script, and the policy that lets nothing else in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from xml.etree.ElementTree import Element, tostring

from declarations.board.words import time_of_day
from declarations.pages.html import Child, h
from declarations.pages.whole import Dress, dress, whole

ROOM = "declarations.board"
PAGES = (("", "Overview"), ("batches", "Batches"), ("recipients", "Recipients"))
REFRESH_SECONDS = 30
"""How often a page without scripts is read again."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where and for whom a page is made.

    root   path that the board lies under, without a slash at its end
    user   name of who looks, as Airflow has it
    now    the moment that the page shows
    token  proof that a form came from one of our pages; None where the user may not act
    """

    root: str
    user: str
    now: datetime
    token: str | None = None

    def url(self, path: str) -> str:
        """That page of the board."""
        return f"{self.root}/{path}"

    @property
    def may_act(self) -> bool:
        """Whether the buttons are shown: Airflow decides again when one is pressed."""
        return self.token is not None


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, the entry of the navigation that it belongs to, what it says in a line, and its content.

    `news` is what a screen reader is told again when it changes. `idle` is a page that holds no form, so that it may
    be read again as a whole where there are no scripts.
    """

    title: str
    place: str
    news: str
    content: tuple[Element, ...]
    idle: bool = True


def document(page: Page, frame: Frame) -> str:
    """The whole page, on its own."""
    body = h(
        "body",
        h("a", "Skip to the content", href="#content", class_="skip"),
        _header(page, frame),
        main(page),
        h("p", page.news, id="news", role="status", aria_live="polite", class_="unseen"),
        _footer(frame),
    )
    return whole("en", f"{page.title} · Declarations", body, _worn(), _reread() if page.idle else None)


def notice(told: str, root: str) -> str:
    """A page that says one thing, for whoever gets no other."""
    back = h("p", h("a", "Back to the board", href=f"{root}/"))
    body = h("body", h("main", h("h1", "Declarations"), h("p", told, class_="lead"), back, id="content"))
    return whole("en", "Declarations", body, dress(ROOM))


def main(page: Page) -> Element:
    """What a page fetches again to stay live."""
    return h("main", *page.content, id="content", tabindex="-1", data_news=page.news)


def fragment(page: Page) -> str:
    """The main part of a page, for a page that stands already."""
    return tostring(main(page), encoding="unicode", method="html")


@cache
def policy() -> str:
    """The Content-Security-Policy of every page: our style, our script, our forms, and a frame of our own server."""
    return _worn().policy("connect-src 'self'", "form-action 'self'", "frame-ancestors 'self'")


def _worn() -> Dress:
    return dress(ROOM, "live.js")


def _reread() -> Element:
    refresh = h("meta", http_equiv="refresh", content=str(REFRESH_SECONDS))
    return h("noscript", refresh)


def _header(page: Page, frame: Frame) -> Element:
    links = (h("li", _link(place, name, page.place, frame)) for place, name in PAGES)
    field = h("input", type="search", name="q", id="q", required="required", placeholder="Reference, sender, ticket")
    search = h(
        "form",
        h("label", "Search batches", for_="q", class_="unseen"),
        field,
        h("button", "Search"),
        action=frame.url("search"),
        role="search",
    )
    return h(
        "header",
        h("nav", h("ul", *links), aria_label="Board"),
        search,
        h("p", h("span", "as of ", time_of_day(frame.now), class_="asof"), id="live"),
        class_="bar",
    )


def _link(place: str, name: str, current: str, frame: Frame) -> Element:
    here = {"aria_current": "page"} if place == current else {}
    return h("a", name, href=frame.url(place), **here)


def _footer(frame: Frame) -> Element:
    rights = "you may act" if frame.may_act else "you may look"
    said: Child = f"Signed in as {frame.user}: {rights}. Times are those of Brussels. No personal data is shown here."
    return h("footer", h("p", said))
