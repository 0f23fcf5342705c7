"""The tables of a report, each from the batches, parcels and outages that it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from declarations.kpi import figures
from declarations.kpi.course import Apart, Course
from declarations.kpi.facts import Code, Outage, Parcelled, written
from declarations.kpi.figures import BATCHES, PARCELS, PUNCTUALITY, Scope
from declarations.kpi.months import Month
from declarations.kpi.punctuality import Standing
from declarations.kpi.table import Cell, Table, table
from declarations.sla import brussels_date, calendar_days, hours

Pair = tuple[Course, Parcelled]
"""A parcel, and the batch that it is of."""
T = TypeVar("T")


def pairs(courses: Iterable[Course], recipient: str) -> list[Pair]:
    """The parcels of that recipient."""
    return [(course, parcel) for course in courses for parcel in course.parcels if parcel.recipient == recipient]


def batches_total(courses: Sequence[Course], scope: Scope) -> Table:
    """One row: all batches."""
    return table("total", BATCHES, [figures.of_batches(courses, scope)])


def parcels_total(own: Sequence[Pair], scope: Scope) -> Table:
    """One row: all parcels of a recipient."""
    return table("total", PARCELS, [figures.of_parcels(own, scope)])


def durations(courses: Sequence[Course]) -> Table:
    """How many batches took how long."""
    return table("durations", ("hours", "batches"), figures.durations(courses))


def batch_days(courses: Iterable[Course], month: Month, scope: Scope) -> Table:
    """For each day of the month, the batches whose four days began on it."""
    grouped = _groups(courses, lambda each: brussels_date(each.start).isoformat())
    return _days(month, lambda day: figures.of_batches(grouped.get(day, []), scope))


def parcel_days(own: Iterable[Pair], month: Month, scope: Scope) -> Table:
    """The same of a recipient's parcels, by the day on which their batch began."""
    grouped = _groups(own, lambda each: brussels_date(each[0].start).isoformat())
    return _days(month, lambda day: figures.of_parcels(grouped.get(day, []), scope))


def _days(month: Month, measure: Callable[[str], Mapping[str, Cell]]) -> Table:
    days = (day.isoformat() for day in month.days())
    return table("days", ("day", *PUNCTUALITY), ({"day": day, **measure(day)} for day in days))


def families(courses: Iterable[Course], scope: Scope) -> Table:
    """A row for each family of declarations, by the code that it has in file names."""
    grouped = _groups(courses, lambda each: each.received.family)
    records = ({"family": name, **figures.of_batches(some, scope)} for name, some in sorted(grouped.items()))
    return table("families", ("family", *BATCHES), records)


def senders(courses: Iterable[Course], scope: Scope) -> Table:
    """A row for each sender."""
    grouped = _groups(courses, lambda each: each.received.sender)
    records = ({"sender": name, **figures.of_batches(some, scope)} for name, some in sorted(grouped.items()))
    return table("senders", ("sender", *BATCHES), records)


def recipients(courses: Iterable[Course], scope: Scope) -> Table:
    """A row for each recipient, about its parcels."""
    every = [(course, parcel) for course in courses for parcel in course.parcels]
    grouped = _groups(every, lambda each: each[1].recipient)
    records = ({"recipient": name, **figures.of_parcels(some, scope)} for name, some in sorted(grouped.items()))
    return table("recipients", ("recipient", *PARCELS), records)


def codes(courses: Sequence[Course], known: Mapping[str, Code]) -> Table:
    """A row for each anomaly, the most frequent first; `per_thousand` forms that were judged."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in courses:
        counts.update({(found.code, found.anomaly_class): found.count for found in each.found})
    forms = _forms(courses)
    records = [
        {
            "code": code,
            "class": kind,
            "count": count,
            "per_thousand": _per_thousand(count, forms),
            "text": known[code].text if code in known else "",
        }
        for (code, kind), count in _ranked(counts)
    ]
    return table("codes", ("code", "class", "count", "per_thousand", "text"), records)


def controls(courses: Sequence[Course], known: Mapping[str, Code]) -> Table:
    """A row for each control; those that share a code are told together. What no control finds, the schema did."""
    counts: Counter[str] = Counter()
    for each in courses:
        for found in each.found:
            names = known[found.code].controls if found.code in known else ()
            counts[", ".join(names) or "schema"] += found.count
    forms = _forms(courses)
    records = [
        {"control": name, "count": count, "per_thousand": _per_thousand(count, forms)}
        for name, count in _ranked(counts)
    ]
    return table("controls", ("control", "count", "per_thousand"), records)


def refusals(courses: Iterable[Course]) -> Table:
    """A row for each reason for which batches could not be processed, the most frequent first."""
    counts = Counter(code for each in courses if each.refused for code in each.refused.codes)
    records: list[dict[str, Cell]] = [{"reason": f"ACRF-{code}", "count": count} for code, count in _ranked(counts)]
    return table("refusals", ("reason", "count"), records)


def apart(courses: Iterable[Course]) -> Table:
    """How many batches are in no figure, and why."""
    counts = Counter(each.apart for each in courses)
    records: list[dict[str, Cell]] = [{"why": str(why), "batches": counts[why]} for why in Apart]
    return table("apart", ("why", "batches"), records)


def outages(given: Iterable[Outage], scope: Scope) -> Table:
    """A row for each time that a party's server or folder could not be reached."""
    records = [
        {
            "party": each.party,
            "from": written(each.start),
            "until": written(each.until) if each.until else None,
            "hours": round(hours(each.start, each.until or scope.as_of), 2),
        }
        for each in sorted(given, key=lambda each: (each.start, each.party))
    ]
    return table("outages", ("party", "from", "until", "hours"), records)


def late(courses: Iterable[Course], scope: Scope) -> Table:
    """A row for each batch past its fourth day; `excused` where the pauses of others took it there."""
    records = [
        {
            "batch": each.received.batch,
            "reference": each.received.reference,
            "start": written(each.start),
            "end": written(each.end) if each.end else None,
            "days": calendar_days(each.start, each.end or scope.as_of),
            "excused": "yes" if each.standing_without_pauses(scope.as_of) is not Standing.LATE else "no",
        }
        for each in courses
        if each.standing(scope.as_of) is Standing.LATE
    ]
    return table("late", ("batch", "reference", "start", "end", "days", "excused"), records)


def awaited(own: Iterable[Pair], scope: Scope) -> Table:
    """A row for each delivery of a recipient that was sent and has no receipt."""
    waiting: dict[int, Pair] = {}
    for course, parcel in own:
        if parcel.delivery is not None and parcel.sent is not None and parcel.confirmed is None:
            waiting.setdefault(parcel.delivery, (course, parcel))
    records: list[dict[str, Cell]] = [
        {
            "delivery": number,
            "sent": written(parcel.sent),
            "hours": round(hours(parcel.sent, scope.as_of), 2),
        }
        for number, (_, parcel) in sorted(waiting.items())
        if parcel.sent is not None
    ]
    return table("awaited", ("delivery", "sent", "hours"), records)


def _groups(given: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for each in given:
        groups.setdefault(key(each), []).append(each)
    return groups


def _forms(courses: Iterable[Course]) -> int:
    return sum(each.judged.forms for each in courses if each.judged is not None)


def _per_thousand(count: int, forms: int) -> float | None:
    return round(1000 * count / forms, 2) if forms else None


K = TypeVar("K", str, tuple[str, str])


def _ranked(counts: Counter[K]) -> list[tuple[K, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
