"""The board in a real browser: by keyboard, and live."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")

import uvicorn

from declarations.board.desk import Desk
from declarations.board.values import Overview
from declarations.board.web import application
from tests.board.given import BUSY, CALM, NAMES, NOW, Sample
from tests.board.test_web import open_gate
from tests.browser import browse, driven, needs_chromium
from tests.pages.samples import board_page

pytestmark = needs_chromium

KEYBOARD = """
const reached = [...document.querySelectorAll("a, button, input, summary")].filter((each) => each.tabIndex < 0);
const first = document.querySelector("a");
first.focus();
const table = document.querySelector("tbody tr");
const focused = document.activeElement === first;
tell({ unreachable: reached.length, skip: first.getAttribute("href"), focused, role: table.getAttribute("role") });
"""


def test_everything_is_reached_by_keyboard_beginning_with_the_way_past_the_navigation(tmp_path: Path) -> None:
    told = driven(tmp_path, board_page(), KEYBOARD)
    assert told == {"unreachable": 0, "skip": "#content", "focused": True, "role": "row"}


class Moving(Sample):
    """A ledger in which everything is well at first, and is not any more at the second look."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def overview(self, now: datetime) -> Overview:
        self.looks += 1
        return CALM if self.looks == 1 else BUSY


@contextmanager
def served(here: Desk) -> Iterator[str]:
    """The board on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(application(lambda: here, open_gate()), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()


def test_a_page_that_stands_tells_what_has_changed(tmp_path: Path) -> None:
    with served(Desk(Moving(), lambda: NAMES, lambda: NOW)) as url:
        dom = browse(tmp_path, url, "--virtual-time-budget=12000")
    main, _, rest = dom.partition("</main>")
    assert "1 batch is overdue" in main
    assert "Every batch is within" not in main
    assert ">1 batch is overdue. 1 line does not answer.</p>" in rest
    assert '<p id="live" class="live"><span class="asof">live, ' in main
    assert '<button type="button">Pause</button>' in main
