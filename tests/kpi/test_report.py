"""A month's report: the same log, the same bytes; and each reader its own part."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from declarations.errors import Configuration
from declarations.kpi.course import Log, log_of
from declarations.kpi.facts import Header, Outage, line, read
from declarations.kpi.files import archive, as_csv, as_json, report_files
from declarations.kpi.report import OPERATOR, PUBLIC, Reader, Report, View, own_parts, report
from declarations.kpi.table import Table
from tests.kpi.logs import APRIL, NOON, RECIPIENTS, Writer, middling_facts

SENDER, RECIPIENT = View(Reader.SENDER, "000102"), View(Reader.RECIPIENT, "unemployment")
FACTS = tuple(middling_facts(400, 2))
VIEWS = (OPERATOR, PUBLIC, SENDER, RECIPIENT)
PROGRAM = """
import hashlib, sys
from declarations.kpi.course import log_of
from declarations.kpi.facts import read
from declarations.kpi.files import archive, report_files
from tests.kpi.test_report import VIEWS, report
known = log_of(read(sys.stdin))
for view in VIEWS:
    print(hashlib.sha256(archive(report_files(report(known, view)))).hexdigest())
"""


@pytest.fixture(scope="module")
def known() -> Log:
    return log_of(FACTS)


@pytest.fixture(scope="module")
def reports(known: Log) -> dict[View, Report]:
    return {view: report(known, view) for view in VIEWS}


def table_of(given: Report, name: str) -> Table:
    found = given.table(name)
    assert found is not None
    return found


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_same_log_gives_the_same_bytes_in_another_process_and_zone(reports: dict[View, Report], zone: str) -> None:
    here = [hashlib.sha256(archive(report_files(reports[view]))).hexdigest() for view in VIEWS]
    text = "".join(line(each) for each in FACTS)
    surroundings = {**os.environ, "TZ": zone, "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=text, capture_output=True, check=True, text=True, env=surroundings
    )
    assert there.stdout.split() == here


def test_a_report_names_the_log_that_it_was_made_from(reports: dict[View, Report]) -> None:
    text = "".join(line(each) for each in FACTS)
    digest = hashlib.sha256(text.encode()).hexdigest()
    for name, content in report_files(reports[OPERATOR]).items():
        assert (digest in content.decode()) == (not name.endswith(".csv"))


def test_the_headline_counts_pauses_and_the_second_figure_does_not(reports: dict[View, Report]) -> None:
    (total,) = table_of(reports[OPERATOR], "total").records()
    assert isinstance(total["share"], float)
    assert isinstance(total["share_without_pauses"], float)
    assert total["share"] < total["share_without_pauses"]


def test_senders_and_days_add_up_to_the_whole(reports: dict[View, Report]) -> None:
    (total,) = table_of(reports[OPERATOR], "total").records()
    for name in ("senders", "days", "families"):
        for key in ("batches", "in_time", "late", "open"):
            cells = table_of(reports[OPERATOR], name).column(key)
            assert sum(each for each in cells if isinstance(each, int)) == total[key], (name, key)


def test_a_sender_sees_its_own_batches_as_the_operator_does(reports: dict[View, Report]) -> None:
    (row,) = [each for each in table_of(reports[OPERATOR], "senders").records() if each["sender"] == "000102"]
    (own,) = table_of(reports[SENDER], "total").records()
    assert own == {key: cell for key, cell in row.items() if key != "sender"}


def test_a_sender_sees_nothing_of_others(known: Log) -> None:
    others = [each for each in known.courses if each.received.sender != "000102"]
    without = replace(known, courses=tuple(each for each in known.courses if each not in others))
    assert report(known, SENDER) == report(without, SENDER)


def test_the_part_of_a_party_gives_the_report_of_the_whole(known: Log, reports: dict[View, Report]) -> None:
    parts = own_parts(known)
    assert {view: report(parts[view], view) for view in (SENDER, RECIPIENT)} == {
        view: reports[view] for view in (SENDER, RECIPIENT)
    }


def test_a_recipient_sees_its_own_parcels_and_outages(reports: dict[View, Report]) -> None:
    text = as_json(reports[RECIPIENT])
    assert not [name for name in RECIPIENTS if name != "unemployment" and name in text]
    assert "0001" not in text
    assert len(table_of(reports[RECIPIENT], "outages").rows) == 1


@pytest.mark.parametrize(
    ("view", "seen"),
    [
        (OPERATOR, ["000102", "000103", "ours", "statistics", "unemployment"]),
        (SENDER, ["000102", "ours"]),
        (RECIPIENT, ["ours", "unemployment"]),
        (PUBLIC, ["ours", "statistics", "unemployment"]),
    ],
)
def test_each_reader_is_told_of_its_own_outages_and_of_ours(view: View, seen: list[str]) -> None:
    given = Writer()
    given.facts += [Outage(party, NOON, None) for party in ("unemployment", "000103", "ours", "statistics", "000102")]
    assert table_of(report(given.log(), view), "outages").column("party") == seen


def test_public_figures_wait_until_nothing_is_open() -> None:
    facts = [Header("2026-04", NOON), *FACTS[1:9]]
    with pytest.raises(Configuration, match="2026-05-03T22:00"):
        report(log_of(facts), PUBLIC)


def test_csv_and_json_tell_the_same(reports: dict[View, Report]) -> None:
    given = reports[OPERATOR]
    told = json.loads(as_json(given))["tables"]
    rows = list(csv.DictReader(io.StringIO(as_csv(given))))
    cells = {(each["table"], int(each["row"]) - 1, each["column"]): each["value"] for each in rows}
    flat = {
        (name, nth, key): "" if cell is None else str(cell)
        for name, records in told.items()
        for nth, record in enumerate(records)
        for key, cell in record.items()
    }
    assert cells == flat


def test_a_month_without_a_batch_has_a_report() -> None:
    for view in VIEWS:
        assert len(report_files(report(Writer().log(), view))) == 3


def test_an_archive_has_no_clock_in_it() -> None:
    content = archive({"a.txt": b"x", "b.txt": b"y"})
    assert content == archive({"a.txt": b"x", "b.txt": b"y"})
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        assert {each.date_time for each in members.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_log_read_from_a_file_gives_the_same_report(reports: dict[View, Report]) -> None:
    lines = [line(each) for each in FACTS]
    assert report(log_of(read(lines)), OPERATOR) == reports[OPERATOR]


def test_figures_are_final_when_the_last_day_of_the_month_is_over_for_all() -> None:
    early, late = Writer(as_of=NOON), Writer(as_of=APRIL.final_at)
    assert (report(early.log(), OPERATOR).final, report(late.log(), OPERATOR).final) == (False, True)
