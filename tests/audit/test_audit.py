"""Who saw what of a person, and where a row came from: held against what the recipients really got."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from declarations.demo.home import RECIPIENTS
from declarations.settings import Limits
from declarations.steps.audit import Passage, passages
from declarations.steps.provenance import provenance
from tests.commands.test_commands import run
from tests.worlds import OTHER_SENDER, SENDER, Place, dmfa, document, place, write_settings

PERSON_BLOCK = "natural_person"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two batches of two senders, delivered, their files still in the outboxes; a third one in a test environment."""
    here = place(tmp_path_factory.mktemp("audited"))
    write_settings(here.root, Limits())
    here.drop(document(employers=2, persons=6, seed=3))
    here.drop(document(employers=1, persons=3, seed=4), folder=OTHER_SENDER)
    here.drop(document(employers=2, persons=6, seed=3), sequence="00002", environment="T")
    here.run()
    return here


def persons(*documents: bytes) -> set[str]:
    """The INSS numbers declared."""
    return {
        (each.text or "").strip().zfill(11) for content in documents for each in etree.fromstring(content).iter("INSS")
    }


def tables(here: Place, number: str) -> Iterator[dict[str, list[dict[str, str]]]]:
    """The blocks of each extract that lies in an outbox."""
    for name in here.box(number):
        if name.startswith("FO.DMFA"):
            with zipfile.ZipFile(here.root / "parties" / number / "OUT" / name) as archive:
                yield {
                    each.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(each).decode())))
                    for each in archive.namelist()
                    if each.endswith(".csv")
                }


def found(here: Place, person: str) -> list[Passage]:
    return list(passages(here.world, here.world.directory.numbers_of(person), lambda count: None))


def test_whoever_got_a_row_with_the_number_of_a_person_is_told_and_nobody_else(here: Place) -> None:
    everybody = persons(document(employers=2, persons=6, seed=3), document(employers=1, persons=3, seed=4))
    named = {
        recipient: {row["inss"] for blocks in tables(here, number) for row in blocks.get(PERSON_BLOCK, ())}
        for recipient, number in RECIPIENTS.items()
    }
    assert set().union(*named.values()) == everybody
    for person in sorted(everybody):
        told = {each.name for each in found(here, person) if PERSON_BLOCK in each.columns}
        assert told == {recipient for recipient, numbers in named.items() if person in numbers}


def test_rows_below_a_person_count_where_its_number_is_not_shown(here: Place) -> None:
    (person, *_) = sorted(persons(document(employers=1, persons=3, seed=4)))
    statistics = [each for each in found(here, person) if each.name == "statistics"]
    assert [PERSON_BLOCK in each.columns for each in statistics] == [False]
    assert "remun_amount" in statistics[0].columns["remun"]
    assert statistics[0].basis == (
        "DMFA-2023-08: labor market statistics without persons or employers; deliberation 23/008 (example)",
    )


def test_the_drops_of_the_senders_are_told_too(here: Place) -> None:
    (person, *_) = sorted(persons(document(employers=2, persons=6, seed=3)))
    drops = [(each.party, each.file) for each in found(here, person) if each.direction == "in"]
    assert drops == [
        (SENDER, f"GO.DMFA.{SENDER}.20260423.00001.R.1"),
        (SENDER, f"GO.DMFA.{SENDER}.20260423.00002.T.1"),
    ]


def test_nothing_is_told_of_somebody_whom_nobody_declared(here: Place) -> None:
    (person, *_) = sorted(persons(document(employers=1, persons=3, seed=77)))
    assert found(here, person) == []


def test_a_person_in_a_refused_file_was_still_sent_to_us(tmp_path: Path) -> None:
    here = place(tmp_path)
    content = document(employers=1, persons=3, seed=4)
    here.drop(content.replace(b"</DmfAOriginal>", b""))
    here.run()
    (person, *_) = sorted(persons(content))
    assert [each.direction for each in found(here, person)] == ["in"]


def test_each_cell_of_a_row_is_led_back_to_its_line(here: Place) -> None:
    (delivery,) = here.world.ledger.deliveries_of("sickness-insurance", 5)
    (blocks,) = tables(here, RECIPIENTS["sickness-insurance"])
    files = {
        f"FI.DMFA.{SENDER}.20260423.00001.R.1.1": document(employers=2, persons=6, seed=3),
        f"FI.DMFA.{OTHER_SENDER}.20260423.00001.R.1.1": document(employers=1, persons=3, seed=4),
    }
    for row in blocks["occupation"]:
        told = provenance(here.world, delivery, 1, "occupation", int(row["row"]))
        lines = files[told.file].decode().splitlines()
        for cell in told.cells:
            assert cell.line is not None
            assert cell.authorizations == ("DMFA-2023-03",)
            if row[cell.column]:
                assert f"<{cell.tag}>{row[cell.column]}</{cell.tag}>" in lines[cell.line - 1]
        assert told.message == "DmfAOriginal_20231"
        version = dmfa()[0].controls_version()
        assert re.fullmatch(rf"forms accepted: (\d+) of \1; controls {version}", told.controls)


def test_a_question_is_on_record_with_a_digest_of_the_person(here: Place) -> None:
    (person, *_) = sorted(persons(document(employers=1, persons=3, seed=4)))
    asked = ("audit", "person", person, "--officer", "els", "--reason", "complaint 2026/17")
    shown = run(*asked, "--json", home=here.root)
    assert shown.returncode == 0, shown.stderr
    assert {each["party"] for each in json.loads(shown.stdout)} >= {OTHER_SENDER, RECIPIENTS["statistics"]}
    listed = run("audit", "questions", home=here.root).stdout
    assert "complaint 2026/17" in listed
    assert person not in listed
    assert (here.root / "audit.key").stat().st_mode & 0o777 == 0o600
    assert person.encode() not in (here.root / "ledger.sqlite").read_bytes()


def test_a_row_is_told_by_command(here: Place) -> None:
    asked = ("audit", "row", "statistics-000001", "remun", "1", "--officer", "els", "--reason", "asked by them")
    shown = run(*asked, home=here.root)
    assert shown.returncode == 0, shown.stderr
    assert "DMFA-2023-08" in shown.stdout
    missing = run(*asked[:4], "999999", *asked[5:], home=here.root)
    assert (missing.returncode, "has no row 999999 of remun" in missing.stderr) == (1, True)


def test_what_is_no_number_of_a_person_is_not_repeated(here: Place) -> None:
    done = run("audit", "person", "12345678901", "--officer", "els", "--reason", "x", home=here.root)
    assert (done.returncode, "12345678901" in done.stderr + done.stdout) == (2, False)
