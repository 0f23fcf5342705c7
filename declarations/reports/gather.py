"""What a page needs beside the report: excerpts of the files, and the names of keys."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from declarations.families import families
from declarations.pages.words import words
from declarations.reports.excerpts import Line, Spot, excerpts
from declarations.reports.page import ROOM, page
from declarations.reports.report import Report
from declarations.reports.sections import Excerpts, Knowledge, shown
from validators.catalogue import Language, catalogue
from validators.envelope import Limits, Prolog, inspect


def html(report: Report, language: Language, day: date) -> str:
    """The report as one page, with excerpts of the files that are there."""
    heads = frozenset(tag for family in families() for tag in family.head)
    return page(report, Knowledge(_gathered(report), _naming(language), heads), words(ROOM, language), day)


def _gathered(report: Report) -> Excerpts:
    wanted: dict[str, set[Spot]] = {}
    for finding in shown(report):
        if finding.line is not None and finding.column is not None:
            wanted.setdefault(finding.file, set()).add((finding.line, finding.column))
    found: dict[tuple[str, int, int], tuple[Line, ...]] = {}
    for file, spots in wanted.items():
        if Path(file).is_file():
            found |= {(file, *spot): lines for spot, lines in _of_file(Path(file), spots).items()}
    return found


def _of_file(file: Path, spots: set[Spot]) -> dict[Spot, tuple[Line, ...]]:
    with file.open("rb") as source:
        prolog = inspect(source, Limits(max_bytes=sys.maxsize))
        encoding = prolog.encoding if isinstance(prolog, Prolog) else "UTF-8"
        source.seek(0)
        return excerpts(source, "utf-8-sig" if encoding == "UTF-8" else encoding, spots)


def _naming(language: Language) -> Callable[[str], str]:
    """What a tag is called in the first family that has a name for it."""
    known = [catalogue(language, family.folder) for family in families()]
    return lambda tag: next((texts.names[tag] for texts in known if tag in texts.names), tag)
