"""How files leave when servers fail: each line is tried again later and later, and costs the others nothing."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from declarations.adapters.folder import FolderMailboxes
from declarations.demo.home import RECIPIENTS
from declarations.errors import Retryable
from declarations.model import DeliveryStatus, Environment, Line, Outgoing
from declarations.settings import Limits
from declarations.steps.oversee import oversee
from declarations.steps.post import OURS, late_receipts, patience, post
from tests.worlds import SENDER, Place, document, place, with_world

PUSHED = RECIPIENTS["pensions"]


class Server(FolderMailboxes):
    """A server that can be down, refuse a folder, or break off in the middle of a file; it counts the attempts."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.down = False
        self.refused: set[str] = set()
        self.breaks_at: int | None = None
        self.attempts: list[str] = []

    def folders(self) -> list[str]:
        if self.down:
            raise Retryable("no answer")
        return super().folders()

    def look(self, folder: str, box: str, name: str):  # type: ignore[no-untyped-def]
        self.attempts.append(f"{folder}/{name}")
        if self.down or folder in self.refused:
            raise Retryable("no answer")
        return super().look(folder, box, name)

    def write(self, folder: str, box: str, name: str, source: BinaryIO) -> None:
        if self.breaks_at is not None and name.startswith("FS"):
            raise Retryable("broke off")
        super().write(folder, box, name, source)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "here" / "parties")


@pytest.fixture
def own(tmp_path: Path) -> Server:
    """The server of a recipient that does not fetch."""
    (tmp_path / "own").mkdir()
    return Server(tmp_path / "own")


@pytest.fixture
def here(tmp_path: Path, server: Server, own: Server) -> Place:
    return with_world(place(tmp_path / "here"), mailboxes=server, pushed={PUSHED: own})


def entrusted(here: Place, folder: str, count: int = 1) -> list[str]:
    """So many files for that folder, decided on; their stems."""
    stored = here.world.archive.put(io.BytesIO(b"content"))
    outgoing = Outgoing("KPIM", folder, Environment.PRODUCTION, stored.sha256, stored.size, stored.sha256)
    exchanges = [here.world.ledger.entrust(outgoing, f"{folder}:{nth}", here.clock()) for nth in range(count)]
    return [each.stem for each in exchanges if each is not None]


def names(server: Server, folder: str) -> list[str]:
    return [entry.name for entry in server.entries(folder, "OUT")]


def test_a_recipient_with_a_server_of_its_own_finds_its_files_there(here: Place, own: Server, server: Server) -> None:
    (stem,) = entrusted(here, PUSHED)
    assert post(here.world) == 1
    assert names(own, PUSHED) == [f"FO.{stem}", f"FS.{stem}", f"GO.{stem}"]
    assert names(server, PUSHED) == []


def test_a_dead_server_is_tried_once_and_costs_the_others_nothing(here: Place, own: Server, server: Server) -> None:
    entrusted(here, PUSHED, 5)
    (stem,) = entrusted(here, SENDER)
    own.down = True
    assert [post(here.world) for _ in range(3)] == [1, 0, 0]
    assert len(own.attempts) == 1
    assert f"GO.{stem}" in names(server, SENDER)


def test_a_dead_server_is_tried_later_and_later_one_file_first(here: Place, own: Server) -> None:
    entrusted(here, PUSHED, 5)
    own.down = True
    waits = []
    for _ in range(5):
        post(here.world)
        line = here.world.ledger.line(PUSHED)
        assert line.next_try_at is not None
        waits.append((line.next_try_at - here.clock()).total_seconds())
        here.clock.now = line.next_try_at
    assert len(own.attempts) == 5
    assert all(60 * 2**nth <= wait < 75 * 2**nth for nth, wait in enumerate(waits))


def test_no_line_is_left_alone_for_longer_than_the_longest_wait(here: Place) -> None:
    waits = [patience(here.world, Line(PUSHED, failures)) for failures in range(200)]
    assert max(waits) <= timedelta(seconds=1.25 * here.world.limits.retry_most_seconds)
    assert patience(here.world, Line(OURS, 150)) <= timedelta(seconds=1.25 * here.world.limits.retry_ours_seconds)


def test_servers_that_fell_together_are_not_all_tried_together(here: Place) -> None:
    assert len({patience(here.world, Line(f"{number:06}", 3)) for number in range(100)}) > 90


def test_files_leave_in_order_and_at_a_limited_rate_when_a_server_is_back_after_days(
    tmp_path: Path, own: Server
) -> None:
    here = with_world(place(tmp_path / "here", Limits(pushed_at_once=3, pushed_rest_seconds=60)), pushed={PUSHED: own})
    stems = entrusted(here, PUSHED, 8)
    own.down = True
    post(here.world)
    own.down = False
    here.clock.pass_(days=3)
    sent = []
    for _ in range(3):
        sent.append((post(here.world), post(here.world)))
        here.clock.pass_(seconds=60)
    assert sent == [(3, 0), (3, 0), (2, 0)]
    looked = [attempt.rpartition("/")[2] for attempt in own.attempts[1:]]
    assert looked == [f"GO.{stem}" for stem in stems]


def test_our_own_server_being_down_is_found_out_once_for_all_folders(here: Place, server: Server) -> None:
    for number in list(RECIPIENTS.values())[1:]:
        entrusted(here, number)
    server.down = True
    assert post(here.world) == 0
    assert len(server.attempts) == 1
    assert [line.folder for line in here.world.ledger.lines()] == [OURS]
    server.down = False
    here.clock.pass_(seconds=76)
    assert post(here.world) == len(RECIPIENTS) - 1
    assert here.world.ledger.line(OURS).failures == 0


def test_one_folder_that_refuses_keeps_its_own_files_only(here: Place, server: Server) -> None:
    one, other = list(RECIPIENTS.values())[1:3]
    entrusted(here, one)
    entrusted(here, other)
    server.refused = {one}
    assert post(here.world) == 1
    assert here.world.ledger.line(one).failures == 1
    assert here.world.ledger.line(OURS).failures == 0


def test_a_file_that_our_archive_lost_keeps_its_own_folder_only(here: Place, server: Server) -> None:
    (lost,) = here.world.ledger.unsent(SENDER, 1) if entrusted(here, SENDER) else ()
    here.world.archive.local(lost.outgoing.content).unlink()
    other = list(RECIPIENTS.values())[1]
    kept = here.world.archive.put(io.BytesIO(b"another"))
    outgoing = Outgoing("KPIM", other, Environment.PRODUCTION, kept.sha256, kept.size, kept.sha256)
    here.world.ledger.entrust(outgoing, "another", here.clock())
    assert post(here.world) == 1
    assert len(names(server, other)) == 3
    assert "no file" in str(here.world.ledger.line(SENDER).last_error)


def test_a_file_that_broke_off_is_written_whole_under_the_same_name(here: Place, own: Server) -> None:
    (stem,) = entrusted(here, PUSHED)
    own.breaks_at = 3
    assert post(here.world) == 0
    assert names(own, PUSHED) == [f"FO.{stem}"]
    own.breaks_at = None
    here.clock.pass_(seconds=76)
    assert post(here.world) == 1
    assert names(own, PUSHED) == [f"FO.{stem}", f"FS.{stem}", f"GO.{stem}"]


def alarms(here: Place) -> list[str]:
    return [alarm.key for alarm in here.world.ledger.alarms()]


def test_a_server_that_is_down_for_long_raises_one_alarm_until_it_answers(here: Place, own: Server) -> None:
    entrusted(here, PUSHED)
    own.down = True
    for hours in (0, 2, 2, 2):
        here.clock.pass_(hours=hours)
        post(here.world)
    assert alarms(here) == [f"line:{PUSHED}"]
    own.down = False
    here.clock.pass_(hours=2)
    assert post(here.world) == 1
    assert alarms(here) == []


def test_a_lost_receipt_raises_one_alarm_until_it_comes(here: Place) -> None:
    here = with_world(here, pushed={})
    reference = here.drop(document())
    here.run()
    here.clock.pass_(hours=23)
    assert late_receipts(here.world) == 0
    here.clock.pass_(hours=2)
    count = len(here.world.ledger.story(here.batch(reference).id).deliveries)
    assert (late_receipts(here.world), late_receipts(here.world)) == (count, count)
    assert oversee(here.world)["receipt"] == count
    assert f"receipt:pensions-{1:06}" in alarms(here)
    here.confirm()
    here.run()
    assert late_receipts(here.world) == 0
    assert alarms(here) == []


def test_a_delivery_that_is_sent_again_has_the_same_names_and_bytes(here: Place) -> None:
    here = with_world(here, pushed={})
    here.drop(document())
    here.run()
    before = {name: (here.root / "parties" / PUSHED / "OUT" / name).read_bytes() for name in here.box(PUSHED)}
    here.confirm()
    here.run()
    (delivery,) = here.world.ledger.deliveries_of("pensions", 10)
    assert delivery.status is DeliveryStatus.CONFIRMED
    assert here.world.ledger.resend(delivery, "jan", here.clock())
    here.run()
    after = {name: (here.root / "parties" / PUSHED / "OUT" / name).read_bytes() for name in here.box(PUSHED)}
    assert before
    assert after == before
