"""What an answer says, told in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from declarations.answers import FileAnswer, FormAnswer, acrf, noti
from declarations.families import families
from declarations.reports.answers import answered
from declarations.reports.report import Outcome, Report
from tests.reports.documents import faulty, report
from validators.anomaly import Anomaly, AnomalyClass
from validators.catalogue import Explanation, Language, catalogue

NOW = datetime(2026, 4, 23, 20, 0, tzinfo=UTC)
DMFA = next(family.folder for family in families() if family.name == "dmfa")
FILE = FileAnswer("GO.DMFA.000101.20260423.00001.R.1", "0000000000001", "000101", NOW)
HEAD = {"Identification": "DMFA", "Quarter": "20224"}


def anomalies() -> Iterator[Anomaly]:
    """The findings of the faulty file, as an answer has them."""
    for finding in report().findings:
        yield Anomaly(
            code=finding.code,
            anomaly_class=AnomalyClass(finding.anomaly_class),
            check=finding.check,
            control=finding.control,
            form=finding.form or 1,
            tag=finding.tag,
            value=finding.value,
            location=(1, finding.form or 1),
            path=tuple(finding.path.items()),
            line=finding.line,
            column=finding.column,
        )


def answer(folder: Path, language: Language, most_reports: int = 1000) -> Path:
    """The NOTI on the faulty file, in that language."""
    found = list(anomalies())
    forms = [
        FormAnswer(
            ticket=f"{number:013d}",
            diagnoses=("3",) if any(each.form == number for each in found) else (),
            head=HEAD,
            anomalies=tuple(each for each in found if each.form == number),
            schema_valid=True,
        )
        for number in range(1, report().forms + 1)
    ]
    path = folder / "FO.NOTI"
    path.write_bytes(noti(FILE, forms, NOW, catalogue(language, DMFA), most_reports))
    return path


def told(path: Path, language: Language = Language.ENGLISH, files: tuple[Path, ...] = ()) -> Report:
    found = answered(path, language, files)
    assert found is not None
    return found


def test_a_notification_tells_what_check_tells(tmp_path: Path) -> None:
    found = told(answer(tmp_path, Language.ENGLISH), files=(faulty(),))
    assert [(each.file, each.form, each.line, each.text) for each in found.findings] == [
        (each.file, each.form, each.line, each.text) for each in report().findings
    ]
    assert (found.outcome, found.forms, found.accepted) == (Outcome.PARTLY, 8, 2)


@pytest.mark.parametrize("written", Language)
def test_an_answer_in_any_language_is_told_in_the_readers(tmp_path: Path, written: Language) -> None:
    found = told(answer(tmp_path, written), Language.GERMAN)
    assert [each.explanation for each in found.findings] == [
        each.explanation for each in report(Language.GERMAN).findings
    ]


def test_without_the_file_a_finding_names_the_file_answered_and_its_form(tmp_path: Path) -> None:
    found = told(answer(tmp_path, Language.ENGLISH))
    assert {each.file for each in found.findings} == {FILE.name}
    assert [each.form for each in found.findings] == [each.form for each in report().findings]


def test_files_with_another_number_of_forms_are_not_taken_for_those_answered(tmp_path: Path) -> None:
    found = told(answer(tmp_path, Language.ENGLISH), files=(faulty(), faulty()))
    assert {each.file for each in found.findings} == {FILE.name}


def test_findings_that_an_answer_only_counts_are_counted(tmp_path: Path) -> None:
    found = told(answer(tmp_path, Language.ENGLISH, most_reports=0))
    assert (len(found.findings), found.untold) == (0, len(report().findings))


def test_an_error_type_without_words_is_told_in_those_of_the_answer(tmp_path: Path) -> None:
    path = answer(tmp_path, Language.ENGLISH)
    text = path.read_text(encoding="utf-8").replace("00024-004", "00024-999")
    path.write_text(
        text.replace("Identification number of the person (INSS) – The check", "As the authority says: the check")
    )
    (told_,) = {each.explanation for each in told(path, Language.FRENCH).findings if each.code == "00024-999"}
    assert told_.field == "NISS de la personne (INSS)"
    assert told_.wrong.startswith("As the authority says")


def test_a_refused_file_is_told_with_its_codes(tmp_path: Path) -> None:
    path = tmp_path / "FO.ACRF"
    path.write_bytes(acrf(FILE.name, "0000000000001", ["134", "125"], NOW))
    found = told(path, Language.DUTCH)
    assert found.outcome is Outcome.UNPROCESSED
    assert [each.explanation for each in found.findings] == [
        Explanation("", *catalogue(Language.DUTCH).receptions[code]) for code in ("134", "125")
    ]


def test_a_received_file_is_not_called_accepted(tmp_path: Path) -> None:
    path = tmp_path / "FO.ACRF"
    path.write_bytes(acrf(FILE.name, "0000000000001", [], NOW))
    assert told(path).outcome is Outcome.RECEIVED


@pytest.mark.parametrize(
    "content",
    [b"", b"no xml", b"<Other/>", b"<!DOCTYPE ACRF [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><ACRF>&x;</ACRF>"],
)
def test_what_is_no_answer_is_told_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "FO.ACRF"
    path.write_bytes(content)
    assert answered(path, Language.ENGLISH) is None
