"""A page of every kind that we write, each with as much on it as it can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from declarations.board.shell import document
from declarations.kpi.overview_page import overview_page
from declarations.model import BatchStatus
from declarations.publication.site import site
from declarations.reports.gather import html
from tests.board.given import Sample, desk, frame, tale
from tests.kpi.samples import month_page, recipient, sender
from tests.reports.documents import TODAY, report
from tests.worlds import dmfa
from validators.catalogue import Language


def board_page() -> str:
    """All there is to see, to one who may act: the first page with a held batch's below it."""
    at = frame("token")
    held = desk(Sample(story=tale(BatchStatus.HELD))).batch(17, at)
    assert held is not None
    return document(replace(held, content=(*desk().overview(at).content, *held.content)), at)


@cache
def register_page() -> str:
    """The public register in French."""
    return site(dmfa()[0], {}, TODAY)["fr.html"].decode()


STANDALONE: dict[str, Callable[[], str]] = {
    "check": lambda: html(report(Language.FRENCH), Language.FRENCH, TODAY),
    "register": register_page,
    "month": month_page,
    "sender": lambda: overview_page(sender()),
    "recipient": lambda: overview_page(recipient()),
}
"""Those that are files, by what they are."""
PAGES = STANDALONE | {"board": board_page}
"""All of them."""
