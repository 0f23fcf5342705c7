"""The whole flow with batches in several slices: the same answers, the same deliveries."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.model import BatchStatus
from declarations.settings import Limits
from tests.reading.documents import faulty
from tests.worlds import document, place

LIMITS = Limits(max_age_days=36500)


def outcome(root: Path) -> tuple[dict[str, object], int]:
    """What came of a batch of two parts, as the ledger has it, and in how many slices it lies."""
    here = place(root, LIMITS)
    here.drop(faulty(), document(employers=3, persons=9, seed=3))
    here.run()
    (batch,) = here.world.ledger.find("DMFA")
    story = here.world.ledger.story(batch.id)
    rows = sorted((each.parcel.recipient, each.parcel.rows) for each in story.parcels)
    slices = {each.name.partition("/")[0] for each in story.artifacts if each.kind == "block"}
    return {"status": batch.status, "forms": story.forms, "counts": story.counts, "rows": rows}, len(slices)


def test_a_batch_in_many_slices_comes_out_as_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, one = outcome(tmp_path / "whole")
    monkeypatch.setattr("declarations.steps.process.SLICE_BYTES", 30_000)
    sliced, many = outcome(tmp_path / "sliced")
    assert (one, many > 3) == (1, True)
    assert sliced == whole
    assert whole["status"] in {BatchStatus.SPLIT, BatchStatus.DISTRIBUTED}
