"""Programs run and measured: seconds by the clock and of processor, and the memory of all their processes together."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY_SECONDS = 0.25
"""Between two looks at the memory: each holds up what is measured, the longer the more memory it has."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a program took; `memory` in MB: of all its processes, shared pages counted once, or of the largest one."""

    wall: float
    cpu: float
    memory: float
    code: int


@dataclass(frozen=True, slots=True)
class Median:
    """The medians of some runs, and the most memory of them all."""

    wall: float
    cpu: float
    memory: float
    runs: int


class Failed(Exception):
    """A program ended otherwise than it should."""


def run(
    command: Sequence[str],
    expected: Sequence[int] = (0,),
    environment: Mapping[str, str] | None = None,
    watched: bool = True,
) -> Run:
    """Run a program to its end, its output thrown away. Raises Failed where its exit code is not expected.

    Where it is not `watched`, its memory is that of its largest process, and its time is not made longer.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | (environment or {}),
        start_new_session=True,
    )
    watch = _Watch(process.pid)
    if watched:
        watch.start()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    watch.ended.set()
    if watched:
        watch.join()
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in expected:
        raise Failed(f"{' '.join(command)} ended with {code}")
    return Run(wall, used.ru_utime + used.ru_stime, max(watch.peak, used.ru_maxrss / 1024 if watch.one else 0), code)


def median(runs: Sequence[Run]) -> Median:
    """Of some runs of one program."""
    return Median(
        statistics.median(each.wall for each in runs),
        statistics.median(each.cpu for each in runs),
        max(each.memory for each in runs),
        len(runs),
    )


class _Watch(threading.Thread):
    """Looks at the memory of a session's processes now and then."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session = session
        self.peak = 0.0
        self.one = True  # never more than one process was seen
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(EVERY_SECONDS):
            sizes = [_size(process) for process in _processes(self.session)]
            self.one &= len(sizes) < 2
            self.peak = max(self.peak, sum(sizes))


def _processes(session: int) -> list[Path]:
    return [each for each in Path("/proc").glob("[0-9]*") if _session(each) == session]


def _session(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, ValueError, IndexError):
        return None


def _size(process: Path) -> float:
    """In MB; 0 where it is gone."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
