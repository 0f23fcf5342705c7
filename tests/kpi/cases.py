"""The hand-counted cases, as the figures see them; run as a program it prints what they come to on this machine."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from declarations import sla
from declarations.kpi import punctuality
from declarations.kpi.course import Course, log_of
from declarations.kpi.facts import Ended, Fact, Header, Paused, Received, line, read, written

FILE = Path(__file__).with_name("cases.toml")
Case = dict[str, Any]


def cases() -> list[Case]:
    """Every case, as it is written."""
    found: list[Case] = tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]
    return found


def expected(case: Case) -> dict[str, object]:
    """What was counted by hand."""
    return {
        "days": case["days"],
        "elapsed": case["elapsed"],
        "due": written(case["due"]),
        "standing": case["standing"],
        "due_without_pauses": written(case["due_without_pauses"] if "due_without_pauses" in case else case["due"]),
        "without_pauses": case.get("without_pauses", case["standing"]),
        "apart": case.get("apart"),
    }


def computed(case: Case, numbers: dict[str, int]) -> dict[str, object]:
    """What the figures make of it, from its lines in a log."""
    lines = [line(fact) for fact in _facts(case, numbers)]
    known = log_of(read(lines))
    (course,) = known.courses
    return _told(course, known.header.as_of)


def _told(course: Course, as_of: datetime) -> dict[str, object]:
    until = course.end or as_of
    return {
        "days": sla.calendar_days(course.start, until),
        "elapsed": _elapsed(until - course.start),
        "due": written(sla.due(course.start)),
        "standing": str(course.standing(as_of)),
        "due_without_pauses": written(punctuality.due(course.start, course.others_pauses)),
        "without_pauses": str(course.standing_without_pauses(as_of)),
        "apart": str(course.apart) if course.apart else None,
    }


def _facts(case: Case, numbers: dict[str, int]) -> Iterator[Fact]:
    number = numbers[case["name"]]
    yield Header("2026-04", case.get("as_of", datetime.fromisoformat("2200-01-01T00:00:00+00:00")))
    yield Received(
        batch=number,
        sender="000101",
        environment=case.get("environment", "R"),
        family="DMFA",
        reference="",
        start=case["start"],
        replaces=numbers.get(case.get("replaces", "")),
        duplicate_of=numbers.get(case.get("duplicates", "")),
    )
    yield from (Paused(number, by, start, until, signed) for start, until, by, signed in case.get("pauses", ()))
    if "end" in case:
        yield Ended(number, case.get("status", "closed"), case["end"])


def _elapsed(passed: timedelta) -> str:
    """Hours, minutes, seconds."""
    minutes, seconds = divmod(passed, timedelta(minutes=1))
    told = f"{minutes // 60}:{minutes % 60:02}:{seconds.seconds:02}"
    return f"{told}.{seconds.microseconds:06}" if seconds.microseconds else told


def all_computed() -> dict[str, dict[str, object]]:
    """What every case comes to, by its name."""
    known = cases()
    numbers = {case["name"]: number for number, case in enumerate(known, 1)}
    return {case["name"]: computed(case, numbers) for case in known}


if __name__ == "__main__":
    json.dump(all_computed(), sys.stdout)
