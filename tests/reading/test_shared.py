"""A large batch that several tasks read comes out as one that is read by one, whoever dies and whoever comes twice."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations import door, pipeline
from declarations.adapters.archive import FolderArchive
from declarations.errors import Retryable
from declarations.model import BatchStatus
from declarations.ports import Stored
from declarations.reading.division import divided, division_frame
from declarations.reading.slices import cut
from declarations.settings import HOME_VARIABLE, Limits
from declarations.steps.shared import Judges, shared_out
from tests.reading.documents import faulty, forms_of, parts_of
from tests.worlds import Place, document, place, with_world, write_settings

LIMITS = Limits(max_age_days=36500, share_bytes=40_000)
CONTENTS = (faulty(), document(employers=3, persons=9, seed=3))
Outcome = dict[str, object]


def accepted(root: Path, limits: Limits = LIMITS) -> tuple[Place, int]:
    """A large batch that waits to be read, by its number."""
    here = place(root, limits)
    reference = here.drop(*CONTENTS)
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)
    return here, here.batch(reference).id


def ahead(here: Place, batch_id: int, numbers: Sequence[int], step: str = "normalize") -> bool:
    return pipeline.work_ahead(here.world, step, batch_id, numbers)


def outcome(here: Place, batch_id: int) -> Outcome:
    """What comes of the batch once the steps have run, with the digest of every table that they kept."""
    for step in ("normalize", "control"):
        pipeline.STEPS[step](here.world)
    story = here.world.ledger.story(batch_id)
    kinds = {"block", "heads", "findings"}
    return {
        "status": story.batch.status,
        "tables": [each for each in story.artifacts if each.kind in kinds],
        "forms": story.forms,
        "counts": story.counts,
    }


@cache
def alone() -> Outcome:
    """What comes of it where one task reads it."""
    return outcome(*accepted(Path(mkdtemp())))


def slices_of(here: Place, batch_id: int) -> list[int]:
    return [number for share in pipeline.shared_out(here.world, batch_id) for number in share]


def kinds_of(here: Place, batch_id: int) -> list[str]:
    return [each.kind for each in here.world.ledger.artifacts(batch_id)]


@pytest.mark.parametrize("tasks", [1, 2, 5])
def test_any_number_of_tasks_leaves_the_same_tables(tmp_path: Path, tasks: int) -> None:
    here, batch_id = accepted(tmp_path)
    numbers = slices_of(here, batch_id)
    assert len(numbers) == 5
    for task in reversed(range(tasks)):
        assert ahead(here, batch_id, numbers[task::tasks])
    assert kinds_of(here, batch_id).count("read") == len(numbers)
    assert outcome(here, batch_id) == alone()


def test_a_task_that_is_run_again_reads_nothing_again(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path)
    first = slices_of(here, batch_id)[:2]
    assert ahead(here, batch_id, first)
    before = here.world.ledger.artifacts(batch_id)
    assert ahead(place(tmp_path, LIMITS), batch_id, first)
    assert here.world.ledger.artifacts(batch_id) == before
    assert outcome(here, batch_id) == alone()


def test_two_processes_that_read_the_same_slices_at_once_leave_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, batch_id = accepted(tmp_path)
    numbers = slices_of(here, batch_id)
    write_settings(tmp_path, LIMITS)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context, initializer=context.Barrier(2).wait) as pool:
        read = pool.map(partial(door.ahead, "normalize", batch_id), [numbers, numbers])
        assert [*read] == [len(numbers)] * 2
    assert kinds_of(here, batch_id).count("read") == len(numbers)
    assert outcome(here, batch_id) == alone()


class Killed(BaseException):
    """The process is gone."""


class DyingArchive(FolderArchive):
    """Takes so many files, then its process dies."""

    def __init__(self, root: Path, takes: int) -> None:
        super().__init__(root)
        self._left = takes

    def put(self, source: BinaryIO) -> Stored:
        self._left -= 1
        if self._left < 0:
            raise Killed
        return super().put(source)


@pytest.mark.parametrize("takes", [0, 1, 20, 60])
def test_a_batch_that_is_half_read_goes_on_where_it_was_left(tmp_path: Path, takes: int) -> None:
    here, batch_id = accepted(tmp_path)
    dying = with_world(here, archive=DyingArchive(tmp_path / "archive", takes))
    with pytest.raises(Killed):
        ahead(dying, batch_id, slices_of(dying, batch_id))
    again = place(tmp_path, LIMITS)
    left = kinds_of(again, batch_id).count("read")
    assert ahead(again, batch_id, slices_of(again, batch_id)[:-1])
    assert kinds_of(again, batch_id).count("read") > left
    assert outcome(again, batch_id) == alone()


def test_the_step_reads_what_no_task_has_read(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path)
    ahead(here, batch_id, slices_of(here, batch_id)[1::3])
    assert outcome(place(tmp_path, LIMITS), batch_id) == alone()


def test_what_was_read_by_another_limit_is_not_used(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path, replace(LIMITS, share_bytes=30_000))
    assert ahead(here, batch_id, slices_of(here, batch_id))
    assert outcome(place(tmp_path, LIMITS), batch_id) == alone()


def test_a_batch_that_is_not_large_is_not_shared(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path, replace(LIMITS, share_bytes=sum(map(len, CONTENTS))))
    assert pipeline.shared_out(here.world, batch_id) == []
    assert kinds_of(here, batch_id) == []


def test_nothing_is_read_of_a_batch_that_moved_on(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path)
    numbers = slices_of(here, batch_id)
    pipeline.STEPS["normalize"](here.world)
    before = kinds_of(here, batch_id)
    assert ahead(here, batch_id, numbers)
    assert kinds_of(here, batch_id) == before


def test_a_fault_in_a_task_counts_as_one_of_the_step(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path)
    numbers = slices_of(here, batch_id)
    for file in here.world.ledger.batch(batch_id).files:
        here.world.archive.local(file.sha256).unlink(missing_ok=True)
    for attempt in range(1, LIMITS.attempts + 1):
        assert not ahead(here, batch_id, numbers)
        assert here.world.ledger.batch(batch_id).attempts == attempt
    assert here.world.ledger.batch(batch_id).status is BatchStatus.HELD
    assert ahead(here, batch_id, numbers)


def test_a_scheduler_is_told_to_try_a_failed_share_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, batch_id = accepted(tmp_path)
    write_settings(tmp_path, LIMITS)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    first, second, *_ = door.shares(batch_id)
    assert door.ahead("normalize", batch_id, first) == len(first)
    for file in here.world.ledger.batch(batch_id).files:
        here.world.archive.local(file.sha256).unlink(missing_ok=True)
    with pytest.raises(Retryable, match=f"batch {batch_id}: a share of normalize failed; normalize: Invariant"):
        door.ahead("normalize", batch_id, second)


def test_a_batch_that_tasks_work_on_is_handed_to_no_other_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, batch_id = accepted(tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    write_settings(tmp_path, replace(LIMITS, handed_seconds=0))
    assert [door.intake()[0]["batches"] for _ in range(2)] == [[batch_id]] * 2
    write_settings(tmp_path, LIMITS)
    first, *_ = door.shares(batch_id)
    assert door.intake() == []
    assert door.ahead("normalize", batch_id, first[:0]) == 0
    assert door.intake() == []


def test_slices_that_are_judged_ahead_get_the_same_verdicts(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path)
    pipeline.STEPS["normalize"](here.world)
    numbers = slices_of(here, batch_id)
    assert len(numbers) == 5
    for some in (numbers[3:], numbers[:2], numbers[1::2]):
        assert ahead(here, batch_id, some, "control")
    assert kinds_of(here, batch_id).count("judged") == 4
    assert outcome(here, batch_id) == alone()


def test_verdicts_of_another_day_are_not_used(tmp_path: Path) -> None:
    here, batch_id = accepted(tmp_path)
    pipeline.STEPS["normalize"](here.world)
    assert ahead(here, batch_id, [0], "control")
    batch, family = here.world.ledger.batch(batch_id), here.world.families[0]
    assert Judges(here.world, batch, family).ahead(0)
    here.clock.pass_(days=1)
    assert Judges(here.world, batch, family).ahead(0) is None


def test_a_table_of_slices_says_all_of_them() -> None:
    head, forms, tail = forms_of(CONTENTS[0])
    odd = head + b"".join(forms) + b"<Odd/>" + tail
    parts = parts_of([CONTENTS[1], odd, CONTENTS[0]])
    stretches = tuple(cut(parts, 40_000))
    assert {piece.chunk is None for each in stretches for piece in each.pieces} == {True, False}
    assert divided(division_frame(stretches), parts) == stretches


def lists(shares: list[list[int]]) -> Iterator[int]:
    for share in shares:
        assert share
        yield from share


@given(slices=st.integers(0, 300), size=st.integers(0, 10**6), most=st.integers(1, 10**6))
def test_every_slice_is_in_one_share(slices: int, size: int, most: int) -> None:
    shares = shared_out(slices, size, most)
    assert [*lists(shares)] == ([*range(slices)] if shares else [])
    assert len(shares) != 1
    assert shares or size <= most or slices < 2
