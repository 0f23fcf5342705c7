"""Processes that work through numbered tasks: none left behind, and a lost one is an error of ours.

They are spawned, never forked: a fork after Polars was imported can hang. Nothing heavy is imported here: a process
is told how many threads it may use before it imports anything, and recruits start while the one that starts them is
still importing.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from declarations.errors import DeclarationsError, Invariant, Retryable
from declarations.thrift import thrifty

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
"""Called once in each process, gives what is called with each task; pickled to get there."""


def cores() -> int:
    """How many processes run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Alone(Generic[Task, Done]):
    """The same without other processes."""

    def __init__(self, maker: Maker[Task, Done]) -> None:
        """Nothing is made before there is a task."""
        self._maker = maker
        self._work: Callable[[Task], Done] | None = None

    def work(self, tasks: Iterable[Task]) -> Iterator[Done]:
        """What becomes of each task, in order."""
        for task in tasks:
            self._work = self._work or _made(self._maker)
            yield self._work(task)

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""


class Recruits(Generic[Task, Done]):
    """Processes without work: they import what they will need, and wait. They end with the context."""

    def __init__(self, count: int, needed: str | None = None) -> None:
        """So many, which import the module of that name."""
        self._count, self._needed = count, needed
        self._members: list[_Member[Task, Done]] = []

    def __enter__(self) -> Self:
        """Start them."""
        self._start(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        """End those whom no crew took: they have nothing to finish."""
        for member in self._members:
            member.process.kill()
        _dismiss(self._members)

    def take(self, count: int) -> list[_Member[Task, Done]]:
        """So many of them, who are no recruits any more; who is missing starts."""
        self._start(count)
        taken, self._members = self._members[:count], self._members[count:]
        return taken

    def _start(self, count: int) -> None:
        try:
            while len(self._members) < count:
                self._members.append(_hired(self._needed))
        except BaseException:
            _dismiss(self._members)
            raise


class Crew(Generic[Task, Done]):
    """Some processes that share tasks. They end with the context, however it ends."""

    def __init__(self, maker: Maker[Task, Done], processes: int, recruits: Recruits[Task, Done] | None = None) -> None:
        """They start with the context, to be ready when there is something to do; recruits need not start."""
        self._maker = maker
        self._processes = processes
        self._recruits = recruits or Recruits(0)
        self._members: list[_Member[Task, Done]] = []

    def __enter__(self) -> Self:
        """Start them, and say what their work is."""
        self._members = self._recruits.take(self._processes)
        try:
            for member in self._members:
                member.send(self._maker)
        except BaseException:
            _dismiss(self._members)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them: at once where they are at work."""
        _dismiss(self._members)

    def work(self, tasks: Iterable[Task]) -> Iterator[Done]:
        """What becomes of each task, as it comes: not in the order of the tasks.

        Raises what a process raised, where it is an error of ours; Invariant for any other, without its text;
        Retryable where a process is lost.
        """
        for task in tasks:
            while all(len(member.tasks) >= AHEAD for member in self._members):
                yield from self._results()
            min(self._members, key=lambda member: len(member.tasks)).give(task)
        while any(member.tasks for member in self._members):
            yield from self._results()

    def _results(self) -> list[Done]:
        """At least one, from those who have some."""
        busy = {member.connection: member for member in self._members if member.tasks}
        return [_result(busy[ready]) for ready in wait(list(busy)) if isinstance(ready, Connection)]


@dataclass(slots=True)
class _Member(Generic[Task, Done]):
    process: SpawnProcess
    connection: Connection
    tasks: deque[Task] = field(default_factory=deque)

    def give(self, task: Task) -> None:
        self.tasks.append(task)
        self.send(task)

    def send(self, what: Task | Maker[Task, Done]) -> None:
        try:
            self.connection.send(what)
        except OSError as fault:
            raise self.lost() from fault

    def lost(self) -> Retryable:
        self.process.join(GRACE_SECONDS)
        when = f"at slice {self.tasks[0].number}" if self.tasks else "before its first slice"
        return Retryable(
            f"a process ended with exit code {self.process.exitcode} {when} and told nothing: "
            "try again; where it was -9, the system had too little memory"
        )


def _hired(needed: str | None) -> _Member[Task, Done]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, needed), daemon=True)
    process.start()
    theirs.close()  # else the end of the process would not end the pipe
    return _Member(process, ours)


def _result(member: _Member[Task, Done]) -> Done:
    try:
        done: Done | Exception = member.connection.recv()
    except (EOFError, OSError) as fault:
        raise member.lost() from fault
    member.tasks.popleft()
    if isinstance(done, Exception):
        raise done
    return done


def _dismiss(members: list[_Member[Task, Done]]) -> None:
    for member in members:
        member.connection.close()
        if member.tasks:
            member.process.kill()
    for member in members:
        member.process.join(GRACE_SECONDS)
        if member.process.is_alive():
            member.process.kill()
            member.process.join()
    members.clear()


def _made(maker: Maker[Task, Done]) -> Callable[[Task], Done]:
    """What works, and all it needs set apart from what is looked through for garbage: it stays."""
    work = maker()
    gc.freeze()
    return work


def _serve(connection: Connection, needed: str | None) -> None:
    """The life of a process: it ends with its pipe, and with the one that started it even in the middle of a task."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    thrifty(one_thread=True)
    try:
        if needed:
            importlib.import_module(needed)
        work = _made(connection.recv())
        while True:
            connection.send(work(connection.recv()))
    except (EOFError, ConnectionError):
        return
    except Exception as fault:  # noqa: BLE001  whatever it is, the one that waits must know
        connection.send(_told(fault))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _told(fault: Exception) -> Exception:
    from validators.rules import RuleError
    from validators.schema import EngineFault

    if isinstance(fault, DeclarationsError | RuleError | EngineFault):
        return fault
    return Invariant(f"reading failed: {type(fault).__name__} at {_origin(fault)}")


def _origin(fault: Exception) -> str:
    """Where a foreign exception came from, without its text: that may quote data."""
    frames = traceback.extract_tb(fault.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames[-4:]))
