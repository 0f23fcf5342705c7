"""The whole story in one go: samples in by SFTP, through Airflow, out to senders and institutions."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from declarations.demo import institutions, senders
from declarations.demo.airflow_api import AirflowApi
from declarations.demo.home import SENDERS
from declarations.demo.samples import Case, observed, stories
from declarations.errors import Configuration
from declarations.model import Story
from declarations.settings import load
from declarations.sla import BRUSSELS, hours, in_time
from declarations.world import opened

POLL_SECONDS = 0.5
TELL_SECONDS = 5
MOST_SECONDS = 600  # of one wait
MOST_LINES = 10  # of one difference
MOST_CYCLES = 6  # of intake, distribution and receipts; three are needed

Report = Callable[[str], None]
"""Told, in a few words, what is being done."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story is played."""

    home: Path
    port: int  # of the SFTP server
    clock: Callable[[], datetime]
    report: Report


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one case, beside what was expected."""

    case: Case
    observed: dict[str, str]
    stories: Sequence[Story] = ()

    @property
    def as_expected(self) -> bool:
        """Whether all of it is as the case's `out/` says."""
        return self.observed == self.case.expected()

    @property
    def outcomes(self) -> list[str]:
        """For each batch of the case where it stands, its codes, and how many forms were accepted."""
        texts = [text for name, text in self.observed.items() if name.endswith(".status")]
        heads = ("status", "code", "forms accepted")
        return [" ".join(_values(text, heads)) for text in texts]

    @property
    def answers(self) -> list[str]:
        """For each batch of the case, what its sender was answered."""
        return [" ".join(exchange.outgoing.object for exchange in story.exchanges) or "none" for story in self.stories]

    @property
    def parcels(self) -> list[str]:
        """For each batch of the case, how many recipients got a parcel, and how many of them confirmed it."""
        return [_confirmed(story) for story in self.stories]

    @property
    def clocks(self) -> list[str]:
        """For each batch of the case, what its four days say."""
        return [_clock(story) for story in self.stories]

    @property
    def differences(self) -> list[str]:
        """What is missing, unexpected or other than expected, by file."""
        expected = self.case.expected()
        missing = [f"{name} is missing" for name in expected.keys() - self.observed.keys()]
        surplus = [f"{name} was not expected" for name in self.observed.keys() - expected.keys()]
        changed = [
            f"{name}: {line}"
            for name in expected.keys() & self.observed.keys()
            for line in _changes(expected[name], self.observed[name])
        ]
        return sorted(missing + surplus + changed)


@dataclass(frozen=True, slots=True)
class Tally:
    """What the parties found in their outboxes."""

    answers: list[senders.Received]
    extracts: list[institutions.Taken]

    @property
    def good(self) -> bool:
        """Whether every signature was genuine and every manifest agreed."""
        return all(each.genuine for each in self.answers) and not any(each.codes for each in self.extracts)


def drop(stage: Stage, cases: Sequence[Case], nth: int) -> int:
    """Drop the files of that round, as the senders' software does; how many."""
    files = [each for case in cases for drop in case.drops()[nth : nth + 1] for each in drop]
    stage.report(f"dropping {len(files)} files by SFTP")
    return senders.drop(stage.home, stage.port, files)


def cycle(stage: Stage, api: AirflowApi) -> list[institutions.Taken]:
    """Intake, processing and distribution once, and the institutions take what came; what they took."""
    _run(stage, api, "intake")
    _wait(lambda: _idle(stage, api), "process_batch")
    _run(stage, api, "distribution")
    stage.report("institutions take their extracts")
    return institutions.take_all(stage.home, stage.port, stage.clock())


def settle(stage: Stage, api: AirflowApi, cases: Sequence[Case]) -> list[institutions.Taken]:
    """Cycles until all is as expected, or a whole one changes nothing; what the institutions took."""
    taken: list[institutions.Taken] = []
    before: list[Ending] = []
    for _ in range(MOST_CYCLES):
        taken += cycle(stage, api)
        now = endings(stage, cases)
        if now == before or all(each.as_expected for each in now):
            break
        before = now
    return taken


def collect(stage: Stage) -> list[senders.Received]:
    """Every sender takes its answers away."""
    stage.report("senders take their answers")
    now = stage.clock()
    return [each for number in SENDERS for each in senders.collect(stage.home, stage.port, number, now)]


def endings(stage: Stage, cases: Sequence[Case]) -> list[Ending]:
    """What came of each case so far."""
    with opened(load(stage.home)) as world:
        return [Ending(case, observed(case, world), stories(case, world)) for case in cases]


def _confirmed(story: Story) -> str:
    if not story.parcels:
        return "none"
    confirmed = sum(each.confirmed_at is not None for each in story.deliveries)
    return f"{confirmed} of {len(story.parcels)} confirmed"


def _clock(story: Story) -> str:
    """Counted in calendar days of Brussels; the hours are told beside."""
    if story.clock is None:
        return "none"
    if story.clock.end is None:
        return f"until {story.clock.due.astimezone(BRUSSELS):%Y-%m-%d %H:%M}"
    in_days = "in time" if in_time(story.clock.start, story.clock.end) else "late"
    return f"{in_days}, {hours(story.clock.start, story.clock.end):.2f} h"


def _values(text: str, heads: Sequence[str]) -> list[str]:
    lines = [line.partition(": ") for line in text.splitlines()]
    return [value for head, _, value in lines if head in heads]


def _changes(expected: str, observed: str) -> list[str]:
    """The lines that differ, marked - and +."""
    lines = difflib.unified_diff(expected.splitlines(), observed.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))][:MOST_LINES]


def _run(stage: Stage, api: AirflowApi, dag_id: str) -> None:
    """Start a run without waiting for its hour, and wait until it ended."""
    stage.report(f"asking Airflow for {dag_id}")
    run_id = api.trigger(dag_id)
    _wait(lambda: api.state(dag_id, run_id) not in ("queued", "running"), dag_id)


def _idle(stage: Stage, api: AirflowApi) -> bool:
    """Whether no batch is under way any more; tells how many are."""
    batches = api.moving(("process_batch",))
    if batches:
        stage.report(f"{batches} batches go through Airflow")
        time.sleep(TELL_SECONDS)
    return not batches and not api.moving(("intake",))


def _wait(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not done():
        if time.monotonic() > end:
            raise Configuration(f"{what} did not end within {MOST_SECONDS} seconds; see its log in Airflow")
        time.sleep(POLL_SECONDS)
