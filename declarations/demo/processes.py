"""Processes of a running system: each in a session of its own, remembered in a folder, stopped without a remainder."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from declarations.errors import Configuration

KILL_SECONDS = 30
POLL_SECONDS = 0.1
THREADS = "l"
"""How the state of a process says that it has several threads, in the words of `ps`."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start: its name in the folder, what to run, and its whole environment."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


def start(folder: Path, command: Command) -> int:
    """Start it in a new session, with `<name>.log` and `<name>.pid` in that folder; its process id.

    The process inherits a lock on its pid file, so that the number in there is only believed while the lock is held:
    a number that the machine gave to a stranger meanwhile is never signaled. Raises Configuration if it runs already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{command.name}.pid").open("a+b") as pid_file, (folder / f"{command.name}.log").open("ab") as log:
        if not _lock(pid_file):
            raise Configuration(f"{command.name} runs already in {folder.parent}; stop it with `make down`")
        process = subprocess.Popen(
            command.arguments,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(pid_file.fileno(),),
        )
        pid_file.truncate(0)
        pid_file.write(str(process.pid).encode("ascii"))
    return process.pid


def running(folder: Path) -> dict[str, int]:
    """The names in that folder whose process runs, with the process ids."""
    found = {}
    for path in sorted(folder.glob("*.pid")):
        with path.open("r+b") as pid_file:
            text = pid_file.read()
            if text and not _lock(pid_file):
                found[path.stem] = int(text)
    return found


def stop(folder: Path, grace_seconds: float = 10, last: Collection[str] = ()) -> list[str]:
    """End every process of that folder and all it started: asked first, killed after the grace; their names.

    Those named as last are asked when the others have ended: what the others report to.
    """
    leaders = running(folder)
    _end({pid for name, pid in leaders.items() if name not in last}, grace_seconds)
    _end({pid for name, pid in leaders.items() if name in last}, grace_seconds)
    for path in folder.glob("*.pid"):
        path.unlink()
    return list(leaders)


def kill(folder: Path, name: str) -> None:
    """End that process and all it started at once, as a power cut would: nobody is asked, nothing is tidied up."""
    leaders = {pid for each, pid in running(folder).items() if each == name}
    _signal(_members(leaders), signal.SIGKILL)
    _gone(lambda: _members(leaders), leaders, KILL_SECONDS)


def memory(folder: Path) -> int:
    """Bytes of memory that the processes of that folder and their children hold; 0 where /proc does not exist."""
    total = 0
    for pid in _members(set(running(folder).values())):
        path = Path(f"/proc/{pid}/smaps_rollup")
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def _end(leaders: set[int], grace_seconds: float) -> None:
    """Asks the leaders first: a leader that lives ends its own children better than we can."""
    _signal(leaders, signal.SIGTERM)
    _gone(lambda: leaders.intersection(_members(leaders)), leaders, grace_seconds)
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(_members(leaders), number)
        _gone(lambda: _members(leaders), leaders, grace_seconds / 4)


def _lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _gone(left: Callable[[], Collection[int]], leaders: set[int], seconds: float) -> None:
    """Wait until none of these is left, or the time is over."""
    end = time.monotonic() + seconds
    while left() and time.monotonic() < end:
        _reap(leaders)
        time.sleep(POLL_SECONDS)


def _reap(pids: Iterable[int]) -> None:
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue  # started by an earlier command: somebody else's child


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _members(sessions: set[int]) -> list[int]:
    """The living processes of those sessions. A task of Airflow leaves the process group, but not the session."""
    return [pid for pid, session in _living() if session in sessions]


def _living() -> Iterator[tuple[int, int]]:
    """Every process of which something still runs, with its session.

    One whose first thread has ended is called a zombie while others run, or wait for the disk; it keeps its files.
    """
    for pid, state in _proc() if Path("/proc/self/stat").exists() else _ps():
        try:
            session = os.getsid(pid)
        except (ProcessLookupError, PermissionError):
            continue
        if not state.startswith("Z") or THREADS in state:
            yield pid, session


def _ps() -> Iterator[tuple[int, str]]:
    """Process id and state, where there is no /proc."""
    listed = subprocess.run(("ps", "-Ao", "pid=,stat="), capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, state = line.split()
        yield int(pid), state


def _proc() -> Iterator[tuple[int, str]]:
    """Process id and state from /proc: slim containers have no `ps`."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, *rest = text.rpartition(")")[2].split()
        yield int(path.parent.name), state + THREADS * (int(rest[16]) > 1)
