"""Processes that share work: whatever becomes of one of them, nothing is left behind and nothing is made up."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from declarations.errors import Configuration, Invariant, Retryable
from declarations.reading.crew import Alone, Crew, Recruits
from tests.reading.chores import Chore, maker

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from declarations.reading.crew import Crew
from tests.reading.chores import Chore, maker
if __name__ == "__main__":
    with Crew(maker, 2) as crew:
        list(crew.work([Chore(1, "waits", Path(sys.argv[1])), Chore(2, "waits", Path(sys.argv[1]))]))
"""


def _until(true: Callable[[], bool]) -> None:
    """Wait for another process to come so far."""
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    raise TimeoutError


def worked(*chores: Chore) -> list[tuple[int, int]]:
    crew: Crew[Chore, tuple[int, int]] = Crew(maker, 2)
    with crew:
        return sorted(crew.work(chores))


def running() -> set[int | None]:
    """The processes started here."""
    return {each.pid for each in multiprocessing.active_children()}


def recruits(needed: str = "tests.reading.chores") -> Recruits[Chore, tuple[int, int]]:
    return Recruits(2, needed)


def test_a_crew_gives_what_one_alone_gives() -> None:
    chores = [Chore(number) for number in range(20)]
    alone: Alone[Chore, tuple[int, int]] = Alone(maker)
    assert worked(*chores) == list(alone.work(chores))


def test_each_process_has_one_thread_for_polars() -> None:
    assert worked(Chore(1, "threads")) == [(1, 1)]


def test_an_error_of_ours_comes_through() -> None:
    with pytest.raises(Configuration, match="mend the family"):
        worked(Chore(1), Chore(2, "raises_ours"))


def test_a_foreign_error_comes_without_its_text() -> None:
    with pytest.raises(Invariant, match=r"ValueError at chores.py:\d+ raises_another") as raised:
        worked(Chore(1, "raises_another"))
    assert "85073090103" not in str(raised.value)


def test_a_process_that_dies_is_told_with_its_slice() -> None:
    with pytest.raises(Retryable, match=r"exit code -9 at slice 7"):
        worked(Chore(7, "dies"))


def test_recruits_are_the_crew_and_need_not_start() -> None:
    others = running()
    with recruits() as waiting:
        started = running() - others
        with Crew(maker, 2, waiting) as crew:
            assert sorted(crew.work([Chore(1), Chore(2)])) == [(1, 2), (2, 4)]
            assert running() - others == started
        assert len(started) == 2
        assert not started & running()


def test_a_second_crew_starts_its_own() -> None:
    with recruits() as waiting:
        for _ in range(2):
            with Crew(maker, 2, waiting) as crew:
                assert list(crew.work([Chore(3)])) == [(3, 6)]


def test_recruits_without_work_end_with_their_context() -> None:
    others = running()
    with recruits():
        started = running() - others
        assert len(started) == 2
    assert not started & running()


def test_what_a_recruit_cannot_import_is_told() -> None:
    with (
        recruits("tests.reading.nothing") as waiting,
        Crew(maker, 2, waiting) as crew,
        pytest.raises(Invariant, match="ModuleNotFoundError"),
    ):
        list(crew.work([Chore(1)]))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_no_process_behind(tmp_path: Path, how: signal.Signals) -> None:
    place = tmp_path / "pids"
    place.mkdir()
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), str(place)],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    _until(lambda: len(list(place.iterdir())) == 2)
    process.send_signal(how)
    process.wait(10)
    _until(lambda: not any(Path(f"/proc/{each.name}").exists() for each in place.iterdir()))
