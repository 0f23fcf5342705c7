"""The list of parties as a document: one text for one list, and what differs between two."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.errors import Invariant
from declarations.parties.register import Document, changes, described
from tests.parties.given import read, recipient, sender

OTHER = {"id": '"statistics"', "number": '"990008"', "name": '"Statistics"'}


def told(before: Document | None, after: Document) -> list[str]:
    return [str(each) for each in changes(before, after)]


def test_the_order_of_tables_makes_no_difference(tmp_path: Path) -> None:
    one = read(tmp_path, sender(), recipient(), recipient(**OTHER))
    assert read(tmp_path, recipient(**OTHER), recipient(), sender()).sha256 == one.sha256


def test_a_default_written_out_makes_no_difference(tmp_path: Path) -> None:
    one = read(tmp_path, recipient())
    assert read(tmp_path, recipient(format='"csv"', language='"en"', receipt_hours="24")) == one


def test_certificates_are_in_the_document_itself(tmp_path: Path) -> None:
    one = read(tmp_path, sender())
    assert (tmp_path / "000101.pem").read_text(encoding="ascii").splitlines()[1] in one.text


def test_blank_lines_around_a_certificate_make_no_difference(tmp_path: Path) -> None:
    one = read(tmp_path, sender())
    padded = tmp_path / "padded.pem"
    padded.write_bytes(b"\nCertificate:\n\n" + (tmp_path / "000101.pem").read_bytes() + b"\n\n")
    assert read(tmp_path, sender(certificates='["padded.pem"]')) == one


def test_a_first_list_adds_everybody(tmp_path: Path) -> None:
    assert told(None, read(tmp_path, sender(), recipient())) == [
        "recipient pensions: added: 990001 Pensions",
        "sender 000101: added: 000101 Payroll Office North",
    ]


def test_who_is_no_longer_listed_is_removed(tmp_path: Path) -> None:
    before = read(tmp_path, sender(), recipient())
    assert told(before, read(tmp_path, sender())) == ["recipient pensions: removed: 990001 Pensions"]


def test_each_field_that_differs_is_told(tmp_path: Path) -> None:
    before = read(tmp_path, recipient(window='{days = ["mon"], at = "08:00", until = "18:00"}'))
    after = read(tmp_path, recipient(window='{days = ["mon", "tue"], at = "08:00", until = "18:00"}', contact='"x"'))
    assert told(before, after) == [
        "recipient pensions: window.days: mon -> mon, tue",
        "recipient pensions: contact: - -> x",
    ]


def test_a_certificate_is_told_by_its_fingerprint(tmp_path: Path) -> None:
    before, after = read(tmp_path, sender()), read(tmp_path, sender(certificates='["990001.pem"]'))
    (change,) = changes(before, after)
    assert (change.before[:8], change.after[:8]) == ("SHA-256 ", "SHA-256 ")
    assert change.before != change.after


def test_the_same_list_changes_nothing(tmp_path: Path) -> None:
    one = read(tmp_path, sender(), recipient())
    assert told(one, one) == []


@pytest.mark.parametrize("name", ["pensions", "990001"])
def test_a_party_is_found_by_its_id_or_its_number(tmp_path: Path, name: str) -> None:
    (found,) = described(read(tmp_path, sender(), recipient()), name).items()
    assert found[0] == "recipient pensions"
    assert found[1]["name"] == "Pensions"


def test_a_document_that_we_did_not_write_is_a_fault_of_ours() -> None:
    with pytest.raises(Invariant, match="not as this program writes it"):
        Document('{"sender":[{}],"recipient":[]}').parties()
