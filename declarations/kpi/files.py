"""A report as files: a page, tables for a spreadsheet, values for a program, all of them in one archive."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping

from declarations.kpi.facts import written
from declarations.kpi.page import page
from declarations.kpi.report import Report

FORMAT = 1
"""Of the JSON and CSV."""


def report_files(report: Report) -> dict[str, bytes]:
    """The report as HTML, CSV and JSON, by file name: the same bytes for the same report."""
    stem = f"kpi-{report.month}-{report.view.name}"
    return {
        f"{stem}.html": page(report).encode(),
        f"{stem}.csv": as_csv(report).encode(),
        f"{stem}.json": as_json(report).encode(),
    }


def as_json(report: Report) -> str:
    """Every table as a list of records; `withheld` stands for a figure that is not for this reader."""
    told = {
        "format": FORMAT,
        "month": str(report.month),
        "as_of": written(report.as_of),
        "final": report.final,
        "log": report.source,
        "reader": str(report.view.reader),
        "party": report.view.party or None,
        "tables": {each.name: each.records() for each in report.tables},
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def as_csv(report: Report) -> str:
    """Every cell of every table as a line: table, row from 1, what the row is about, column, value."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("table", "row", "about", "column", "value"))
    for table in report.tables:
        for number, record in enumerate(table.records(), 1):
            about = record[table.columns[0]] if table.name != "total" else "all"
            writer.writerows((table.name, number, about, column, cell) for column, cell in record.items())
    return buffer.getvalue()


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files in one zip archive: the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            target.writestr(member, content)
    return buffer.getvalue()
