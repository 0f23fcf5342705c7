"""Nothing is lost and nothing comes twice, wherever the process dies."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from declarations.adapters.folder import is_temporary
from declarations.model import BatchStatus
from declarations.settings import Limits
from tests.worlds import RECIPIENTS, SENDER, Place, document, place, with_world, write_settings

KILLS = int(os.environ.get("DECLARATIONS_KILLS", "50"))
QUICK = Limits(lease_seconds=0.5, incomplete_seconds=0, max_age_days=36500)


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Crashing:
    """A port that dies at its nth call, before or after the call did its work."""

    def __init__(self, port: object, countdown: Countdown) -> None:
        self._port = port
        self._countdown = countdown

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._countdown.tick()
            result = method(*args, **kwargs)
            self._countdown.tick()
            return result

        return call


class Countdown:
    """Dies at the nth tick."""

    def __init__(self, left: int) -> None:
        self.left = left

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


def dropped(here: Place) -> list[str]:
    return [
        here.drop(document(employers=2, persons=3), sequence="00001"),
        here.drop(document(faults=(("wrong-inss-check-digit", 1),)), sequence="00002"),
        here.drop(b"<broken>", sequence="00003"),
    ]


def outcome(here: Place) -> dict[str, list[str]]:
    """Every box of every party, our own numbering left out, and where each batch stands.

    A process that dies while it writes leaves a hidden file that no party takes for one; housekeeping sweeps it.
    """
    boxes = {
        f"{number}/{box}": sorted(
            ".".join(name.split(".")[:2]) for name in here.box(number, box) if not is_temporary(name)
        )
        for number in (SENDER, *RECIPIENTS.values())
        for box in ("IN", "OUT")
    }
    return boxes | {"status": sorted(story.batch.status for story in here.world.ledger.recent(100))}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    here = place(tmp_path_factory.mktemp("undisturbed"), QUICK)
    dropped(here)
    here.run()
    expected = outcome(here)
    assert expected["status"] == ["distributed", "refused", "rejected"]
    assert all(expected[f"{number}/IN"] == [] for number in (SENDER, *RECIPIENTS.values()))
    return expected


def recovered(here: Place) -> Place:
    """The installation as a new process finds it, once the leases of the dead one have run out."""
    again = place(here.root, QUICK)
    again.clock.pass_(seconds=QUICK.lease_seconds)
    return again


def crashed(here: Place, countdown: Countdown) -> Place:
    world = here.world
    return with_world(
        here,
        mailboxes=Crashing(world.mailboxes, countdown),
        ledger=Crashing(world.ledger, countdown),
        archive=Crashing(world.archive, countdown),
    )


def test_a_crash_at_any_call_to_the_world_loses_nothing_and_repeats_nothing(
    tmp_path: Path, undisturbed: dict[str, list[str]]
) -> None:
    step = 1 if "DECLARATIONS_KILLS" in os.environ else 61
    moment, finished = 1, False
    while not finished:
        here = place(tmp_path / str(moment), QUICK)
        dropped(here)
        try:
            crashed(here, Countdown(moment)).run()
            finished = True
        except Crash:
            recovered(here).run()
        assert outcome(here) == undisturbed, f"after a crash at call {moment}"
        moment += step
    assert moment > 100


def test_killed_at_random_moments_the_command_loses_nothing_and_repeats_nothing(
    tmp_path: Path, undisturbed: dict[str, list[str]]
) -> None:
    chance = random.Random(20260423)
    here = place(tmp_path, QUICK)
    write_settings(tmp_path, QUICK)
    dropped(here)
    killed = 0
    for _ in range(KILLS):
        killed += kill_after(tmp_path, chance.uniform(0.2, 2.0))
    finish(tmp_path)
    assert killed > KILLS / 3
    assert outcome(here) == undisturbed
    here.confirm()
    finish(tmp_path)
    ended = {story.batch.status for story in here.world.ledger.recent(100)}
    assert ended == {BatchStatus.CLOSED, BatchStatus.REJECTED, BatchStatus.REFUSED}


def test_several_processes_at_once_do_the_work_of_one(tmp_path: Path, undisturbed: dict[str, list[str]]) -> None:
    here = place(tmp_path, QUICK)
    write_settings(tmp_path, QUICK)
    dropped(here)
    together = [command(tmp_path) for _ in range(3)]
    assert [process.wait() for process in together] == [0, 0, 0]
    finish(tmp_path)
    assert outcome(here) == undisturbed


def command(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "declarations", "run"],
        env=os.environ | {"DECLARATIONS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_after(home: Path, seconds: float) -> bool:
    """Whether the kill hit it while it worked."""
    process = command(home)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait() != 0


def finish(home: Path) -> None:
    time.sleep(QUICK.lease_seconds)
    assert command(home).wait() == 0
