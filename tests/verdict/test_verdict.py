"""When a form is refused, and with which diagnosis."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.stages.read import JudgedHead, PartSource, judge, read
from declarations.stages.verdict import Diagnosis, Share, diagnoses
from tests.worlds import dmfa, document
from validators.anomaly import Anomaly, AnomalyClass
from validators.codelists import CodeLists
from validators.rules import Control, Rules

TODAY = date(2026, 4, 23)
RECORDS = 40
HARMLESS = [each for each in AnomalyClass if each not in {AnomalyClass.BLOCKING, AnomalyClass.PERCENTAGE}]


def anomaly(kind: AnomalyClass) -> Anomaly:
    return Anomaly("00047-008", kind, "rules", "test", 1, "WorkingDaysSystem", "9", (1, 1, 6, 8, 3))


def control(block: str, sql: str, kind: AnomalyClass = AnomalyClass.PERCENTAGE) -> Control:
    """A control of that class that finds the rows of a query."""
    return Control(
        id=f"test-{block}-{len(sql)}",
        code="00047-008",
        anomaly_class=kind,
        kind="rules",
        block=block,
        column=None,
        check=None,
        codes=None,
        sql=sql,
        ignore=(),
        source="a test",
        assumption=None,
        valid_from="00000",
        valid_until="99999",
        breaks=(),
    )


def judged(*controls: Control, employers: int = 1, persons: int = RECORDS) -> tuple[JudgedHead, ...]:
    """A valid document with one worker record for each person, under these controls."""
    content = document(employers, persons)
    source = PartSource(1, dmfa()[0].versions()[-1], lambda: io.BytesIO(content))
    reading = read([source])
    first = reading.blocks["worker_record"].group_by("natural_person_row").first()["row"]
    reading.blocks["worker_record"] = reading.blocks["worker_record"].filter(
        reading.blocks["worker_record"]["row"].is_in(first.implode())
    )
    return judge(reading, Rules(controls, {}, CodeLists(Path())), TODAY, {1: source.open})


def first_records(count: int) -> str:
    return f"SELECT w.row FROM worker_record w WHERE w.natural_person_row < {count}"


@given(kinds=st.lists(st.sampled_from(HARMLESS)))
def test_what_neither_blocks_nor_counts_never_refuses(kinds: Sequence[AnomalyClass]) -> None:
    assert diagnoses([anomaly(kind) for kind in kinds], Share(), 0.0, schema_valid=True) == ()


@given(kinds=st.lists(st.sampled_from(AnomalyClass)))
def test_one_blocking_finding_refuses_with_diagnosis_3(kinds: Sequence[AnomalyClass]) -> None:
    found = [anomaly(kind) for kind in [*kinds, AnomalyClass.BLOCKING]]
    assert diagnoses(found, Share(), 100.0, schema_valid=True) == (Diagnosis.BLOCKING,)


def test_a_form_that_breaks_the_schema_is_refused_whatever_the_class_of_its_findings() -> None:
    assert diagnoses([anomaly(AnomalyClass.PERCENTAGE)], Share(), 100.0, schema_valid=False) == (Diagnosis.BLOCKING,)


@given(of=st.integers(0, 10**7), percentage=st.integers(0, 100))
def test_as_many_as_the_percentage_are_accepted_and_one_more_is_not(of: int, percentage: int) -> None:
    most = of * percentage // 100
    assert not Share(most, of).exceeds(percentage)
    assert most >= of or Share(most + 1, of).exceeds(percentage)


def test_without_worker_records_nothing_exceeds() -> None:
    assert not Share(0, 0).exceeds(0.0)


def test_findings_in_five_percent_of_the_worker_records_are_accepted() -> None:
    (form,) = judged(control("worker_record", first_records(RECORDS // 20)))
    assert (form.accepted, len(form.anomalies)) == (True, RECORDS // 20)


def test_findings_in_more_of_them_refuse_with_diagnosis_4() -> None:
    (form,) = judged(control("worker_record", first_records(RECORDS // 20 + 1)))
    assert form.diagnoses == (Diagnosis.TOO_MANY,)


@pytest.mark.parametrize("kind", HARMLESS)
def test_findings_of_another_class_in_all_of_them_are_accepted(kind: AnomalyClass) -> None:
    (form,) = judged(control("worker_record", first_records(RECORDS), kind))
    assert (form.accepted, len(form.anomalies)) == (True, RECORDS)


def test_a_worker_record_counts_once_however_much_is_wrong_in_it() -> None:
    below = (
        "SELECT r.row FROM remun r JOIN occupation o ON o.row = r.occupation_row WHERE o.worker_record_row IN (0, 1)"
    )
    records = first_records(2)
    (form,) = judged(control("remun", below), control("worker_record", records), control("worker_record", records))
    assert form.accepted
    assert len(form.anomalies) > RECORDS // 20


def test_findings_beside_the_worker_records_do_not_count() -> None:
    (form,) = judged(control("natural_person", "SELECT row FROM natural_person"))
    assert (form.accepted, len(form.anomalies)) == (True, RECORDS)


def test_each_form_has_a_percentage_of_its_own() -> None:
    sql = "SELECT w.row FROM worker_record w WHERE w.form = 1"
    verdicts = judged(control("worker_record", sql), employers=3, persons=12)
    assert [form.diagnoses for form in verdicts] == [(), (Diagnosis.TOO_MANY,), ()]


def test_a_form_can_be_refused_for_both_reasons() -> None:
    everything = first_records(RECORDS)
    blocking = control("natural_person", "SELECT row FROM natural_person WHERE row = 0", AnomalyClass.BLOCKING)
    (form,) = judged(control("worker_record", everything), blocking)
    assert form.diagnoses == (Diagnosis.BLOCKING, Diagnosis.TOO_MANY)


def test_a_form_without_worker_records_is_never_refused_for_its_percentage() -> None:
    block = "contribution_unrelated_to_np"
    (form,) = judged(control(block, f"SELECT row FROM {block}"), persons=0)
    assert form.accepted
    assert form.anomalies
