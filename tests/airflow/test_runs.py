"""What the DAGs do when they run: over a real SFTP server, with a real ledger."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from declarations.demo import institutions
from declarations.demo.home import load_parties
from declarations.ledger import Ledger
from declarations.model import Batch, BatchStatus
from declarations.settings import HOME_VARIABLE, load
from declarations.steps.kept import block_of, tables
from declarations.world import ledger, opened
from tests.airflow.conftest import NOW, SENDER, Demo

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models import DagRun

pytestmark = pytest.mark.airflow


def run(airflow: DagBag, dag_id: str, **conf: object) -> str:
    """Run that DAG here and now; how it ended."""
    dag = airflow.dags[dag_id]
    dag.deadline = None  # `test` takes no DAG with a deadline
    return str(dag.test(run_conf=conf).state)


def runs_of(batch: Batch) -> list[DagRun]:
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalars(select(DagRun).where(DagRun.dag_id == "process_batch"))
        return [each for each in found if batch.id in each.conf["batches"]]


def book(demo: Demo) -> Ledger:
    return ledger(load(demo.home))


def the(demo: Demo, reference: str) -> Batch:
    (batch,) = book(demo).find(reference)
    return batch


def dropped(airflow: DagBag, demo: Demo, factory: pytest.TempPathFactory) -> Batch:
    """A batch that was dropped and taken in."""
    reference = demo.drop(factory.mktemp("drop"))
    if run(airflow, "intake") != "success":
        raise RuntimeError("the intake failed")
    return the(demo, reference)


@pytest.fixture(scope="module")
def waiting(airflow: DagBag, at_home: Demo, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A batch that was taken in and is never taken further."""
    return dropped(airflow, at_home, tmp_path_factory)


@pytest.fixture(scope="module")
def processed(airflow: DagBag, at_home: Demo, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A batch whose run has ended."""
    batch = dropped(airflow, at_home, tmp_path_factory)
    run(airflow, "process_batch", batches=[batch.id], large=False)
    return the(at_home, batch.reference)


def test_a_dropped_batch_is_answered(at_home: Demo, waiting: Batch) -> None:
    answers = at_home.home / "mailboxes" / SENDER / "OUT"
    assert any(waiting.name in path.read_text(encoding="utf-8") for path in answers.glob("FO.ACRF.*"))


def test_an_accepted_batch_gets_one_run_named_after_it(waiting: Batch) -> None:
    (only,) = runs_of(waiting)
    assert only.run_id.startswith(f"batch__{waiting.id}__")


def test_a_batch_that_still_stands_accepted_is_not_started_again(airflow: DagBag, waiting: Batch) -> None:
    assert run(airflow, "intake") == "success"
    assert len(runs_of(waiting)) == 1


def test_an_intake_without_batches_ends_well(
    airflow: DagBag, at_home: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("settings.toml", "parties.toml"):
        shutil.copy(at_home.home / name, tmp_path / name)
    load_parties(tmp_path, NOW)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert run(airflow, "intake") == "success"


def test_a_run_takes_its_batch_through_every_step(processed: Batch) -> None:
    assert processed.status is BatchStatus.SPLIT


def test_a_large_batch_goes_step_by_step(airflow: DagBag, at_home: Demo, tmp_path: Path) -> None:
    reference = at_home.drop(tmp_path)
    assert run(airflow, "intake") == "success"
    assert run(airflow, "process_batch", batches=[the(at_home, reference).id], large=True) == "success"
    assert the(at_home, reference).status is BatchStatus.SPLIT


def tasks_of(batch: Batch, task_id: str) -> list[str]:
    """How the tasks of that name ended in the last run of a batch."""
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run_id = max(runs_of(batch), key=lambda each: each.id).run_id
    with create_session() as session:
        mine = (TaskInstance.dag_id == "process_batch", TaskInstance.run_id == run_id, TaskInstance.task_id == task_id)
        return [str(each.state) for each in session.scalars(select(TaskInstance).where(*mine))]


def large(airflow: DagBag, demo: Demo, folder: Path) -> Batch:
    """A batch of several forms, taken through by a run of its own."""
    folder.mkdir()
    reference = demo.drop(folder, employers=6)
    assert run(airflow, "intake") == "success"
    assert run(airflow, "process_batch", batches=[the(demo, reference).id], large=True) == "success"
    return the(demo, reference)


def forms_of(demo: Demo, batch: Batch) -> list[tuple[object, ...]]:
    """The verdicts on its forms but for their tickets, which no two batches share."""
    return [(each.number, each.part, each.accepted, each.anomalies) for each in book(demo).forms(batch.id)]


def rows_of(demo: Demo, batch: Batch) -> dict[str, pl.DataFrame]:
    """All rows that were kept of a batch, by block."""
    with opened() as world:
        names = {name.partition("/")[2] for name in tables(world, batch.id, "block")}
        return {name: found for name in names if (found := block_of(world, batch.id, name)) is not None}


def test_a_batch_over_the_limit_is_shared_by_several_tasks_and_comes_out_the_same(
    airflow: DagBag, at_home: Demo, tmp_path: Path
) -> None:
    alone = large(airflow, at_home, tmp_path / "alone")
    settings = at_home.home / "settings.toml"
    unlimited = settings.read_text(encoding="utf-8")
    settings.write_text(f"{unlimited}share_bytes = 10_000\n", encoding="utf-8")
    try:
        shared = large(airflow, at_home, tmp_path / "shared")
    finally:
        settings.write_text(unlimited, encoding="utf-8")
    for task in ("read", "judge"):
        assert tasks_of(alone, task) == ["skipped"]
        assert len(mapped := tasks_of(shared, task)) > 2
        assert set(mapped) == {"success"}
    assert (shared.status, forms_of(at_home, shared)) == (BatchStatus.SPLIT, forms_of(at_home, alone))
    expected = rows_of(at_home, alone)
    for name, rows in rows_of(at_home, shared).items():
        assert_frame_equal(rows, expected.pop(name))
    assert not expected


def test_a_bundle_skips_what_a_large_batch_needs(processed: Batch) -> None:
    steps = ("share", "read", "normalize", "judge", "control", "split")
    assert {step: tasks_of(processed, step) for step in steps} == {step: ["skipped"] for step in steps}


def test_a_run_that_is_cleared_changes_nothing_that_was_done(airflow: DagBag, at_home: Demo, processed: Batch) -> None:
    before = book(at_home).story(processed.id)
    assert run(airflow, "process_batch", batches=[processed.id]) == "success"
    assert book(at_home).story(processed.id) == before


def test_a_batch_is_closed_once_every_institution_has_answered(
    airflow: DagBag, at_home: Demo, processed: Batch
) -> None:
    assert run(airflow, "distribution") == "success"
    institutions.take_all(at_home.home, at_home.port, NOW)
    run(airflow, "distribution")
    assert book(at_home).batch(processed.id).status is BatchStatus.CLOSED


def test_oversight_ends_well(airflow: DagBag, at_home: Demo) -> None:
    assert run(airflow, "oversight") == "success"


def test_a_run_without_a_batch_number_is_refused(airflow: DagBag, at_home: Demo) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        airflow.dags["process_batch"].test()
