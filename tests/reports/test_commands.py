"""`check` and `explain` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from declarations.answers import acrf
from declarations.cli import app
from tests.reports.documents import faulty
from tests.reports.test_answers import FILE, NOW, answer
from validators.catalogue import Language


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_check_tells_findings_in_the_language_asked_for() -> None:
    done = run("check", faulty(), "--lang", "fr")
    assert done.exit_code == 1
    assert "NISS de la personne (INSS) – Les chiffres de contrôle de ce numéro sont faux." in done.stdout
    assert done.stdout.endswith("refusé, 2 formulaires acceptés sur 8\n")


def test_check_writes_a_page_beside_its_lines(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run("check", faulty(), "--html", page)
    assert done.exit_code == 1
    assert "00024-004" in done.stdout
    assert page.read_text(encoding="utf-8").startswith('<!DOCTYPE html>\n<html lang="en">')


def test_json_has_what_is_wrong_and_how_to_mend_it_apart() -> None:
    done = run("check", faulty(), "--json", "--lang", "de")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (one,) = (line for line in lines if line["code"] == "00015-007")
    assert one["text"] == f"{one['field']} – {one['wrong']} {one['mend']}"
    assert one["control"] == "net-amount"


def test_explain_tells_a_notification_and_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "answer.html"
    path = answer(tmp_path, Language.ENGLISH)
    done = run("explain", path, "--file", faulty(), "--lang", "nl", "--html", page)
    assert done.exit_code == 1
    assert f"{FILE.name}: geweigerd, 2 van 8 formulieren aanvaard" in done.stdout
    assert "<figure>" in page.read_text(encoding="utf-8")


def test_explain_of_a_received_file_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "FO.ACRF"
    path.write_bytes(acrf(FILE.name, "0000000000001", [], NOW))
    done = run("explain", path, "--lang", "de")
    assert (done.exit_code, done.stdout) == (0, f"{FILE.name}: eingegangen\n")


@pytest.mark.parametrize("content", [b"<Other/>", b""])
def test_explain_of_anything_else_could_not_judge(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "FO.NOTI"
    path.write_bytes(content)
    assert run("explain", path).exit_code == 2


def test_an_unknown_language_is_refused() -> None:
    assert run("check", faulty(), "--lang", "xx").exit_code == 2
