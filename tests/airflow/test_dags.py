"""When, how often and after what: the DAGs as Airflow reads them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from declarations.demo.system import DAGS, POOLS
from declarations.pipeline import WORK
from tests.airflow.conftest import ROOT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

pytestmark = pytest.mark.airflow
AHEAD = ("share", "read", "judge")
"""What is done ahead of a step, in the order of the flow."""


def test_every_dag_file_is_read_without_a_fault(dagbag: DagBag) -> None:
    assert dagbag.import_errors == {}
    assert set(dagbag.dags) == set(DAGS)


@pytest.mark.parametrize(
    ("dag_id", "schedule"),
    [
        ("intake", "* * * * *"),
        ("distribution", "*/15 * * * *"),
        ("oversight", "*/15 * * * *"),
        ("daily", "30 2 * * *"),
        ("monthly", "0 3 4,14 * *"),
    ],
)
def test_what_recurs_runs_on_time_and_never_twice_at_once(dagbag: DagBag, dag_id: str, schedule: str) -> None:
    dag = dagbag.dags[dag_id]
    assert (dag.schedule, dag.max_active_runs, dag.catchup) == (schedule, 1, False)


def test_the_steps_of_a_large_batch_are_those_of_the_flow_in_their_order(dagbag: DagBag) -> None:
    dag = dagbag.dags["process_batch"]
    steps = [step for step in WORK if step != "accept"]
    order = [task.task_id for task in dag.topological_sort()]
    assert [task for task in order if task not in AHEAD] == ["bundle", *steps]
    assert [order[order.index(task) + 1] for task in AHEAD] == ["read", "normalize", "control"]


@pytest.mark.parametrize("name", ["read", "judge"])
def test_of_the_tasks_that_share_one_batch_some_run_at_once(dagbag: DagBag, name: str) -> None:
    task = dagbag.dags["process_batch"].get_task(name)
    assert task.is_mapped
    assert task.max_active_tis_per_dagrun == 2


def test_a_held_batch_waits_for_two_answers(dagbag: DagBag) -> None:
    order = [task.task_id for task in dagbag.dags["quarantine"].topological_sort()]
    assert order == ["propose", "record_proposal", "release", "record_release"]


def test_a_run_shows_when_its_batch_is_late(dagbag: DagBag) -> None:
    (alert,) = dagbag.dags["process_batch"].deadline
    assert (alert.reference.reference_name, alert.interval.total_seconds()) == ("FourDays", 0)


def test_a_step_is_tried_again_with_growing_pauses(dagbag: DagBag) -> None:
    for task in dagbag.dags["process_batch"].tasks[1:]:
        assert task.retries >= 3
        assert task.retry_exponential_backoff > 1


@pytest.mark.parametrize("dag_id", DAGS)
def test_every_dag_has_an_owner_and_a_runbook_for_red_tasks(dagbag: DagBag, dag_id: str) -> None:
    dag = dagbag.dags[dag_id]
    assert dag.owner in ("operations", "oversight")
    assert dag.tags
    assert dag.doc_md is not None
    assert "is red" in dag.doc_md


def test_every_pool_that_a_task_waits_for_is_made_at_the_start(dagbag: DagBag) -> None:
    wanted = {task.pool for dag in dagbag.dags.values() for task in dag.tasks}
    assert wanted - {"default_pool"} == set(POOLS)


def test_no_task_runs_for_ever(dagbag: DagBag) -> None:
    starting, people = {"start", "ask", "runs"}, {"propose", "release"}
    tasks = [task for dag in dagbag.dags.values() for task in dag.tasks if task.task_id not in starting]
    assert all(task.response_timeout if task.task_id in people else task.execution_timeout for task in tasks)


def test_reading_the_dags_imports_nothing_of_the_business() -> None:
    code = """
import sys
from airflow.dag_processing.dagbag import DagBag
DagBag("dags")
print(sorted({name.split(".")[0] for name in sys.modules} & {"declarations", "validators", "polars", "lxml"}))
"""
    read = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert read.stdout.splitlines()[-1] == "[]"
