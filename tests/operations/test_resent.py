"""A corrected batch stands for the one that failed: same bytes after a refusal, same employer after a rejection."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations import pipeline
from declarations.model import BatchStatus
from tests.worlds import OTHER_SENDER, Place, document, place

FAULT = (("wrong-inss-check-digit", 1),)


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def judge(here: Place) -> None:
    """Take what lies in the inboxes as far as its NOTI."""
    for step in ("receive", "accept", "normalize", "control"):
        pipeline.STEPS[step](here.world)


def rejected(here: Place, sequence: str = "00001", seed: int = 1) -> int:
    reference = here.drop(document(seed=seed, faults=FAULT), sequence=sequence)
    judge(here)
    batch = here.batch(reference)
    assert batch.status is BatchStatus.REJECTED
    return batch.id


def replaced(here: Place, sequence: str, seed: int = 1, **other: str) -> int | None:
    """What a good batch of the same employer stands for."""
    reference = here.drop(document(seed=seed), sequence=sequence, **other)
    judge(here)
    return here.batch(reference).replaces


def test_a_good_batch_of_the_same_employer_and_quarter_replaces_the_rejected_one(here: Place) -> None:
    failed = rejected(here)
    assert replaced(here, "00002") == failed


def test_a_batch_of_another_employer_replaces_nothing(here: Place) -> None:
    rejected(here)
    assert replaced(here, "00002", seed=2) is None


def test_a_rejected_batch_is_replaced_once(here: Place) -> None:
    failed = rejected(here)
    assert [replaced(here, "00002"), replaced(here, "00003")] == [failed, None]


def test_of_several_tries_the_last_one_is_replaced(here: Place) -> None:
    first, second = rejected(here), rejected(here, "00002")
    assert here.world.ledger.batch(second).replaces == first
    assert replaced(here, "00003") == second


def test_another_senders_batch_replaces_nothing(here: Place) -> None:
    rejected(here)
    assert replaced(here, "00002", folder=OTHER_SENDER) is None


def test_a_test_environment_replaces_nothing_of_production(here: Place) -> None:
    rejected(here)
    assert replaced(here, "00002", environment="T") is None


def test_a_refused_batch_is_replaced_by_the_same_bytes_under_a_good_signature(here: Place) -> None:
    reference = here.drop(document())
    (here.root / "parties" / "000101" / "IN" / f"FS.{reference}.1.1").write_bytes(b"no signature")
    judge(here)
    failed = here.batch(reference)
    assert failed.status is BatchStatus.REFUSED
    assert replaced(here, "00002") == failed.id


def test_a_drop_refused_for_its_used_name_is_replaced_by_nothing(here: Place) -> None:
    for _ in range(2):
        reference = here.drop(document())
        judge(here)
    assert here.batch(reference).codes == ("133",)
    assert replaced(here, "00002") is None
