"""The public register: what it says, in every language, in a real browser."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from declarations.entitlement.authorizations import authorizations
from declarations.entitlement.entitlements import AUTHORIZATIONS
from declarations.publication.site import site
from tests.browser import driven, needs_chromium
from tests.commands.test_commands import run
from tests.worlds import dmfa

DAY = date(2026, 4, 23)
NAMES = {"pensions": "Federal Pensions Service", "statistics": "Statistics <Office> & Co"}
SEARCH = """
const field = document.getElementById("search");
const shown = () => [...document.querySelectorAll(".findable")].filter((each) => !each.hidden).length;
const all = shown();
field.value = "remun_amount pensions"; field.value = "RemunAmount";
field.dispatchEvent(new Event("input", { bubbles: true }));
const some = shown(), told = document.querySelector("output").textContent;
field.value = "zzzz"; field.dispatchEvent(new Event("input", { bubbles: true }));
tell({ all, some, told, none: shown(), nothing: document.querySelector("output").textContent });
"""


def pages() -> dict[str, bytes]:
    return site(dmfa()[0], NAMES, DAY)


def test_every_authorized_column_is_listed_with_everybody_who_may_see_it() -> None:
    register = json.loads(pages()["register.json"])
    known = authorizations(dmfa()[0].folder / AUTHORIZATIONS)
    assert {each["id"] for each in register["authorizations"]} == {each.id for each in known}
    for written, each in zip(
        sorted(register["authorizations"], key=lambda one: one["id"]),
        sorted(known, key=lambda one: one.id),
        strict=True,
    ):
        assert {block: tuple(names) for block, names in written["columns"].items()} == each.columns
        assert (written["purpose"], written["legal_basis"], written["retention"]) == (
            each.purpose,
            each.legal_basis,
            each.retention,
        )


def test_the_same_authorizations_and_day_give_the_same_bytes() -> None:
    assert pages() == pages()


def test_an_ended_authorization_stays_on_the_page_and_shows_nothing_today(tmp_path: Path) -> None:
    later = site(dmfa()[0], NAMES, date(2021, 1, 1))
    assert b"DMFA-2023-01" in later["index.html"]
    assert b">not yet<" in later["index.html"]
    assert b'scope="row"' not in later["index.html"]


def test_names_are_text_and_never_markup() -> None:
    assert b"Statistics &lt;Office&gt; &amp; Co" in pages()["index.html"]


def test_there_is_a_page_in_every_language() -> None:
    assert {name for name in pages() if name.endswith(".html")} == {"index.html", "nl.html", "fr.html", "de.html"}


def test_the_command_writes_the_site(tmp_path: Path) -> None:
    done = run("authorizations", "publish", tmp_path / "site", "--on", "2026-04-23", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(each.name for each in (tmp_path / "site").iterdir()) == sorted(pages())


@needs_chromium
def test_a_citizen_finds_who_sees_a_zone(tmp_path: Path) -> None:
    told = driven(tmp_path, pages()["index.html"].decode(), SEARCH)
    assert isinstance(told["all"], int)
    assert isinstance(told["some"], int)
    assert 0 < told["some"] < told["all"]
    assert told["told"] == f"{told['some']} places"
    assert (told["none"], told["nothing"]) == (0, "nothing on this page has that word")
