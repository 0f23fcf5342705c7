"""Versions of the list of parties in the ledger."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from declarations.adapters.database.parties import PartyRegister
from declarations.adapters.database.registers import parties_version
from declarations.errors import Configuration, Invariant
from declarations.parties.register import changes
from tests.ledger.conftest import Shared
from tests.ledger.given import NOW
from tests.parties.given import read, recipient, sender


@pytest.fixture
def known(shared: Shared) -> PartyRegister:
    """A register without a list."""
    return PartyRegister(shared.engine)


def test_without_a_list_there_is_no_newest_version(known: PartyRegister) -> None:
    assert known.newest() is None


def test_the_list_that_was_loaded_last_is_in_force(known: PartyRegister, tmp_path: Path) -> None:
    known.load(read(tmp_path, sender()), "anna", NOW)
    last = read(tmp_path, sender(), recipient())
    known.load(last, "bert", NOW + timedelta(hours=1))
    newest = known.newest()
    assert newest is not None
    assert (newest[0].operator, newest[0].sha256, newest[1]) == ("bert", last.sha256, last)


def test_history_tells_who_changed_what_when_newest_first(known: PartyRegister, tmp_path: Path) -> None:
    known.load(read(tmp_path, sender()), "anna", NOW)
    known.load(read(tmp_path, sender(name='"North"')), "bert", NOW + timedelta(hours=1))
    assert [(each.operator, each.loaded_at, each.changes) for each in known.history()] == [
        ("bert", NOW + timedelta(hours=1), ("sender 000101: name: Payroll Office North -> North",)),
        ("anna", NOW, ("sender 000101: added: 000101 Payroll Office North",)),
    ]


def test_the_same_list_makes_no_second_version(known: PartyRegister, tmp_path: Path) -> None:
    given = read(tmp_path, sender())
    known.load(given, "anna", NOW)
    assert known.load(given, "bert", NOW) == ()
    assert len(known.history()) == 1


def test_a_list_is_not_put_over_one_that_its_changes_were_not_told_against(
    known: PartyRegister, tmp_path: Path
) -> None:
    first, mine, theirs = (read(tmp_path, sender(name=f'"{name}"')) for name in ("A", "B", "C"))
    known.load(first, "anna", NOW)
    seen = known.newest()
    assert seen is not None
    known.load(theirs, "bert", NOW)
    with pytest.raises(Configuration, match="loaded meanwhile"):
        known.enter(mine, changes(first, mine), "anna", NOW, seen[0])
    assert [each.operator for each in known.history()] == ["bert", "anna"]


def test_a_list_that_was_altered_in_the_database_is_not_believed(
    known: PartyRegister, shared: Shared, tmp_path: Path
) -> None:
    given = read(tmp_path, sender())
    known.load(given, "anna", NOW)
    alter(shared.engine, given.text.replace("dmfa", "dmfb"))
    with pytest.raises(Invariant, match="SHA-256 differs"):
        known.newest()


def alter(engine: Engine, text: str) -> None:
    with engine.begin() as connection:
        connection.execute(update(parties_version).values(document=text))
