"""What processes of the tests do; imported by them, so light."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from declarations.errors import Configuration


@dataclass(frozen=True, slots=True)
class Chore:
    """A task: what to do, by name."""

    number: int
    what: str = "double"
    where: Path = Path()


def double(chore: Chore) -> tuple[int, int]:
    return chore.number, chore.number * 2


def raises_ours(chore: Chore) -> tuple[int, int]:
    raise Configuration("mend the family")


def raises_another(chore: Chore) -> tuple[int, int]:
    raise ValueError("85073090103")


def dies(chore: Chore) -> tuple[int, int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0, 0


def waits(chore: Chore) -> tuple[int, int]:
    (chore.where / str(os.getpid())).touch()
    signal.pause()
    return 0, 0


def threads(chore: Chore) -> tuple[int, int]:
    import polars as pl

    return chore.number, pl.thread_pool_size()


DOING = {each.__name__: each for each in (double, raises_ours, raises_another, dies, waits, threads)}


def maker() -> Callable[[Chore], tuple[int, int]]:
    """What does chores."""
    return lambda chore: DOING[chore.what](chore)
