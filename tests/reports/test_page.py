"""The page: what is on it, and what can never be."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as parsing

from declarations.pages.words import words
from declarations.reports.gather import html
from declarations.reports.report import Origin, Outcome, Report, causes
from declarations.reports.sections import MOST_EXCERPTS, MOST_ROWS
from tests.reports.documents import faulty, finding, of, report
from validators.catalogue import Explanation, Language

DAY = date(2023, 4, 30)
HOSTILE = "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(1)>"


@cache
def page(language: Language = Language.ENGLISH) -> str:
    return html(report(language), language, DAY)


def tree(text: str) -> parsing.HtmlElement:
    return parsing.document_fromstring(text)


@pytest.mark.parametrize("language", Language)
def test_a_page_says_its_language_and_speaks_it(language: Language) -> None:
    root = tree(page(language))
    assert root.get("lang") == language
    assert root.findtext(".//caption") == words("declarations.reports", language)["causes"]
    assert {each.explanation.wrong for each in causes(report(language).findings)} <= set(page_texts(root))


def page_texts(root: parsing.HtmlElement) -> list[str]:
    return [text.strip() for text in root.itertext()]


def test_a_page_tells_how_many_forms_are_refused() -> None:
    figures = tree(page()).findall(".//dl[@class='figures']//dd")
    assert [each.text for each in figures] == ["8", "2", "6", "6"]


def test_findings_are_grouped_by_cause_with_their_counts() -> None:
    rows = tree(page()).findall(".//table[@class='sortable causes']/tbody/tr")
    counts = {row.findtext("td/code"): row.findall("td")[2].text for row in rows}
    assert counts == {"00024-004": "3", "00040-001": "1", "00015-007": "1", "00615-093": "1"}


def test_each_finding_has_the_lines_of_the_file_around_it() -> None:
    lines = faulty().read_text(encoding="utf-8").split("\n")
    figures = tree(page()).findall(".//figure")
    assert len(figures) == len(report().findings)
    for figure in figures:
        marked = figure.find(".//span[@class='line marked']")
        number = int(marked.findtext("span"))
        assert marked.find("mark").text in lines[number - 1]


def test_the_head_of_every_column_is_one() -> None:
    heads = tree(page()).findall(".//thead//th")
    assert heads
    assert {each.get("scope") for each in heads} == {"col"}
    assert all(table.find("caption") is not None for table in tree(page()).findall(".//table"))


def test_a_page_fetches_nothing() -> None:
    assert re.findall(r"https?:|url\(|@import|<link|<iframe", page()) == []
    assert tree(page()).xpath("//@src | //*[starts-with(@href, 'h') or starts-with(@href, '/')]") == []


def test_nothing_but_the_pages_own_script_may_run() -> None:
    (policy,) = tree(page()).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_whatever_stands_in_a_declaration_stays_text() -> None:
    told = Explanation(HOSTILE, HOSTILE, HOSTILE)
    bad = finding(file=HOSTILE, value=HOSTILE, tag=HOSTILE, code=HOSTILE, path={HOSTILE: HOSTILE}, explanation=told)
    root = tree(html(of(bad), Language.ENGLISH, DAY))
    assert len(root.findall(".//script")) == 1
    assert root.findall(".//img") == []
    assert page_texts(root).count(HOSTILE) >= 5


def test_an_excerpt_of_a_hostile_file_stays_text(tmp_path: Path) -> None:
    file = tmp_path / "declaration.xml"
    file.write_text(f"<A>\n{HOSTILE}\n</A>", encoding="utf-8")
    root = tree(html(of(finding(file=str(file), line=2, column=1)), Language.ENGLISH, DAY))
    assert len(root.findall(".//script")) == 1
    assert HOSTILE in "".join(root.find(".//pre").itertext())


@settings(max_examples=60, derandomize=True)
@given(st.text())
def test_any_text_can_be_a_value(value: str) -> None:
    text = html(of(finding(value=value)), Language.ENGLISH, DAY)
    assert len(tree(text.encode()).findall(".//script")) == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", text)


def test_of_thousands_of_findings_the_first_are_shown_and_the_total_is_said(tmp_path: Path) -> None:
    file = tmp_path / "declaration.xml"
    file.write_text("<A>1</A>\n" * 5000, encoding="utf-8")
    many = [finding(file=str(file), line=number, column=1, form=number) for number in range(1, 5001)]
    root = tree(html(of(*many), Language.ENGLISH, DAY))
    assert len(root.findall(".//table[@class='sortable findings']/tbody")) == MOST_ROWS
    assert len(root.findall(".//figure")) == MOST_EXCERPTS
    notes = [each.text for each in root.findall(".//p[@class='note']")]
    assert notes[0] == "The first 200 of 5,000 are listed; `--json` gives all of them."
    assert notes[1] == "An excerpt is shown for the first 10 of 5,000."


def test_causes_that_refuse_come_first_then_the_most_frequent() -> None:
    few, many = finding(code="00001-001"), [finding(code="00002-001")] * 3
    mild = [finding(code="00003-001", anomaly_class="NP")] * 9
    assert [each.code for each in causes([*mild, few, *many])] == ["00002-001", "00001-001", "00003-001"]


def test_without_findings_the_page_says_so() -> None:
    root = tree(html(of(), Language.DUTCH, DAY))
    assert root.findtext(".//p[@class='none']") == "Er is niets gevonden."
    assert root.find(".//form") is None


def test_a_file_that_is_gone_leaves_the_finding_without_an_excerpt() -> None:
    root = tree(html(of(finding(file="gone.xml")), Language.ENGLISH, DAY))
    assert root.findall(".//figure") == []
    assert len(root.findall(".//table[@class='sortable findings']/tbody")) == 1


def test_a_page_of_an_answer_refers_to_the_answer() -> None:
    many = [finding()] * (MOST_ROWS + 1)
    text = html(of(*many, origin=Origin.ANSWER), Language.ENGLISH, DAY)
    assert "the answer has all of them" in text
    assert "--json" not in text


def test_of_a_file_that_was_not_processed_only_the_causes_are_told() -> None:
    whole = finding(form=None, line=None, column=None, value=None, path={}, code="ACRF-134")
    report_ = Report(Origin.ANSWER, Outcome.UNPROCESSED, ("GO",), 0, 0, (whole,), ())
    root = tree(html(report_, Language.ENGLISH, DAY))
    assert root.findall(".//table[@class='sortable findings']") == []
    assert [each.text for each in root.findall(".//thead//th")] == ["Cause", "Code", "Class", "Findings"]
