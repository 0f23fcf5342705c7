"""What an answer says of a verdict."""

from __future__ import annotations

from collections import Counter

import pytest
from lxml import etree

from declarations.answers import FileAnswer, FormAnswer, noti
from declarations.families import message
from tests.worlds import NOW
from validators.anomaly import Anomaly, AnomalyClass
from validators.catalogue import Language, catalogue

FILE = FileAnswer("GO.DMFA.000101.20260423.00001.R.1", "A" * 13, "000101", NOW)
HEAD = {"Identification": "DMFA", "Quarter": "20231"}


def findings(count: int) -> tuple[Anomaly, ...]:
    """So many findings in document order, of two codes."""
    return tuple(
        Anomaly(
            *(("00047-008", AnomalyClass.PERCENTAGE) if nth % 3 else ("00024-004", AnomalyClass.BLOCKING)),
            *("rules", "test", 1, "INSS", "0", (1, 1, 6, nth, 2)),
            path=(("Quarter", "20231"), ("NaturalPersonSequenceNbr", str(nth))),
            line=nth,
            column=9,
        )
        for nth in range(1, count + 1)
    )


def answered(diagnoses: tuple[str, ...], anomalies: tuple[Anomaly, ...], most: int) -> etree._Element:
    """The one form of a NOTI with these findings."""
    form = FormAnswer("B" * 13, diagnoses, HEAD, anomalies, schema_valid=True)
    root = etree.fromstring(noti(FILE, [form], NOW, catalogue(Language.ENGLISH), most))
    assert message("NOTIFICATION_20223").schema.faults(root) == []
    return root[0]


@pytest.mark.parametrize("diagnoses", [(), ("3",), ("4",), ("3", "4")])
def test_an_answer_gives_every_diagnosis(diagnoses: tuple[str, ...]) -> None:
    result = answered(diagnoses, findings(2), most=10).find("HandlingResult")
    assert result is not None
    assert result.findtext("ResultCode") == ("0" if diagnoses else "1")
    assert tuple(each.text for each in result.iterfind("Diagnosis")) == diagnoses


def test_as_many_findings_as_the_cap_are_told_without_a_summary() -> None:
    form = answered(("3",), findings(10), most=10)
    assert len(list(form.iter("AnomalyReport"))) == 10
    assert form.find("ApplicationData") is None


def test_of_more_findings_the_first_are_told_and_all_are_counted() -> None:
    given = findings(25)
    form = answered(("3",), given, most=10)
    told = [each.findtext("Location") for each in form.iter("AnomalyLocation")]
    assert told == [",".join(map(str, each.location)) for each in given[:10]]
    summary = form.find("ApplicationData/AnomalySummary")
    assert summary is not None
    assert (summary.findtext("Total"), summary.findtext("Reported")) == ("25", "10")
    counts = {(each.findtext("ErrorID"), each.findtext("AnomalyClass")): each.findtext("Count") for each in summary[2:]}
    expected = Counter((each.code, str(each.anomaly_class)) for each in given)
    assert counts == {key: str(count) for key, count in expected.items()}


def test_every_finding_told_has_its_location_and_its_path() -> None:
    for report in answered(("4",), findings(7), most=5).iter("AnomalyReport"):
        assert report.findtext("AnomalyLocation/LineNbr")
        assert report.findtext("Path/Quarter") == "20231"
        assert report.findtext("Path/NaturalPersonSequenceNbr")
