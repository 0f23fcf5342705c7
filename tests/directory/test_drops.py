"""Lists that institutions drop by SFTP: what is answered, and what becomes of the directory."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from declarations import pipeline
from declarations.answers import acknowledged
from declarations.model import Batch, BatchStatus, Environment
from declarations.parties.party import Parties
from tests.directory.given import HEADER, QUARTER, A, B, C, text
from tests.worlds import SENDER, Place, place, signer, with_world
from validators.catalogue import Language

INSTITUTION = "990001"
GOOD = text(f"{A},pensioner,2020-01-01,", f"{B},pensioner,2020-01-01,")
BAD = text(f"{A},pensioner,2020-01-01,", f"{B[:-1]},pensioner,2020-01-01,", f"{B},pensioner,2020,")
CHANGES = f"{HEADER},action"


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def drop(here: Place, *parts: bytes, folder: str = INSTITUTION, environment: str = "R", sequence: int = 1) -> str:
    """Drop a list as an institution does; its reference."""
    reference = f"DIRX.{folder}.20260423.{sequence:05}.{environment}"
    box = Environment(environment).inbox
    for part, content in enumerate(parts, start=1):
        here.put(f"FI.{reference}.{len(parts)}.{part}", content, folder, box)
        here.put(f"FS.{reference}.{len(parts)}.{part}", signer(folder).sign(io.BytesIO(content)), folder, box)
    here.put(f"GO.{reference}.{len(parts)}", b"", folder, box)
    return reference


def taken(here: Place, *parts: bytes, folder: str = INSTITUTION, environment: str = "R", sequence: int = 1) -> Batch:
    """What became of such a drop."""
    reference = drop(here, *parts, folder=folder, environment=environment, sequence=sequence)
    received_and_accepted(here)
    return here.batch(reference)


def received_and_accepted(here: Place) -> None:
    """What the other steps do is of no concern to a list."""
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)


def known(here: Place) -> set[tuple[str, str]]:
    """Who of the three persons is known to the institution, in which quality."""
    answer = here.world.directory.known(pl.Series([A, B, C]), QUARTER)
    return set(answer.filter(pl.col("recipient") == "pensions").select("inss", "quality").rows())


def test_a_good_list_is_acknowledged_and_taken(here: Place) -> None:
    batch = taken(here, GOOD)
    (answer,) = here.answers("ACRF", INSTITUTION)
    said = acknowledged(answer)
    assert said is not None
    assert (batch.status, said.accepted, said.name) == (BatchStatus.CLOSED, True, batch.name)
    assert known(here) == {(A, "pensioner"), (B, "pensioner")}


def test_a_list_with_a_bad_line_is_refused_whole(here: Place) -> None:
    taken(here, GOOD)
    batch = taken(here, BAD.replace(A.encode(), C.encode()), sequence=2)
    said = acknowledged(here.answers("ACRF", INSTITUTION)[-1])
    assert said is not None
    assert (batch.status, said.accepted, said.codes) == (BatchStatus.REFUSED, False, ("312",))
    assert known(here) == {(A, "pensioner"), (B, "pensioner")}


def test_the_bad_lines_are_told_in_a_second_answer(here: Place) -> None:
    taken(here, GOOD, BAD)
    (report,) = here.answers("DIRX", INSTITUTION)
    head, *rows = csv.reader(io.StringIO(report.decode(), newline=""))
    assert head == ["part", "lines", "column", "error", "text", "expected"]
    assert [row[:4] for row in rows] == [["2", "3", "inss", "004"], ["2", "4", "from", "003"]]


def test_the_bad_lines_are_told_in_the_language_of_the_institution(here: Place) -> None:
    parties = here.world.parties
    dutch = replace(parties.recipients["pensions"], language=Language.DUTCH)
    here = with_world(here, parties=Parties(parties.senders, {"pensions": dutch}))
    taken(here, BAD)
    assert "De controlecijfers van dit nummer zijn fout." in here.answers("DIRX", INSTITUTION)[0].decode()


def test_no_number_of_a_person_is_in_an_answer_or_in_the_story(here: Place) -> None:
    batch = taken(here, BAD)
    told = [*here.answers("DIRX", INSTITUTION), *here.answers("ACRF", INSTITUTION)]
    told.append(repr(here.world.ledger.story(batch.id)).encode())
    assert not any(number[:9].encode() in each for number in (A, B) for each in told)


def test_an_empty_list_is_refused_and_forgets_nobody(here: Place) -> None:
    taken(here, GOOD)
    batch = taken(here, text(), sequence=2)
    assert (batch.status, batch.codes, len(known(here))) == (BatchStatus.REFUSED, ("157",), 2)


def test_the_parts_of_a_drop_are_one_list(here: Place) -> None:
    taken(here, text(f"{A},pensioner,2020-01-01,"), text(f"{C},survivor,2020-01-01,"))
    assert known(here) == {(A, "pensioner"), (C, "survivor")}


def test_parts_with_a_list_and_with_increments_are_refused_together(here: Place) -> None:
    batch = taken(here, GOOD, text(f"{C},survivor,2020-01-01,,add", header=CHANGES))
    assert (batch.status, batch.codes, known(here)) == (BatchStatus.REFUSED, ("163",), set())


def test_increments_change_the_list_that_is_there(here: Place) -> None:
    taken(here, GOOD)
    rows = (f"{A},pensioner,,2022-12-31,end", f"{C},survivor,2020-01-01,,add")
    taken(here, text(*rows, header=CHANGES), sequence=2)
    assert known(here) == {(B, "pensioner"), (C, "survivor")}


@pytest.mark.parametrize("environment", ["T", "S"])
def test_in_a_test_environment_a_list_is_answered_and_changes_nothing(here: Place, environment: str) -> None:
    batch = taken(here, GOOD, environment=environment)
    answers = here.answers("ACRF", INSTITUTION, Environment(environment).outbox)
    assert (batch.status, len(answers), known(here)) == (BatchStatus.CLOSED, 1, set())


def test_a_sender_may_not_drop_a_list(here: Place) -> None:
    batch = taken(here, GOOD, folder=SENDER)
    assert (batch.status, batch.codes) == (BatchStatus.REFUSED, ("154",))


def test_an_institution_whose_validity_is_over_may_not_drop_a_list(here: Place) -> None:
    parties = here.world.parties
    gone = replace(parties.recipients["pensions"], valid_until=date(2026, 4, 22))
    here = with_world(here, parties=Parties(parties.senders, {"pensions": gone}))
    batch = taken(here, GOOD)
    assert (batch.status, batch.codes) == (BatchStatus.REFUSED, ("103",))


def test_a_list_that_another_signed_is_refused(here: Place) -> None:
    reference = drop(here, GOOD)
    here.put(f"FS.{reference}.1.1", signer(SENDER).sign(io.BytesIO(GOOD)), INSTITUTION)
    received_and_accepted(here)
    assert (here.batch(reference).status, known(here)) == (BatchStatus.REFUSED, set())


def test_lists_are_taken_in_the_order_in_which_they_were_dropped(here: Place) -> None:
    drop(here, GOOD)
    pipeline.STEPS["receive"](here.world)
    last = drop(here, text(f"{C},survivor,2020-01-01,"), sequence=2)
    pipeline.STEPS["receive"](here.world)
    assert not pipeline.work(here.world, "accept", here.batch(last))
    assert here.batch(last).status is BatchStatus.RECEIVED
    received_and_accepted(here)
    assert known(here) == {(C, "survivor")}


def test_a_list_tried_again_after_a_crash_is_taken_once(here: Place) -> None:
    reference = drop(here, GOOD)
    pipeline.STEPS["receive"](here.world)
    _, accept = pipeline.WORK["accept"]
    accept(here.world, here.batch(reference))  # the process dies before the ledger has the outcome
    received_and_accepted(here)
    assert (here.batch(reference).status, known(here)) == (
        BatchStatus.CLOSED,
        {(A, "pensioner"), (B, "pensioner")},
    )
