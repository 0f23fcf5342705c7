"""What is measured of batches and of parcels: counts, shares, and how long things took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from declarations.kpi.course import Course
from declarations.kpi.facts import Parcelled
from declarations.kpi.punctuality import Standing, standing
from declarations.kpi.table import WITHHELD, Cell
from declarations.sla import hours

PUNCTUALITY = ("batches", "in_time", "late", "open", "share", "excused", "share_without_pauses")
TIMES = ("hours_p50", "hours_p95", "hours_p99", "hours_max")
ANSWERS = ("acrf_minutes_p50", "acrf_minutes_p95", "acrf_minutes_p99", "acrf_minutes_max")
VERDICTS = ("noti_hours_p50", "noti_hours_p95", "noti_hours_p99", "noti_hours_max")
ACCEPTANCE = ("first", "first_whole", "first_partly", "first_share", "again", "undecided")
FORMS = ("forms", "forms_accepted", "forms_refused", "forms_share")
BATCHES = (*PUNCTUALITY, *TIMES, *ANSWERS, *VERDICTS, *ACCEPTANCE, *FORMS)
"""What is measured of batches."""

RECEIPTS = ("receipt_hours_p50", "receipt_hours_p95", "receipt_hours_p99", "receipt_hours_max")
PARCELS = (*PUNCTUALITY, *TIMES, *RECEIPTS)
"""What is measured of parcels; `batches` are those that the parcels are of."""

QUANTILES = (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))

DURATIONS = (1, 4, 12, 24, 48, 72, 96)
"""Hours that divide batches by how long they took."""


RUNNING = "running"
"""Stands for the hours of a batch that has not ended."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How figures are taken: as known at that moment, and how many must lie beyond a quantile for it to be told."""

    as_of: datetime
    beyond: int = 0


def of_batches(courses: Sequence[Course], scope: Scope) -> dict[str, Cell]:
    """Everything that is measured of batches."""
    ended = [hours(each.start, each.end) for each in courses if each.end is not None]
    return {
        **punctuality(
            [each.standing(scope.as_of) for each in courses],
            [each.standing_without_pauses(scope.as_of) for each in courses],
        ),
        **spread("hours", ended, scope),
        **spread("acrf_minutes", [each * 60 for each in _until(courses, "ACRF")], scope),
        **spread("noti_hours", _until(courses, "NOTI"), scope),
        **acceptance(courses),
    }


def of_parcels(pairs: Sequence[tuple[Course, Parcelled]], scope: Scope) -> dict[str, Cell]:
    """Everything that is measured of the parcels of one recipient: its days end with its own receipt."""
    headline = [standing(course.start, parcel.confirmed, scope.as_of) for course, parcel in pairs]
    without = [standing(course.start, parcel.confirmed, scope.as_of, course.others_pauses) for course, parcel in pairs]
    ended = [hours(course.start, parcel.confirmed) for course, parcel in pairs if parcel.confirmed is not None]
    waited = [hours(parcel.sent, parcel.confirmed) for _, parcel in pairs if parcel.sent and parcel.confirmed]
    receipts = spread("receipt_hours", [max(0.0, each) for each in waited], scope)
    return {**punctuality(headline, without), **spread("hours", ended, scope), **receipts}


def punctuality(headline: Sequence[Standing], without_pauses: Sequence[Standing]) -> dict[str, Cell]:
    """How many were in time; `excused` are late in the headline and not without the pauses of others."""
    in_time, late = headline.count(Standing.IN_TIME), headline.count(Standing.LATE)
    excused = late - without_pauses.count(Standing.LATE)
    spared = without_pauses.count(Standing.IN_TIME)
    return {
        "batches": len(headline),
        "in_time": in_time,
        "late": late,
        "open": headline.count(Standing.OPEN),
        "share": share(in_time, in_time + late),
        "excused": excused,
        "share_without_pauses": share(spared, spared + late - excused),
    }


def acceptance(courses: Sequence[Course]) -> dict[str, Cell]:
    """What became of batches the first time, and of their forms."""
    decided = [each for each in courses if each.judged is not None or each.refused is not None]
    first = [each for each in decided if each.received.replaces is None]
    whole = sum(each.judged is not None and each.judged.accepted == each.judged.forms for each in first)
    judged = [each.judged for each in decided if each.judged is not None]
    forms, accepted = sum(each.forms for each in judged), sum(each.accepted for each in judged)
    return {
        "first": len(first),
        "first_whole": whole,
        "first_partly": len(first) - whole,
        "first_share": share(whole, len(first)),
        "again": len(decided) - len(first),
        "undecided": len(courses) - len(decided),
        "forms": forms,
        "forms_accepted": accepted,
        "forms_refused": forms - accepted,
        "forms_share": share(accepted, forms),
    }


def share(part: int, whole: int) -> float | None:
    """How many percent, to a hundredth and never rounded up: 100 means all."""
    return None if not whole else 10_000 * part // whole / 100


def spread(name: str, values: Sequence[float], scope: Scope) -> dict[str, Cell]:
    """The middle and the long end of some durations: each is one that really occurred (nearest rank)."""
    ordered = sorted(values)
    return {f"{name}_{label}": _ranked(ordered, percent, scope) for label, percent in QUANTILES}


def _ranked(ordered: Sequence[float], percent: int, scope: Scope) -> Cell:
    rank = -(-len(ordered) * percent // 100)
    if not rank:
        return None
    return WITHHELD if len(ordered) - rank < scope.beyond else round(ordered[rank - 1], 2)


def durations(courses: Sequence[Course]) -> list[dict[str, Cell]]:
    """How many batches took how long: a record for each range of hours, one for more, one for those that run."""
    took = [hours(each.start, each.end) for each in courses if each.end is not None]
    bounds = [0, *DURATIONS]
    ranges = [(f"{low}-{high}", low, float(high)) for low, high in pairwise(bounds)]
    ranges.append((f"{bounds[-1]}-", bounds[-1], float("inf")))
    told: list[dict[str, Cell]] = [
        {"hours": name, "batches": sum(low <= each < high for each in took)} for name, low, high in ranges
    ]
    return [*told, {"hours": RUNNING, "batches": len(courses) - len(took)}]


def _until(courses: Iterable[Course], object_: str) -> list[float]:
    """Hours until that answer lay in the outbox."""
    return [hours(each.start, each.answers[object_]) for each in courses if object_ in each.answers]
