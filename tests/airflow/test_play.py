"""How what came of a case is held against what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.demo.play import Ending, Tally
from declarations.demo.samples import Case
from declarations.demo.senders import Received
from tests.worlds import document, place

STATUS = "status: refused\ncode: ACRF-125\nforms accepted: 0 of 1\nanomaly: 00024-004 B 1\n"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "GO.status").write_text(STATUS, encoding="utf-8")
    return Case(tmp_path)


def test_a_case_is_as_expected_when_every_file_is_the_same(case: Case) -> None:
    assert Ending(case, {"GO.status": STATUS}).as_expected
    assert Ending(case, {"GO.status": STATUS}).differences == []


@pytest.mark.parametrize(
    ("observed", "differences"),
    [
        ({}, ["GO.status is missing"]),
        ({"GO.status": STATUS, "GO.ACRF.xml": ""}, ["GO.ACRF.xml was not expected"]),
        (
            {"GO.status": STATUS.replace("refused", "closed")},
            ["GO.status: +status: closed", "GO.status: -status: refused"],
        ),
    ],
)
def test_what_differs_is_named(case: Case, observed: dict[str, str], differences: list[str]) -> None:
    ending = Ending(case, observed)
    assert not ending.as_expected
    assert ending.differences == differences


def test_a_case_is_told_in_one_line(case: Case) -> None:
    assert Ending(case, {"GO.status": STATUS}).outcomes == ["refused ACRF-125 0 of 1"]


def test_a_case_tells_its_answers_its_parcels_and_its_four_days(case: Case, tmp_path: Path) -> None:
    here = place(tmp_path / "here")
    closed, refused = here.drop(document()), here.drop(b"<broken", sequence="00002")
    here.run()
    here.clock.pass_(hours=3)
    here.confirm()
    here.run()
    waiting = here.drop(document(), sequence="00003")
    here.run()
    told = [here.world.ledger.story(here.batch(reference).id) for reference in (closed, refused, waiting)]
    ending = Ending(case, {}, told)
    assert ending.answers == ["ACRF NOTI", "ACRF", "ACRF NOTI"]
    assert ending.parcels == ["6 of 6 confirmed", "none", "0 of 6 confirmed"]
    assert ending.clocks == ["in time, 3.00 h", "in time, 0.00 h", "until 2026-04-28 00:00"]


def test_one_answer_that_is_not_genuine_spoils_the_whole() -> None:
    good, forged = Received("000101", "A", True), Received("000101", "B", False)
    assert Tally([good], []).good
    assert not Tally([good, forged], []).good
