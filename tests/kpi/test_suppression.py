"""What the public cannot see, and cannot work out."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.kpi.facts import Refused
from declarations.kpi.report import PUBLIC, Report, report
from declarations.kpi.suppression import GROUPS, LEAST, VOLUME, closed, frequent, protected, unsafe
from declarations.kpi.table import WITHHELD, Cell, Table, table
from tests.kpi.logs import APRIL, Writer, middling

COUNTS = st.integers(0, 3).flatmap(lambda size: st.integers(0, (0, 9, 40, 2000)[size]))
ROWS = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[COUNTS] * width), min_size=1, max_size=12))


def small(count: int) -> bool:
    return 0 < count < LEAST


@given(ROWS)
def test_every_row_with_a_small_count_is_withheld(rows: list[tuple[int, ...]]) -> None:
    assert unsafe(rows) <= closed(rows)
    assert all(not any(map(small, row)) for nth, row in enumerate(rows) if nth not in closed(rows))


@given(ROWS)
def test_what_is_missing_from_a_published_sum_is_never_small_nor_one_row(rows: list[tuple[int, ...]]) -> None:
    """Where all of it is missing the sum is withheld too, since it is small itself; else it is published."""
    hidden = closed(rows)
    if not hidden:
        return
    missing = [sum(row[at] for nth, row in enumerate(rows) if nth in hidden) for at in range(len(rows[0]))]
    total = [sum(column) for column in zip(*rows, strict=True)]
    if any(map(small, total)) or len(rows) == 1:
        assert len(hidden) == len(rows)
    else:
        assert not any(map(small, missing))
        assert len(hidden) > 1


@given(ROWS)
def test_nothing_is_withheld_without_need(rows: list[tuple[int, ...]]) -> None:
    assert bool(closed(rows)) == bool(unsafe(rows))


def counts(*numbers: int) -> Table:
    return table("durations", ("hours", "batches"), [{"hours": str(each), "batches": each} for each in numbers])


def test_the_next_smallest_row_goes_with_a_single_small_one() -> None:
    told = protected(counts(3, 500, 12, 80), [VOLUME], published_sum=True)
    assert told.column("batches") == [WITHHELD, 500, WITHHELD, 80]


def test_none_is_no_small_count() -> None:
    told = protected(counts(0, 500), [VOLUME], published_sum=True)
    assert told.column("batches") == [0, 500]


def test_a_late_batch_is_not_told_from_those_in_time() -> None:
    row: dict[str, Cell] = {"day": "2026-04-08", "batches": 300, "in_time": 299, "late": 1, "open": 0, "excused": 0}
    row |= {"share": 99.66, "share_without_pauses": 99.66}
    told = protected(table("days", tuple(row), [row]), GROUPS, published_sum=False).records()[0]
    assert told["batches"] == 300
    assert {told[key] for key in ("in_time", "late", "share")} == {WITHHELD}


def test_of_what_is_rare_not_even_the_name_is_told() -> None:
    given = table("codes", ("code", "count"), [{"code": "00036-008", "count": 10}, {"code": "00024-004", "count": 9}])
    assert frequent(given).rows == (("00036-008", 10),)


def test_no_small_count_stands_in_the_public_figures() -> None:
    told = report(middling(400), PUBLIC)
    for each in told.tables:
        for key in each.columns:
            if not key.startswith(("hours", "acrf", "noti", "receipt", "per_", "share", "forms_share", "first_share")):
                assert not [cell for cell in each.column(key) if isinstance(cell, int) and small(cell)], (
                    each.name,
                    key,
                )


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from([0, 3, 25]), min_size=6, max_size=6),
    st.lists(st.integers(0, 29), min_size=1, max_size=4),
)
def test_no_small_count_is_left_when_what_is_told_is_taken_from_the_whole(sizes: list[int], days: list[int]) -> None:
    """In time, late, running, refused, sent again, neither: a few or many of each, on a few days."""
    given_log = Writer()
    for kind, size in enumerate(sizes):
        for nth in range(size):
            start = APRIL.start + timedelta(days=days[nth % len(days)], hours=1)
            batch = given_log.batch(start, (20, 100, None, 1, 20, 20)[kind], replaces=1 if kind == 4 else None)
            if kind == 3:
                given_log.facts.append(Refused(batch, ("125",), start))
            elif kind != 5:
                given_log.judged(batch, 2, 1)
    told = report(given_log.log(), PUBLIC)
    (total,) = known(told, "total").records()
    for name, key in (("durations", "batches"), ("days", "batches"), ("days", "late"), ("families", "forms_refused")):
        cells = [cell for cell in known(told, name).column(key) if isinstance(cell, int)]
        whole = total[key]
        assert not isinstance(whole, int) or not small(whole - sum(cells)), (name, key)
    if isinstance(total["batches"], int) and isinstance(total["first"], int):
        decided = [total[key] for key in ("first", "again")]
        assert not small(total["batches"] - sum(each for each in decided if isinstance(each, int)))


def known(told: Report, name: str) -> Table:
    found = told.table(name)
    assert found is not None
    return found


def test_the_public_sees_no_sender_no_batch_and_no_longest() -> None:
    told = report(middling(400), PUBLIC)
    assert {"senders", "late", "controls"}.isdisjoint(each.name for each in told.tables)
    total = told.table("total")
    assert total is not None
    assert total.column("hours_max") == [WITHHELD]


def test_the_public_is_told_a_bound_where_the_share_would_tell_a_small_count() -> None:
    given = Writer()
    for _ in range(199):
        given.batch(took=20)
    given.batch(took=100)
    total = report(given.log(), PUBLIC).table("total")
    assert total is not None
    assert (total.column("share"), total.column("share_at_least")) == ([WITHHELD], [95.5])


def test_the_share_itself_is_told_where_no_count_is_small() -> None:
    given = Writer()
    for _ in range(200):
        given.batch(took=20)
    total = report(given.log(), PUBLIC).table("total")
    assert total is not None
    assert (total.column("share"), total.column("share_at_least")) == ([100.0], [None])
