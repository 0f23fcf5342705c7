"""directory: received -> closed or refused; whom an institution knows, taken whole or answered line by line."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from declarations import answers
from declarations.errors import Invariant, Retryable
from declarations.model import Batch, BatchStatus, Environment, Outcome, Outgoing, StoredFile
from declarations.stages.accept import DIRECTORY
from declarations.steps.world import World, outgoing
from validators.catalogue import Language, catalogue

if TYPE_CHECKING:
    import polars as pl

    from declarations.directory.lists import Load, Loaded, Survey

NOT_AS_DESCRIBED = "312"
EMPTY = "157"
NOT_ONE_FILE = "163"
REPORT = ("part", "lines", "column", "error", "text", "expected")


def take(world: World, batch: Batch) -> Outcome:
    """Take a file DIRX whose envelope is in order: its parts are one list, or one set of increments.

    Bad lines are told by number in a second answer, `FO.DIRX...`, beside the ACRF. In the test environments a file is
    judged and answered, and changes nothing. Raises Retryable while an earlier file of the same recipient waits.
    """
    from declarations.directory.lists import survey

    parts = sorted((file for file in batch.files if file.kind == "FI"), key=lambda file: file.part or 0)
    surveys = []
    for part in parts:
        with world.archive.open(part.sha256) as source:
            surveys.append(survey(source))
    if codes := _codes(surveys):
        report = outgoing(world, DIRECTORY, batch.folder, batch.environment, _report(surveys, _language(world, batch)))
        note = f"refused: {', '.join(codes)}; {sum(each.bad.count for each in surveys)} bad lines"
        return Outcome(BatchStatus.REFUSED, note, codes, (_acrf(world, batch, codes), report))
    if batch.environment is not Environment.PRODUCTION:
        note = "a test environment changes no directory"
    else:
        note = str(_loaded(world, batch, parts, surveys[0]))
    return Outcome(BatchStatus.CLOSED, f"directory: {note}", answers=(_acrf(world, batch, ()),))


def _codes(surveys: Sequence[Survey]) -> tuple[str, ...]:
    from declarations.directory.lists import SOME_ROWS

    wrong = {expected for each in surveys for expected in each.bad.found}
    if wrong:
        return (EMPTY,) if wrong == {SOME_ROWS} else (NOT_AS_DESCRIBED,)
    return () if len({each.increments for each in surveys}) == 1 else (NOT_ONE_FILE,)


def _language(world: World, batch: Batch) -> Language:
    recipient = world.parties.recipient_numbered(batch.folder)
    return Language.ENGLISH if recipient is None else recipient.language


def _report(surveys: Sequence[Survey], language: Language) -> bytes:
    """A line for each thing expected: which lines of which part, the error type in words. Nothing is quoted."""
    from declarations.directory.lists import error

    words = catalogue(language).anomalies
    text = io.StringIO(newline="")
    report = csv.writer(text)
    report.writerow(REPORT)
    for part, each in enumerate(surveys, start=1):
        for lines, expected in each.bad.rows():
            column, kind = error(expected)
            report.writerow((part, lines, column, kind, words[kind][0], expected))
    return text.getvalue().encode()


def _acrf(world: World, batch: Batch, codes: Sequence[str]) -> Outgoing:
    content = answers.acrf(batch.name, batch.ticket, codes, world.clock())
    return outgoing(world, "ACRF", batch.folder, batch.environment, content)


def _loaded(world: World, batch: Batch, parts: Sequence[StoredFile], found: Survey) -> Loaded:
    if world.directory.behind_another(batch):
        raise Retryable(f"batch {batch.id}: an earlier file of the directory of {batch.folder} waits")
    taken = world.directory.take_changes if found.increments else world.directory.take_list
    return taken(_load(world, batch, parts), _rows(world, parts))


def _load(world: World, batch: Batch, parts: Sequence[StoredFile]) -> Load:
    from declarations.directory.lists import Load

    recipient = world.parties.recipient_numbered(batch.folder)
    if recipient is None:
        raise Invariant(f"batch {batch.id}: {batch.folder} is no recipient")
    digests = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    sha256 = parts[0].sha256 if len(parts) == 1 else digests
    return Load(recipient.id, recipient.number, batch.reference, sha256, world.clock(), batch.id)


def _rows(world: World, parts: Sequence[StoredFile]) -> Iterator[pl.DataFrame]:
    from declarations.directory.lists import listed

    for part in parts:
        with world.archive.open(part.sha256) as source:
            yield from listed(source)
