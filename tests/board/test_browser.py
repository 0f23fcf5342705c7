"""The board in a real browser: Debian's chromium, without a window; skipped where there is none."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")

import uvicorn

from declarations.board.desk import Desk
from declarations.board.shell import document
from declarations.board.values import Overview
from declarations.board.web import application
from declarations.model import BatchStatus
from tests.board.given import BUSY, CALM, NAMES, NOW, Sample, desk, frame, tale
from tests.board.test_web import open_gate
from tests.reports.test_browser import CONTRAST, DARK, driven

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium")

PHONE = "--window-size=390,1200"
SEEN = CONTRAST.replace("tell({", "tell({ wide: document.documentElement.scrollWidth - innerWidth,")
UNFOLDED = "for (const each of document.querySelectorAll('details')) each.open = true;"


def page() -> str:
    """All there is to see, to one who may act: the first page with a held batch's below it."""
    at = frame("token")
    held = desk(Sample(story=tale(BatchStatus.HELD))).batch(17, at)
    if held is None:
        raise LookupError("the sample has a batch 17")
    return document(replace(held, content=(*desk().overview(at).content, *held.content)), at)


@pytest.mark.parametrize("options", [(PHONE,), (PHONE, DARK)], ids=["light", "dark"])
def test_every_text_stands_out_and_nothing_is_wider_than_a_phone(tmp_path: Path, options: tuple[str, ...]) -> None:
    told = driven(tmp_path, page(), UNFOLDED + SEEN, *options)
    assert isinstance(told["texts"], int)
    assert isinstance(told["least"], float)
    assert isinstance(told["ground"], list)
    assert isinstance(told["wide"], int)
    assert told["texts"] > 150
    assert told["least"] >= 4.5
    assert told["wide"] <= 0
    assert (sum(told["ground"]) < 200) == (DARK in options)


KEYBOARD = """
const reached = [...document.querySelectorAll("a, button, input, summary")].filter((each) => each.tabIndex < 0);
const first = document.querySelector("a");
first.focus();
const table = document.querySelector("tbody tr");
const focused = document.activeElement === first;
tell({ unreachable: reached.length, skip: first.getAttribute("href"), focused, role: table.getAttribute("role") });
"""


def test_everything_is_reached_by_keyboard_beginning_with_the_way_past_the_navigation(tmp_path: Path) -> None:
    told = driven(tmp_path, page(), KEYBOARD)
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
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        command += ["--virtual-time-budget=12000", "--dump-dom", url]
        dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    main, _, rest = dom.partition("</main>")
    assert "1 batch is overdue" in main
    assert "Every batch is within" not in main
    assert ">1 batch is overdue. 1 line does not answer.</p>" in rest
    assert '<p id="live" class="live"><span class="asof">live, ' in main
    assert '<button type="button">Pause</button>' in main
