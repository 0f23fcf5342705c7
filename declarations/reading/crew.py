"""Processes that work through numbered tasks: one per core, none left behind, and a lost one is an error of ours.

They are spawned, never forked: a fork after Polars was imported can hang. Nothing heavy is imported here, so that a
new process can be told how many threads it may use before it imports anything.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, Protocol, TypeVar

from declarations.errors import DeclarationsError, Invariant, Retryable

AHEAD = 2
"""Tasks that a process has at once: the one it works on, and the next."""

GRACE_SECONDS = 5.0
"""How long an ended process may take to be gone."""


class Numbered(Protocol):
    """A task."""

    @property
    def number(self) -> int:
        """Which one it is, for people."""


Task = TypeVar("Task", bound=Numbered)
Done = TypeVar("Done")
Maker = Callable[[], Callable[[Task], Done]]
"""Called once in each process, gives what is called with each task; must be importable by name."""


@dataclass(slots=True)
class _Member(Generic[Task]):
    process: SpawnProcess
    connection: Connection
    tasks: deque[Task] = field(default_factory=deque)

    def give(self, task: Task) -> None:
        self.tasks.append(task)
        try:
            self.connection.send(task)
        except OSError as fault:
            raise self.lost() from fault

    def lost(self) -> Retryable:
        self.process.join(GRACE_SECONDS)
        which = self.tasks[0].number if self.tasks else "none"
        return Retryable(
            f"a process ended with exit code {self.process.exitcode} at slice {which}; nothing was decided: "
            "try again, with more memory where the system ended it (exit code -9)"
        )


def cores() -> int:
    """How many processes this machine runs at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worked(maker: Maker[Task, Done], tasks: Iterator[Task], processes: int) -> Iterator[Done]:
    """What becomes of each task, as it comes: not in the order of the tasks.

    Raises what a process raised, where it is an error of ours; Invariant for any other, without its text;
    Retryable where a process is lost. The processes end with the iterator, however it ends.
    """
    crew: list[_Member[Task]] = []
    try:
        for task in tasks:
            if len(crew) < processes:
                crew.append(_hired(maker))
            elif all(len(member.tasks) >= AHEAD for member in crew):
                yield from _results(crew)
            min(crew, key=lambda member: len(member.tasks)).give(task)
        while any(member.tasks for member in crew):
            yield from _results(crew)
    finally:
        _dismiss(crew)


def _hired(maker: Maker[Task, Done]) -> _Member[Task]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, maker), daemon=True)
    process.start()
    theirs.close()  # else the end of the process would not end the pipe
    return _Member(process, ours)


def _results(crew: list[_Member[Task]]) -> list[Done]:
    """At least one, from those who have some."""
    busy = {member.connection: member for member in crew if member.tasks}
    return [_result(busy[ready]) for ready in wait(list(busy)) if isinstance(ready, Connection)]


def _result(member: _Member[Task]) -> Done:
    try:
        done: Done | Exception = member.connection.recv()
    except (EOFError, OSError) as fault:
        raise member.lost() from fault
    member.tasks.popleft()
    if isinstance(done, Exception):
        raise done
    return done


def _dismiss(crew: list[_Member[Task]]) -> None:
    for member in crew:
        member.connection.close()
        if member.tasks:
            member.process.kill()
    for member in crew:
        member.process.join(GRACE_SECONDS)
        if member.process.is_alive():
            member.process.kill()
            member.process.join()


def _serve(connection: Connection, maker: Maker[Task, Done]) -> None:
    """The life of a process: it ends when its pipe does, so also when the one that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it decides
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        work = maker()
        while True:
            task = connection.recv()
            connection.send(work(task))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as fault:  # noqa: BLE001  whatever it is, the one that waits must know
        connection.send(_told(fault))


def _told(fault: Exception) -> Exception:
    from validators.rules import RuleError
    from validators.schema import EngineFault

    if isinstance(fault, DeclarationsError | RuleError | EngineFault):
        return fault
    return Invariant(f"reading failed: {type(fault).__name__} {origin(fault)}")


def origin(fault: Exception) -> str:
    """Where a foreign exception came from, without its text: that may quote data."""
    import traceback
    from pathlib import Path

    frames = traceback.extract_tb(fault.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames[-4:]))
