"""The log: one fact a line, canonical, and read back strictly."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.errors import Configuration
from declarations.kpi.course import log_of
from declarations.kpi.facts import KINDS, Answered, Fact, Header, Received, line, read
from tests.kpi.logs import NOON, Writer

HEAD = Header("2026-04", NOON)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
VALUES = {
    int: st.integers(0, 10**9),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    bool: st.booleans(),
    datetime: MOMENTS,
    int | None: st.none() | st.integers(0, 10**9),
    datetime | None: st.none() | MOMENTS,
    tuple[str, ...]: st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=3).map(tuple),
}


def facts_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{each.name: VALUES[hints[each.name]] for each in fields(kind)})


LATER_FACTS = st.one_of(*(facts_of(kind) for kind in KINDS.values() if kind is not Header))


@given(st.lists(LATER_FACTS, max_size=5))
def test_what_is_written_is_read_back(facts: list[Fact]) -> None:
    assert list(read(line(each) for each in [HEAD, *facts])) == [HEAD, *facts]


@given(LATER_FACTS)
def test_a_line_is_canonical(fact: Fact) -> None:
    text = line(fact)
    told = json.loads(text)
    assert text == json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    assert text.count("\n") == 1


def test_a_moment_is_written_in_utc_whatever_zone_it_came_in() -> None:
    there = datetime.fromisoformat("2026-04-23T10:00:00+02:00")
    assert json.loads(line(Answered(1, "ACRF", there)))["at"] == "2026-04-23T08:00:00.000000Z"


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"fact":"rumor"}',
        '{"fact":"answered","batch":1,"object":"ACRF"}',
        '{"fact":"answered","batch":1,"object":"ACRF","at":"2026-04-23T08:00:00.000000Z","by":"whom"}',
        '{"fact":"answered","batch":"1","object":"ACRF","at":"2026-04-23T08:00:00.000000Z"}',
        '{"fact":"answered","batch":true,"object":"ACRF","at":"2026-04-23T08:00:00.000000Z"}',
        '{"fact":"answered","batch":1,"object":"ACRF","at":"2026-04-23T08:00:00Z"}',
        '{"fact":"refused","batch":1,"codes":"125","at":"2026-04-23T08:00:00.000000Z"}',
    ],
)
def test_a_line_that_is_no_fact_is_named_by_its_number_and_not_quoted(text: str) -> None:
    with pytest.raises(Configuration, match="line 2 of the log") as found:
        list(read([line(HEAD), text]))
    assert text not in str(found.value)


def test_a_log_begins_with_its_head() -> None:
    with pytest.raises(Configuration, match="line 1"):
        list(read([line(Answered(1, "ACRF", NOON)), line(HEAD)]))


def test_a_log_has_one_head() -> None:
    with pytest.raises(Configuration, match="line 2"):
        list(read([line(HEAD), line(HEAD)]))


def test_an_empty_log_is_none() -> None:
    with pytest.raises(Configuration, match="empty"):
        list(read([]))


def test_a_log_of_another_version_is_refused() -> None:
    with pytest.raises(Configuration, match="version 2"):
        list(read([line(Header("2026-04", NOON, version=2))]))


def test_nothing_is_told_of_a_batch_before_it_was_received() -> None:
    with pytest.raises(Configuration, match="batch 7"):
        log_of([HEAD, Answered(7, "ACRF", NOON)])


def test_a_batch_is_received_once() -> None:
    given = Writer()
    given.batch()
    twice = next(each for each in given.facts if isinstance(each, Received))
    with pytest.raises(Configuration, match="received twice"):
        log_of([HEAD, twice, twice])
