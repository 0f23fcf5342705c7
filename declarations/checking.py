"""The validation of production for files on disk: offline, without a ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import BinaryIO

from declarations.families import Version, families
from declarations.stages.name import named_version
from declarations.stages.read import JudgedHead, PartSource, Reading, judge, read
from declarations.stages.validate import survey
from validators import rules
from validators.anomaly import Anomaly
from validators.catalogue import Catalogue, Explanation, Language, catalogue
from validators.envelope import Limits, Refusal, inspect, well_formed


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding as `check --json` prints it, one a line."""

    file: str
    form: int | None  # from 1; None where it concerns the whole file
    check: str  # "reception", "schema", "identifiers", "rules"
    control: str  # the control's id, or the kind of schema fault; empty for a file
    code: str
    anomaly_class: str
    tag: str  # of the element; empty for a file
    path: dict[str, str]  # business keys
    line: int | None
    column: int | None
    value: str | None
    explanation: Explanation

    @property
    def text(self) -> str:
        """What is wrong and how to mend it, in one line."""
        return str(self.explanation)


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """A form, from 1 in its file, and the diagnoses for which it is refused: 3 and 4 (glossary, zone 00232)."""

    file: str
    form: int
    diagnoses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the channel would answer to files sent together."""

    files: tuple[Path, ...]
    forms: int
    accepted: int
    findings: tuple[Finding, ...]
    refusals: tuple[RefusedForm, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the files, or a form in them, would be refused."""
        return self.accepted < self.forms or not self.forms


def batches(files: Sequence[Path]) -> list[list[Path]]:
    """Files grouped as they would be sent: the parts of one batch together, any other file alone."""
    if len(files) < 2:
        return [[*files]]
    from declarations.filenames import FileName, parse  # not worth its time for one file

    groups: dict[str, list[Path]] = {}
    for file in files:
        name = parse(file.name)
        key = f"{file.parent}/{name.reference}" if isinstance(name, FileName) else str(file)
        groups.setdefault(key, []).append(file)
    return list(groups.values())


def check(
    files: Sequence[Path],
    today: date,
    max_bytes: int = sys.maxsize,
    progress: Callable[[int], None] = lambda forms: None,
    language: Language = Language.ENGLISH,
) -> Verdict:
    """Judge files that are sent together, as parts 1, 2, ... of one batch; each at most that large."""
    sources, refusals = [], []
    for part, file in enumerate(files, start=1):
        source = part_source(part, file, max_bytes, language)
        if isinstance(source, PartSource):
            sources.append(source)
        else:
            refusals.append(source)
    if refusals:
        return Verdict(tuple(files), 0, 0, tuple(refusals))
    reading = read(sources, progress)
    verdicts = _judged(reading, sources, today)
    texts = partial(catalogue, language, reading.version.family.folder)  # read where something was found
    findings = tuple(
        _finding(files[each.head.part - 1], anomaly, texts()) for each in verdicts for anomaly in each.anomalies
    )
    refused_forms = tuple(
        RefusedForm(str(files[each.head.part - 1]), each.head.ordinal, each.diagnoses)
        for each in verdicts
        if not each.accepted
    )
    return Verdict(tuple(files), len(verdicts), len(verdicts) - len(refused_forms), findings, refused_forms)


def _judged(reading: Reading, sources: Sequence[PartSource], today: date) -> tuple[JudgedHead, ...]:
    controls = rules.controls(reading.version.family.folder / "controls")
    return judge(reading, controls, today, {source.part: source.open for source in sources})


def part_source(
    part: int, file: Path, max_bytes: int = sys.maxsize, language: Language = Language.ENGLISH
) -> PartSource | Finding:
    """That file ready for reading, or the one finding for which the channel would not process it."""
    opened = partial(_opened, file)
    refused = partial(_refused, language, file)
    limits = Limits(max_bytes=max_bytes)
    with opened() as source:
        prolog = inspect(source, limits)
    if isinstance(prolog, Refusal):
        return refused(prolog.code, prolog.line, prolog.column)
    with opened() as source:
        broken = well_formed(source, limits)
    if broken:
        return refused(broken.code, broken.line, broken.column)
    version = _version(file)
    if not isinstance(version, Version):
        return refused(version)
    with opened() as source:
        found = survey(source, version.family.form)
    if found.strangers:
        return refused("205")
    return PartSource(part, version, opened) if found.forms else refused("157")


def _opened(file: Path) -> BinaryIO:
    return file.open("rb")


def _version(file: Path) -> Version | str:
    """The schema it names, in whichever family has it; else the first family's code."""
    codes = []
    for family in families():
        with file.open("rb") as source:
            version = named_version(source, family)
        if isinstance(version, Version):
            return version
        codes.append(version)
    return next((code for code in codes if code != "088"), "088")


def _refused(language: Language, file: Path, code: str, line: int | None = None, column: int | None = None) -> Finding:
    told = catalogue(language).reception(code)
    return Finding(str(file), None, "reception", "", f"ACRF-{code}", "B", "", {}, line, column, None, told)


def _finding(file: Path, anomaly: Anomaly, texts: Catalogue) -> Finding:
    return Finding(
        file=str(file),
        form=anomaly.form,
        check=anomaly.check,
        control=anomaly.control,
        code=anomaly.code,
        anomaly_class=str(anomaly.anomaly_class),
        tag=anomaly.tag,
        path=dict(anomaly.path),
        line=anomaly.line,
        column=anomaly.column,
        value=anomaly.value,
        explanation=texts.anomaly(anomaly.code, anomaly.tag, anomaly.control),
    )
