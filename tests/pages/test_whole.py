"""A page on its own: what may run in it, and that nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from pathlib import Path

import pytest

from declarations.board.shell import policy
from declarations.pages.html import h
from declarations.pages.whole import Dress, standalone
from tests.browser import needs_chromium, opened
from tests.pages.samples import PAGES, STANDALONE

META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def policy_of(name: str) -> dict[str, str]:
    """What a page lets in, by directive; the board's policy is sent beside its pages."""
    found = META.search(PAGES[name]())
    told = unescape(found[1]) if found else policy()
    return {each.split(" ", 1)[0]: each.split(" ", 1)[1] for each in told.split("; ")}


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("name", PAGES)
def test_a_policy_lets_in_the_style_and_the_script_of_its_page_and_no_other(name: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", PAGES[name](), re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", PAGES[name](), re.DOTALL)
    told = policy_of(name)
    assert told["default-src"] == "'none'"
    assert told["style-src"] == digest(style)
    assert [told[each] for each in told if each == "script-src"] == [digest(each) for each in scripts]
    assert told["base-uri"] == "'none'"
    assert told["form-action"] == ("'none'" if name in STANDALONE else "'self'")


@pytest.mark.parametrize("name", STANDALONE)
def test_a_page_that_is_a_file_fetches_nothing(name: str) -> None:
    text = STANDALONE[name]()
    assert re.findall(r"url\(|@import|https?:|<link|<iframe|\ssrc=|\saction=|\sstyle=|\son\w+=", text) == []


@needs_chromium
def test_a_browser_takes_the_style_and_the_script_that_the_policy_names(tmp_path: Path) -> None:
    script = "document.body.dataset.color = getComputedStyle(document.body).color;"
    page = standalone("en", "t", h("body", h("p", "x")), Dress("body { color: rgb(1, 2, 3); }", script))
    assert 'data-color="rgb(1, 2, 3)"' in opened(tmp_path, page)
