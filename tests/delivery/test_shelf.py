"""Parcels of many recipients are read together and hold what each would alone."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.model import Artifact, KeptParcel, Parcel, ParcelStatus
from declarations.steps import shelf as shelves
from declarations.steps.kept import CUT, keep_open
from declarations.steps.shelf import Shelf
from tests.ledger.given import MESSAGE
from tests.worlds import Place, place, with_world

ROWS = 200
RANGES = st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, 40)), min_size=1, max_size=12)


class Tables:
    """A ledger that knows the tables of one batch, and counts how often it is asked."""

    def __init__(self, artifacts: list[Artifact]) -> None:
        self._artifacts = artifacts
        self.asked = 0

    def artifacts(self, batch_id: int) -> list[Artifact]:
        self.asked += 1
        return self._artifacts


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Place:
    here = place(tmp_path_factory.mktemp("shelf"))
    rows = pl.DataFrame({"row": range(ROWS), "number": range(ROWS)})
    kept = [keep_open(here.world, CUT, f"first/0000/{name}", rows) for name in ("form", "remun")]
    return with_world(here, ledger=Tables(kept))


def parcel(nth: int, **ranges: tuple[int, int]) -> KeptParcel:
    places = {f"first/0000/{block}": where for block, where in ranges.items()}
    return KeptParcel(nth, 1, Parcel(f"r{nth:03}", MESSAGE, ParcelStatus.PENDING, 1, "", places))


@given(RANGES, st.integers(0, 60))
def test_each_parcel_gets_its_own_rows_whatever_lies_between(
    here: Place, ranges: list[tuple[int, int]], apart: int
) -> None:
    parcels = [parcel(nth, form=(start, min(length, ROWS - start))) for nth, (start, length) in enumerate(ranges)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shelves, "APART", apart)
        shelf = Shelf(here.world, parcels)
        for kept in parcels:
            ((slice_, frames),) = shelf.rows(kept)
            start, length = kept.parcel.ranges["first/0000/form"]
            assert (slice_, frames["form"]["row"].to_list()) == ("0000", list(range(start, start + length)))


def test_a_stretch_is_read_once_for_all_and_let_go_with_the_last(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[tuple[int, int]] = []
    read = shelves.kept_rows

    def counted(world, file, offset, length):  # type: ignore[no-untyped-def]
        reads.append((offset, length))
        return read(world, file, offset, length)

    monkeypatch.setattr(shelves, "kept_rows", counted)
    monkeypatch.setattr(shelves, "APART", 50)
    parcels = [parcel(0, form=(0, 10)), parcel(1, form=(10, 10)), parcel(2, form=(100, 10))]
    shelf = Shelf(here.world, parcels)
    for kept in parcels:
        list(shelf.rows(kept))
    assert reads == [(0, 20), (100, 10)]
    assert next(iter(shelf.rows(parcels[0])))[1]["form"]["row"].to_list() == list(range(10))
    assert reads == [(0, 20), (100, 10), (0, 20)]


def test_the_tables_of_a_batch_are_asked_for_once(here: Place) -> None:
    ledger = here.world.ledger
    assert isinstance(ledger, Tables)
    before = ledger.asked
    parcels = [parcel(nth, form=(nth, 1), remun=(nth, 1)) for nth in range(50)]
    shelf = Shelf(here.world, parcels)
    assert sum(len(frames["remun"]) for kept in parcels for _, frames in shelf.rows(kept)) == 50
    assert ledger.asked == before + 1


def test_a_parcel_without_rows_holds_nothing(here: Place) -> None:
    assert list(Shelf(here.world, [parcel(1)]).rows(parcel(1))) == []
