"""The validation of production for files on disk: offline, without a ledger."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING
from weakref import finalize

from declarations.errors import Invariant
from declarations.reading.cutting import Doubtful
from declarations.reading.gate import Unread, closely_looked_at, looked_at
from declarations.reading.job import Helpers, Keeping
from declarations.reading.run import Results, run
from declarations.stages.read import JudgedHead
from validators.anomaly import Anomaly
from validators.catalogue import Catalogue, Explanation, Language, catalogue
from validators.envelope import Limits, Refusal

if TYPE_CHECKING:
    from declarations.reading.handing import Entitling

IN_MEMORY = 10_000
"""Findings that are not left on disk."""


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


class Findings(Collection[Finding]):
    """Findings too many to be kept in memory, read from disk each time they are gone through."""

    def __init__(self, results: Results, told: Callable[[JudgedHead], Iterable[Finding]]) -> None:
        """What each of the forms with something to tell has to tell; the results' folder goes when this does."""
        self._results = results
        self._told = told
        finalize(self, shutil.rmtree, results.spill.folder, ignore_errors=True)

    def __len__(self) -> int:
        """How many there are."""
        return self._results.findings

    def __iter__(self) -> Iterator[Finding]:
        """All of them, in document order."""
        return (finding for head in self._results.notable() for finding in self._told(head))

    def __contains__(self, finding: object) -> bool:
        """Whether it is one of them."""
        return any(each == finding for each in self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the channel would answer to files sent together."""

    files: tuple[Path, ...]
    forms: int
    accepted: int
    findings: Collection[Finding]
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
    folder, kept = Path(mkdtemp(prefix="declarations-check-")), False
    try:
        results = judged_files(files, today, folder, Keeping.VERDICTS, Limits(max_bytes=max_bytes), progress)
        if not isinstance(results, Results):
            return Verdict(tuple(files), 0, 0, refusals(files, results, language))
        verdict = _verdict(files, results, language)
        kept = isinstance(verdict.findings, Findings)
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    return verdict


def _verdict(files: Sequence[Path], results: Results, language: Language) -> Verdict:
    texts = partial(catalogue, language, results.version.family.folder)  # read where something was found

    def told(head: JudgedHead) -> Iterator[Finding]:
        return (_finding(files[head.head.part - 1], anomaly, texts()) for anomaly in head.anomalies)

    findings: Collection[Finding]
    if results.findings > IN_MEMORY:
        findings = Findings(results, told)
    else:
        findings = tuple(finding for head in results.notable() for finding in told(head))
    refused = tuple(
        RefusedForm(str(files[each.head.part - 1]), each.head.ordinal, each.diagnoses)
        for each in results.notable()
        if not each.accepted
    )
    return Verdict(tuple(files), results.forms, results.accepted, findings, refused)


def judged_files(
    files: Sequence[Path],
    today: date,
    folder: Path,
    keeping: Keeping,
    limits: Limits,
    progress: Callable[[int], None] = lambda forms: None,
    entitling: Entitling | None = None,
    helpers: Helpers | None = None,
) -> Results | tuple[Refusal | None, ...]:
    """The files as parts 1, 2, ... of one batch, read into a folder of their own (`reading.run`).

    Where the channel would not process them: why not, for each of them.
    """
    looks = [looked_at(part, file, limits) for part, file in enumerate(files, start=1)]
    reading = partial(_run, today, folder, keeping, progress, entitling, helpers)
    try:
        return reading(looks)
    except (Invariant, Doubtful):
        if all(isinstance(each, Refusal) or each.closely for each in looks):
            raise
    for left in folder.iterdir():
        left.unlink()
    looks = [closely_looked_at(part, file, limits) for part, file in enumerate(files, start=1)]
    return reading(looks)


def _run(
    today: date,
    folder: Path,
    keeping: Keeping,
    progress: Callable[[int], None],
    entitling: Entitling | None,
    helpers: Helpers | None,
    looks: Sequence[Unread | Refusal],
) -> Results | tuple[Refusal | None, ...]:
    unread = [each for each in looks if isinstance(each, Unread)]
    if len(unread) < len(looks):
        return tuple(each if isinstance(each, Refusal) else None for each in looks)
    layouts = {each.part.part: each.layout for each in unread}
    parts = [each.part for each in unread]
    return run(parts, layouts, today, folder, keeping, progress, entitling=entitling, helpers=helpers)


def refusals(files: Sequence[Path], refused: Sequence[Refusal | None], language: Language) -> tuple[Finding, ...]:
    """The one finding on each file that the channel would not process."""
    texts = catalogue(language)
    return tuple(
        Finding(
            file=str(file),
            form=None,
            check="reception",
            control="",
            code=f"ACRF-{why.code}",
            anomaly_class="B",
            tag="",
            path={},
            line=why.line,
            column=why.column,
            value=None,
            explanation=texts.reception(why.code),
        )
        for file, why in zip(files, refused, strict=True)
        if why is not None
    )


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
