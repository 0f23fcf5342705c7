"""What operators do: two persons, pauses that are signed; and what housekeeping takes away."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from declarations.errors import Configuration
from declarations.model import Batch, BatchStatus
from declarations.operations import Action, Ruling
from declarations.steps import operate
from declarations.steps.housekeep import housekeep
from declarations.steps.receive import receive
from tests.worlds import NOW, Place, document, place

REASON = "server down"


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


@pytest.fixture
def batch(here: Place) -> Batch:
    reference = here.drop(document())
    receive(here.world)
    return here.batch(reference)


def test_what_one_asks_for_another_carries_out(here: Place, batch: Batch) -> None:
    said = [operate.agree(here.world, batch, Action.CANCEL, name, "in writing") for name in ("jan", "jan", "els")]
    assert said == [Ruling.PROPOSED, Ruling.SAME_PERSON, Ruling.DONE]
    assert here.world.ledger.batch(batch.id).status is BatchStatus.CANCELED


def test_nobody_acts_without_a_name(here: Place, batch: Batch) -> None:
    with pytest.raises(Configuration, match="--operator"):
        operate.hold(here.world, batch, "  ", "why")


def entered(here: Place, batch: Batch, hours: float = 2, attributed_to: str = "990001") -> None:
    operate.pause(here.world, batch, NOW, NOW + timedelta(hours=hours), attributed_to, REASON, "jan")


def test_a_pause_bears_our_signature(here: Place, batch: Batch) -> None:
    entered(here, batch)
    (pause,) = operate.pauses(here.world, [batch.id])
    assert (pause.attributed_to, pause.until - pause.since) == ("990001", timedelta(hours=2))


def test_a_pause_that_was_changed_in_the_ledger_counts_for_nothing(here: Place, batch: Batch) -> None:
    import sqlite3

    entered(here, batch)
    with sqlite3.connect(here.root / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE pause SET attributed_to = '990002'")
    assert operate.pauses(here.world, [batch.id]) == []


def test_a_pause_that_somebody_put_there_counts_for_nothing(here: Place, batch: Batch) -> None:
    entered(here, batch)
    (pause,) = operate.pauses(here.world, [batch.id])
    here.world.ledger.enter_pause(pause, "bm8gc2lnbmF0dXJl")
    assert len(operate.pauses(here.world, [batch.id])) == 1


@pytest.mark.parametrize(("hours", "attributed_to"), [(0, "990001"), (-1, "990001"), (1, " ")])
def test_a_pause_has_a_length_and_somebody_who_answers_for_it(
    here: Place, batch: Batch, hours: float, attributed_to: str
) -> None:
    with pytest.raises(Configuration):
        entered(here, batch, hours, attributed_to)


def test_a_pause_stands_in_the_story_of_its_batch(here: Place, batch: Batch) -> None:
    entered(here, batch)
    assert any(each.what == "paused" and "990001" in each.detail for each in here.world.ledger.story(batch.id).events)


# Housekeeping


def left(path: Path, days: float) -> Path:
    """A file that lies there for so long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_what_killed_processes_left_is_swept_and_what_is_being_written_is_not(here: Place) -> None:
    out, incoming = here.root / "parties" / "000101" / "OUT", here.root / "archive" / "incoming"
    old = [left(out / f".declarations-{'0' * 32}", 2), left(incoming / "old", 2)]
    young = [left(out / f".declarations-{'1' * 32}", 0.5), left(incoming / "young", 0.5), left(out / "FO.answer", 9)]
    counts = housekeep(here.world)
    assert (counts["outboxes"], counts["archive"]) == (1, 1)
    assert [path.exists() for path in (*old, *young)] == [False, False, True, True, True]


def test_housekeeping_where_there_is_nothing_is_fine(here: Place) -> None:
    assert set(housekeep(here.world).values()) == {0}
