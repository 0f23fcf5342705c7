"""A recipient's list of rows that it could not use: who sent them is told, in the structure of our own answers."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from declarations.demo.home import RECIPIENTS
from declarations.model import BatchStatus
from tests.worlds import OTHER_SENDER, SENDER, Place, document, place, signer

NUMBER = RECIPIENTS["sickness-insurance"]
REPORT = """<AnomalyReport><ErrorID>{code}</ErrorID><AnomalyClass>{kind}</AnomalyClass>
<AnomalyLabel>no such insured person</AnomalyLabel>
<AnomalyLocation><Location>{location}</Location></AnomalyLocation></AnomalyReport>"""


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """Two batches of two senders, delivered together."""
    here = place(tmp_path)
    here.drop(document(employers=2, persons=4, seed=3))
    here.drop(document(employers=1, persons=3, seed=4), folder=OTHER_SENDER)
    here.run()
    return here


def delivered(here: Place) -> tuple[str, list[dict[str, str]]]:
    """The name of the institution's file, and the persons in it."""
    (name,) = [each for each in here.box(NUMBER) if each.startswith("FO.DMFA")]
    with zipfile.ZipFile(here.root / "parties" / NUMBER / "OUT" / name) as members:
        text = members.read("natural_person.csv").decode()
    return f"GO.{name.removeprefix('FO.')}", list(csv.DictReader(io.StringIO(text)))


def reject(here: Place, name: str, *rows: tuple[str, str, str], sequence: str = "00901") -> str:
    """The institution drops its list: code, class, place; the reference of the drop."""
    reports = "".join(REPORT.format(code=code, kind=kind, location=location) for code, kind, location in rows)
    content = f"""<NOTIFICATION><Form><Identification>NOTI001</Identification>
<FormCreationDate>2026-04-23</FormCreationDate><FormCreationHour>22:00:00.000</FormCreationHour>
<AttestationStatus>0</AttestationStatus><TypeForm>FA</TypeForm>
<FileReference><FileName>{name}</FileName><ReferenceOrigin>1</ReferenceOrigin></FileReference>
<HandledReference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin></HandledReference>
<HandlingResult><ResultCode>0</ResultCode>{reports}</HandlingResult></Form></NOTIFICATION>""".encode()
    reference = f"NOTI.{NUMBER}.20260423.{sequence}.R"
    here.put(f"FI.{reference}.1.1", content, NUMBER)
    here.put(f"FS.{reference}.1.1", signer(NUMBER).sign(io.BytesIO(content)), NUMBER)
    here.put(f"GO.{reference}.1", b"", NUMBER)
    here.run()
    return reference


def told(here: Place, folder: str) -> list[etree._Element]:
    """The forms of the last NOTI that a sender got."""
    return list(etree.fromstring(here.answers("NOTI", folder)[-1]))


def test_the_sender_of_a_rejected_row_is_told_with_form_place_and_keys(here: Place) -> None:
    name, persons = delivered(here)
    row = persons[1]
    before = len(here.answers("NOTI", SENDER))
    reject(here, name, ("00024-008", "B", f"natural_person:{row['row']}"))
    assert len(here.answers("NOTI", SENDER)) == before + 1
    (form,) = told(here, SENDER)
    (report,) = form.iter("AnomalyReport")
    assert report.findtext("ErrorID") == "00024-008"
    assert report.findtext("AnomalyClass") == "W"
    assert report.findtext("AnomalyLabel") == "sickness-insurance: no such insured person"
    assert report.findtext("Path/INSS") == row["inss"]
    assert form.findtext("HandlingResult/ResultCode") == "1"
    tickets = {form.ticket for form in here.world.ledger.story(here.batch(f"DMFA.{SENDER}").id).forms}
    assert form.findtext("HandledReference/ReferenceNbr") in tickets


def test_every_row_of_a_delivery_is_led_back_to_the_sender_it_came_from(here: Place) -> None:
    name, persons = delivered(here)
    reject(here, name, *(("00024-008", "W", f"natural_person:{each['row']}") for each in persons))
    found = [
        [report.findtext("Path/INSS") for form in told(here, folder) for report in form.iter("AnomalyReport")]
        for folder in (SENDER, OTHER_SENDER)
    ]
    assert [len(each) for each in found] == [4, 3]
    assert sorted(found[0] + found[1], key=str) == sorted(each["inss"] for each in persons)


def test_rows_that_concern_us_alone_are_shown_to_operators_and_to_no_sender(here: Place) -> None:
    name, _ = delivered(here)
    before = len(here.answers("NOTI", SENDER))
    reference = reject(here, name, ("00024-008", "I", "natural_person:1"))
    assert len(here.answers("NOTI", SENDER)) == before
    assert here.batch(reference).status is BatchStatus.CLOSED
    events = here.world.ledger.story(here.batch(f"DMFA.{SENDER}").id).events
    assert ("rows rejected", "sickness-insurance: 1 rows: 00024-008 1") in [(each.what, each.detail) for each in events]


def test_a_list_is_acknowledged_and_said_once_however_often_the_flow_runs(here: Place) -> None:
    name, _ = delivered(here)
    reference = reject(here, name, ("00024-008", "W", "natural_person:1"))
    count = len(here.answers("NOTI", SENDER))
    here.run()
    assert len(here.answers("NOTI", SENDER)) == count
    assert b"<ResultCode>1</ResultCode>" in here.answers("ACRF", NUMBER)[-1]
    assert reference in here.answers("ACRF", NUMBER)[-1].decode()


@pytest.mark.parametrize(
    ("location", "code"),
    [("natural_person:9999", "312"), ("remun:1:2", "312"), ("nothing:1", "312"), ("natural_person:0", "312")],
)
def test_a_list_that_names_a_row_that_was_not_delivered_is_refused(here: Place, location: str, code: str) -> None:
    name, _ = delivered(here)
    reference = reject(here, name, ("00024-008", "W", location))
    assert (here.batch(reference).status, here.batch(reference).codes) == (BatchStatus.REFUSED, (code,))


def test_a_list_on_a_file_that_we_never_sent_is_refused(here: Place) -> None:
    reference = reject(here, "GO.DMFA.999999.20260101.00001.R", ("00024-008", "W", "natural_person:1"))
    assert here.batch(reference).codes == ("166",)
