"""The message that tells of replaced numbers."""

from __future__ import annotations

import io

import pytest

from declarations.directory.delimited import BadLines
from declarations.directory.idflux import is_xml, pairs
from declarations.directory.renumbering import Replacement
from tests.directory.given import A, B, C, replaced


def situation(valid: str, outdated: str, day: str = "2022-01-01") -> str:
    return f"""<IdfluxInformation><EffectiveStartingDate>{day}</EffectiveStartingDate>
<ValidSituation><INSS>{valid}</INSS><WorkerName>X</WorkerName></ValidSituation>
<OutdatedSituation>{outdated}</OutdatedSituation></IdfluxInformation>"""


def read(*situations: str) -> tuple[list[Replacement], list[tuple[str, str]]]:
    bad = BadLines()
    content = "<IDFLUX>\n<Form>\n" + "\n".join(situations) + "\n</Form></IDFLUX>"
    return list(pairs(io.BytesIO(content.encode()), bad)), bad.rows()


def test_the_outdated_number_is_replaced_by_the_valid_one_from_the_day_on() -> None:
    assert read(situation(B, f"<INSS>{A}</INSS>")) == ([replaced(A, B, line=3)], [])


@pytest.mark.parametrize("outdated", ["", f"<INSS>{B}</INSS>", "<WorkerName>Y</WorkerName>"])
def test_what_changes_no_number_is_passed_over(outdated: str) -> None:
    assert read(situation(B, outdated)) == ([], [])


def test_bad_numbers_and_days_are_told_by_line() -> None:
    found, bad = read(
        situation(B, f"<INSS>{A[:-2]}00</INSS>"),
        situation(C, f"<INSS>{A}</INSS>", "2022-02-30"),
    )
    assert (found, bad) == ([], [("3", "an INSS: 11 digits that check"), ("6", "a day as YYYY-MM-DD")])


@pytest.mark.parametrize(
    "content", [b"<IDFLUX>\n<Form>", b"\n<Other/>", b'<!DOCTYPE IDFLUX [<!ENTITY n "1">]><IDFLUX>&n;</IDFLUX>']
)
def test_another_document_is_refused(content: bytes) -> None:
    bad = BadLines()
    assert list(pairs(io.BytesIO(content.lstrip()), bad)) == []
    assert [expected for _, expected in bad.rows()] == ["a document IDFLUX"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [(b"<?xml", True), (b"\xef\xbb\xbf<IDFLUX>", True), (b"\n <IDFLUX>", True), (b"old,new,on", False), (b"", False)],
)
def test_a_message_is_told_from_a_list(start: bytes, expected: bool) -> None:
    assert is_xml(start) is expected
