"""The board asked again and again by somebody who is logged in, while the system works: how long each page took."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator

from declarations.demo.airflow_api import AirflowApi

PATIENCE_SECONDS = 60


class Visitor:
    """Asks for the overview, a search and one batch's page in turn, every so many seconds, until told to stop.

    `newest` gives the number and the reference of a batch to look for, or None where there is none yet. `taken` holds
    the milliseconds of each answer by page, whole body included; `failed` what did not answer with a page.
    """

    def __init__(self, api: AirflowApi, newest: Callable[[], tuple[int, str] | None], every_seconds: float) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        self._api, self._newest, self._every = api, newest, every_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _visit(self) -> None:
        carried = {"Authorization": f"Bearer {self._api.token()}"}
        while not self._over.wait(self._every):
            for page, path in self._paths():
                self._ask(page, urllib.request.Request(f"{self._api.url}/board/{path}", headers=carried))

    def _paths(self) -> Iterator[tuple[str, str]]:
        yield "overview", ""
        if newest := self._newest():
            number, reference = newest
            yield "search", f"search?{urllib.parse.urlencode({'q': reference})}"
            yield "one batch", f"batch/{number}"

    def _ask(self, page: str, request: urllib.request.Request) -> None:
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                answer.read()
        except (OSError, urllib.error.HTTPError) as fault:
            self.failed.append(f"board, {page}: {fault}")
        self.taken[page].append((time.perf_counter() - began) * 1000)
