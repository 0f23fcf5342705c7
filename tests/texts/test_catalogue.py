"""Looking up the words for a finding."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from declarations.families import families
from validators.catalogue import Language, TextError, catalogue, reception_text

DMFA = next(family.folder for family in families() if family.name == "dmfa")


def test_a_finding_is_told_with_the_name_and_the_tag_of_its_zone() -> None:
    told = catalogue(Language.FRENCH, DMFA).anomaly("00037-001", "WorkerCode")
    assert str(told).startswith("Code travailleur (WorkerCode) – ")
    assert told.mend.startswith("Ajoutez-la")


def test_the_number_tells_the_zone_where_the_tag_is_another() -> None:
    told = catalogue(Language.DUTCH, DMFA).anomaly("90017-006", "INSS")
    assert told.field == "Persoon (NaturalPerson)"


def test_an_unknown_element_is_quoted_with_the_block_it_stands_in() -> None:
    told = catalogue(Language.GERMAN, DMFA).anomaly("90012-092", "Remark")
    assert (told.field, told.wrong) == ("Arbeitnehmerzeile (WorkerRecord)", "Das Element Remark ist hier unbekannt.")


def test_a_control_with_words_of_its_own_uses_them() -> None:
    texts = catalogue(Language.ENGLISH, DMFA)
    told = texts.anomaly("00039-034", "NOSSQuarterEndingDate", "fourth-quarter-ends-the-year")
    assert told.mend == "Write 31 December of the year declared."


def test_a_control_without_words_has_those_of_its_error_type() -> None:
    texts = catalogue(Language.ENGLISH, DMFA)
    assert texts.anomaly("00024-004", "INSS", "inss-check-number") == texts.anomaly("00024-004", "INSS")


def test_an_error_type_without_words_is_told_by_its_code() -> None:
    told = catalogue(Language.ENGLISH, DMFA).anomaly("00024-999", "INSS")
    assert (told.wrong, told.mend) == ("00024-999", "")


def test_a_family_without_texts_is_told_by_its_tags(tmp_path: Path) -> None:
    assert (
        str(catalogue(Language.ENGLISH, tmp_path).anomaly("00001-005", "Zone"))
        == "Zone – This is forbidden here. Leave it out."
    )


def test_a_code_of_reception_is_one_line() -> None:
    assert reception_text("134", Language.DUTCH) == "Het bestand is leeg. Verzend het bestand met zijn inhoud."


def test_a_file_of_texts_that_is_broken_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "nl.toml").write_text("[name\n", encoding="utf-8")
    with pytest.raises(TextError, match=r"nl\.toml"):
        catalogue(Language.DUTCH, tmp_path)


def test_a_text_that_is_no_pair_of_sentences_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "en.toml").write_text('[control]\nodd = ["only one."]\n', encoding="utf-8")
    (folder / "numbers.toml").write_text("", encoding="utf-8")
    with pytest.raises(TextError, match="odd"):
        catalogue(Language.ENGLISH, tmp_path)


def test_looking_words_up_needs_neither_polars_nor_lxml() -> None:
    code = "import sys, validators.catalogue as c; c.reception_text('134'); print({'polars', 'lxml'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
