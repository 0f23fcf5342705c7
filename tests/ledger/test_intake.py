"""Leases, sightings, and how a drop enters the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.errors import Invariant
from declarations.model import Batch, BatchStatus, Clock, Drop, Environment, Event, Kind
from declarations.sla import due
from tests.ledger.given import FOLDER, HOLDER, NOW, drop, later, recorded

INBOX = f"inbox:{FOLDER}"


def entered(ledger: DatabaseLedger, what: Drop) -> Batch | None:
    ledger.acquire(INBOX, HOLDER, NOW, 600)
    return ledger.record(what, HOLDER, NOW, due(NOW))


def test_a_lease_keeps_others_out(ledger: DatabaseLedger) -> None:
    assert ledger.acquire(INBOX, "one", NOW, 600)
    assert not ledger.acquire(INBOX, "two", later(5), 600)


def test_a_lease_that_ran_out_goes_to_the_next(ledger: DatabaseLedger) -> None:
    ledger.acquire(INBOX, "one", NOW, 600)
    assert ledger.acquire(INBOX, "two", later(10), 600)
    assert not ledger.acquire(INBOX, "one", later(11), 600)


def test_its_holder_prolongs_a_lease(ledger: DatabaseLedger) -> None:
    ledger.acquire(INBOX, "one", NOW, 600)
    assert ledger.acquire(INBOX, "one", later(9), 600)
    assert not ledger.acquire(INBOX, "two", later(18), 600)


def test_a_lease_given_back_is_free(ledger: DatabaseLedger) -> None:
    ledger.acquire(INBOX, "one", NOW, 600)
    ledger.release(INBOX, "one")
    assert ledger.acquire(INBOX, "two", NOW, 600)


def test_only_its_holder_gives_a_lease_back(ledger: DatabaseLedger) -> None:
    ledger.acquire(INBOX, "one", NOW, 600)
    ledger.release(INBOX, "two")
    assert not ledger.acquire(INBOX, "two", NOW, 600)


def test_a_name_keeps_the_moment_at_which_it_was_first_seen(ledger: DatabaseLedger) -> None:
    ledger.sight(FOLDER, "IN", ["a"], NOW)
    assert ledger.sight(FOLDER, "IN", ["b", "a"], later(1)) == {"a": NOW, "b": later(1)}


def test_a_name_that_was_gone_is_seen_anew(ledger: DatabaseLedger) -> None:
    ledger.sight(FOLDER, "IN", ["a"], NOW)
    assert ledger.sight(FOLDER, "IN", [], later(1)) == {}
    assert ledger.sight(FOLDER, "IN", ["a"], later(2)) == {"a": later(2)}


def test_each_box_has_its_own_sightings(ledger: DatabaseLedger) -> None:
    ledger.sight(FOLDER, "IN", ["a"], NOW)
    ledger.sight(FOLDER, "INTEST", ["a"], later(1))
    ledger.sight("000002", "IN", ["a"], later(2))
    assert ledger.sight(FOLDER, "IN", ["a"], later(3)) == {"a": NOW}


@pytest.mark.parametrize("name", ["\udce9t\udce9", "a\x00b", "back\\slash", "\\u0041", "new\nline", "‮gpj", "-rf", ""])
def test_any_name_that_a_server_lists_can_be_seen(ledger: DatabaseLedger, name: str) -> None:
    ledger.sight(FOLDER, "IN", [name], NOW)
    assert ledger.sight(FOLDER, "IN", [name], later(1)) == {name: NOW}


def test_thousands_of_names_that_vanish_are_forgotten(ledger: DatabaseLedger) -> None:
    ledger.sight(FOLDER, "IN", [f"name {number}" for number in range(3_000)], NOW)
    assert ledger.sight(FOLDER, "IN", ["name 1"], later(1)) == {"name 1": NOW}


def test_a_drop_enters_as_received_with_all_that_was_found(ledger: DatabaseLedger) -> None:
    what = drop(reason=None)
    batch = entered(ledger, what)
    assert batch == Batch(
        id=batch.id if batch else 0,
        kind=Kind.BATCH,
        folder=FOLDER,
        environment=Environment.PRODUCTION,
        reference=what.reference,
        occurrence=1,
        name=what.name,
        status=BatchStatus.RECEIVED,
        first_seen_at=NOW,
        received_at=NOW,
        files=what.files,
    )


def test_an_odd_entry_keeps_its_name_and_its_reason(ledger: DatabaseLedger) -> None:
    name = "GO.\udce9.\x00.R"
    batch = entered(ledger, drop(kind=Kind.ODD, name=name, reference=name, reason="107", files=()))
    assert batch is not None
    assert (ledger.batch(batch.id).name, batch.reason, batch.files) == (name, "107", ())


def test_a_drop_starts_its_four_days_when_it_was_first_seen(ledger: DatabaseLedger) -> None:
    seen = later(-90)
    batch = recorded(ledger, drop(first_seen_at=seen))
    assert ledger.story(batch.id).clock == Clock(seen, datetime(2026, 4, 26, 22, tzinfo=UTC))


def test_the_story_begins_with_each_file_that_came_in(ledger: DatabaseLedger) -> None:
    what = drop()
    batch = recorded(ledger, what)
    lines = [Event(NOW, "exchange received", file.name) for file in what.files]
    assert ledger.story(batch.id).events == (Event(NOW, "received", what.name), *lines)


def test_nothing_enters_without_the_lease_on_the_inbox(ledger: DatabaseLedger) -> None:
    assert ledger.record(drop(), HOLDER, NOW, due(NOW)) is None
    assert ledger.standing(BatchStatus.RECEIVED, 10) == []


def test_nothing_enters_under_a_lease_that_ran_out(ledger: DatabaseLedger) -> None:
    ledger.acquire(INBOX, HOLDER, NOW, 600)
    assert ledger.record(drop(), HOLDER, later(10), due(NOW)) is None


def test_a_drop_that_still_lies_in_the_inbox_is_not_entered_twice(ledger: DatabaseLedger) -> None:
    first = entered(ledger, drop())
    assert entered(ledger, drop()) == first
    assert len(ledger.standing(BatchStatus.RECEIVED, 10)) == 1


def test_the_same_name_dropped_again_is_the_next_occurrence(ledger: DatabaseLedger) -> None:
    assert [recorded(ledger, drop()).occurrence for _ in range(3)] == [1, 2, 3]


def test_other_bytes_under_a_name_that_still_lies_there_are_another_drop(ledger: DatabaseLedger) -> None:
    entered(ledger, drop())
    other = drop()
    other = replace(other, files=(replace(other.files[0], modified=1), *other.files[1:]))
    again = entered(ledger, other)
    assert again is not None
    assert again.occurrence == 2


def test_occurrences_count_by_kind_folder_and_reference(ledger: DatabaseLedger) -> None:
    recorded(ledger, drop())
    assert recorded(ledger, drop(kind=Kind.CANCELLATION)).occurrence == 1
    assert recorded(ledger, drop(folder="000002", reference=drop().reference)).occurrence == 1
    assert recorded(ledger, drop(2)).occurrence == 1


def test_a_batch_is_unremoved_until_its_inbox_is_clear(ledger: DatabaseLedger) -> None:
    batch = entered(ledger, drop())
    assert batch is not None
    assert ledger.unremoved(FOLDER) == [batch]
    ledger.removed(batch, later(1))
    ledger.removed(batch, later(2))
    assert ledger.unremoved(FOLDER) == []
    assert ledger.batch(batch.id).removed_at == later(1)


def test_the_ledger_refuses_a_moment_without_a_time_zone(ledger: DatabaseLedger) -> None:
    with pytest.raises(Invariant, match="without a time zone"):
        ledger.sight(FOLDER, "IN", ["a"], NOW.replace(tzinfo=None))
