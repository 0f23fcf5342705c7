"""Starting and stopping: nothing of ours stays behind, and nobody else's process is touched."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from declarations.demo import processes
from declarations.demo.processes import Command
from declarations.errors import Configuration

GRACE = 5
WAIT = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
HALF_DEAD = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
print("half dead", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""
PARENT = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {WAIT!r}], preexec_fn=os.setpgrp)
print(child.pid, flush=True)
time.sleep(600)
"""


def started(folder: Path, code: str, name: str = "one") -> int:
    return processes.start(folder, Command(name, (sys.executable, "-c", code), os.environ))


def said(folder: Path, name: str = "one") -> str:
    """The first line that a process wrote."""
    for _ in range(200):
        if text := (folder / f"{name}.log").read_text(encoding="ascii"):
            return text.strip()
        time.sleep(0.05)
    raise TimeoutError(f"{name} wrote nothing")


def lives(pid: int) -> bool:
    """Whether it runs: what only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")


def test_what_was_started_runs_until_it_is_stopped(tmp_path: Path) -> None:
    pid = started(tmp_path, WAIT)
    assert processes.running(tmp_path) == {"one": pid}
    assert processes.stop(tmp_path, GRACE) == ["one"]
    assert processes.running(tmp_path) == {}
    assert not lives(pid)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the threads of a process are seen on Linux only")
@pytest.mark.parametrize(
    "end", [lambda folder: processes.stop(folder, GRACE), lambda folder: processes.kill(folder, "one")]
)
def test_a_process_of_which_one_thread_still_runs_is_ended(tmp_path: Path, end: Callable[[Path], object]) -> None:
    pid = started(tmp_path, HALF_DEAD)
    assert said(tmp_path) == "half dead"
    while lives(pid):
        time.sleep(0.05)
    assert processes.running(tmp_path) == {"one": pid}
    end(tmp_path)
    assert [*Path(f"/proc/{pid}/task").glob("*")] in ([], [Path(f"/proc/{pid}/task/{pid}")])
    started(tmp_path, WAIT)
    processes.kill(tmp_path, "one")


def test_a_child_in_a_process_group_of_its_own_is_stopped_too(tmp_path: Path) -> None:
    started(tmp_path, PARENT)
    child = int(said(tmp_path))
    processes.stop(tmp_path, GRACE)
    assert not lives(child)


def test_a_process_that_does_not_listen_is_killed_after_the_grace(tmp_path: Path) -> None:
    pid = started(tmp_path, DEAF)
    said(tmp_path)
    processes.stop(tmp_path, grace_seconds=0.2)
    assert not lives(pid)


def test_a_number_that_the_machine_gave_to_a_stranger_is_never_signaled(tmp_path: Path) -> None:
    stranger = started(tmp_path / "theirs", WAIT)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "one.pid").write_text(str(stranger), encoding="ascii")
    assert processes.stop(tmp_path / "ours", GRACE) == []
    assert lives(stranger)
    processes.stop(tmp_path / "theirs", GRACE)


def test_the_same_name_is_not_started_twice(tmp_path: Path) -> None:
    started(tmp_path, WAIT)
    with pytest.raises(Configuration, match="runs already"):
        started(tmp_path, WAIT)
    processes.stop(tmp_path, GRACE)


def test_what_ended_by_itself_is_not_said_to_run(tmp_path: Path) -> None:
    pid = started(tmp_path, "pass")
    os.waitpid(pid, 0)
    assert processes.running(tmp_path) == {}


def test_what_others_report_to_is_stopped_after_them(tmp_path: Path) -> None:
    waits = """
import pathlib, signal, sys, time
def end(*_):
    (pathlib.Path({folder!r}) / "ends").open("a").write({name!r} + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""
    for name in ("api", "worker"):
        started(tmp_path, waits.format(folder=str(tmp_path), name=name), name)
        said(tmp_path, name)
    processes.stop(tmp_path, GRACE, last=("api",))
    assert (tmp_path / "ends").read_text(encoding="ascii").split() == ["worker", "api"]


def test_stopping_where_nothing_runs_is_fine(tmp_path: Path) -> None:
    assert processes.stop(tmp_path / "nowhere") == []
