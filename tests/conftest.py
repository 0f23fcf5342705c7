"""How several processes share the tests: by files, those of the running system first and in one process.

No test is timed: a machine may be busy with others.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")

SYSTEM = Path(__file__).parent / "system"


class Sharing(LoadFileScheduling):
    """By files, but one system at a time: two would fill the machine."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return str(Path(file).parent) if Path(file).parent.name == SYSTEM.name else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """Share them so."""
    config.option.loadscopereorder = False  # it would put a file of few tests last, and that one takes longest
    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The system's tests first, then files of many tests: no process is left with much when the others are done."""
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (SYSTEM not in item.path.parents, -sizes[item.path], item.path))
