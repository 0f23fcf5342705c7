"""The board of one installation: its ledger, migrated, and its list of parties."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from declarations.adapters.database import migrate
from declarations.adapters.database.board import open_board
from declarations.adapters.database.engine import engine
from declarations.adapters.database.parties import PartyRegister
from declarations.board.desk import Desk, Names
from declarations.model import OURS
from declarations.settings import Settings, load

NAMES_SECONDS = 30
"""How old the names of parties may be."""


def desk(settings: Settings | None = None) -> Desk:
    """The desk of that installation, else of the one that DECLARATIONS_HOME names."""
    settings = settings or load()
    migrate(settings.database)
    register = PartyRegister(engine(settings.database))
    return Desk(open_board(settings.database), _kept(lambda: names(register)), lambda: datetime.now(UTC))


def names(register: PartyRegister) -> Names:
    """What the parties of the newest list are called; nobody is known before the first."""
    newest = register.newest()
    if newest is None:
        return Names({}, {})
    known = newest[1].parties()
    recipients = known.recipients.values()
    called = {each.number: each.name for each in (*known.senders.values(), *recipients)}
    return Names(
        names={OURS: "Our own server"} | called | {each.id: each.name for each in recipients},
        numbers={each.id: each.number for each in recipients},
        pushed=frozenset(each.id for each in recipients if each.push is not None),
    )


def _kept(read: Callable[[], Names]) -> Callable[[], Names]:
    """The same, read anew when it has become old: every page asks for it."""
    lock = threading.Lock()
    kept: list[tuple[float, Names]] = []

    def found() -> Names:
        with lock:
            if not kept or time.monotonic() - kept[0][0] > NAMES_SECONDS:
                kept[:] = [(time.monotonic(), read())]
            return kept[0][1]

    return found
