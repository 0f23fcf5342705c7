"""Whether the files of a delivery hold exactly what may leave: nothing more, nothing less, nothing else."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from declarations.blocks import Plan
from declarations.entitlement.authorizations import Authorization
from declarations.extracts.gate.container import UnreadableError, member, opened, weighed
from declarations.extracts.gate.document import read_document
from declarations.extracts.gate.entitled import Entitled, entitled
from declarations.extracts.gate.notes import DOCUMENT, FILE, FORMS, Manifest, wrong
from declarations.extracts.gate.tables import csv_rows, ndjson_rows, parquet_rows
from declarations.extracts.gate.tally import Tally
from declarations.extracts.values import Label
from declarations.model import TICKET_LENGTH
from declarations.parties.party import Format

_LONGEST_LINE = 200
_FORM = re.compile(rb"(?P<batch>[^,\n]+),[0-9A-Z]{%d},(?P<first>[1-9][0-9]*),(?P<last>[1-9][0-9]*)\n" % TICKET_LENGTH)
"""A line that leads to a form, in the only way of writing it: another one could say more."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a delivery without looking at its files.

    rows     by block, over all parts; blocks without rows may be left out
    batches  the references of the batches with rows in it, in order
    forms    whether the recipient may be led back to the sender's forms
    """

    label: Label
    format: Format
    rows: Mapping[str, int]
    batches: Sequence[str]
    forms: bool


def gate(
    files: Sequence[Path], plan: Plan, authorizations: Collection[Authorization], expected: Expected
) -> tuple[str, ...]:
    """Everything for which the delivery must not leave; nothing where it may. `files` are all its parts, in order.

    No violation quotes a value. Each file is read to its end, some rows at a time.
    """
    allowed = entitled(plan, authorizations)
    found: list[str] = []
    rows = dict.fromkeys(allowed, 0)
    batches: list[str] = []
    for number, path in enumerate(files, start=1):
        look = _Look(path, (number, len(files)), allowed, authorizations, expected)
        found += [f"part {number}: {text}" for text in look.violations()]
        rows = {block: count + look.tallies[block].rows for block, count in rows.items()}
        batches += [each for each in look.batches if each not in batches[-1:]]
    wanted = {block: count for block, count in expected.rows.items() if count}
    if {block: count for block, count in rows.items() if count} != wanted:
        found.append("the files together have more or fewer rows than were handed out")
    if batches != [each for each, _ in groupby(expected.batches)]:
        found.append("the files together are of other batches")
    return tuple(dict.fromkeys(found))


class _Look:
    """One file being read."""

    def __init__(
        self,
        path: Path,
        place: tuple[int, int],
        allowed: dict[str, Entitled],
        authorizations: Collection[Authorization],
        expected: Expected,
    ) -> None:
        self.path, self.place, self.allowed = path, place, allowed
        self.authorizations, self.expected = authorizations, expected
        self.tallies = {block: Tally(one) for block, one in allowed.items()}
        self.batches: list[str] = []

    def violations(self) -> list[str]:
        try:
            with opened(self.path) as archive:
                return list(self._judged(archive))
        except UnreadableError as fault:
            return [str(fault)]
        except OSError as fault:
            return [f"cannot be read ({type(fault).__name__})"]

    def _judged(self, archive: zipfile.ZipFile) -> Iterator[str]:
        with member(archive, FILE) as source:
            manifest = Manifest.of(source.read())
        names = archive.namelist()
        if sorted(names) != sorted(self._members(manifest, FORMS in names)):
            raise UnreadableError("has other members than it should")
        members = {name: weighed(archive, self.path, name) for name in names if name != FILE}
        self._read(archive, manifest)
        for tally in self.tallies.values():
            yield from tally.faults
        yield from self._unlinked()
        yield from self._untrue()
        yield from wrong(
            manifest,
            self.expected.label,
            self.place,
            self.expected.format,
            self.authorizations,
            [(one, self.tallies[block]) for block, one in self.allowed.items()],
            members,
        )
        yield from self._misplaced(manifest.batches())
        if FORMS in names:
            yield from self._astray(archive)

    def _members(self, manifest: Manifest, has_forms: bool) -> list[str]:
        forms = [FORMS] if has_forms and self.expected.forms else []
        if self.expected.format is Format.XML:
            return [FILE, DOCUMENT, f"{manifest.schema}.xsd", *forms]
        return [FILE, *(f"{block}.{self.expected.format.value}" for block in self.allowed), *forms]

    def _read(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        if self.expected.format is Format.XML:
            with member(archive, f"{manifest.schema}.xsd") as source:
                schema = source.read()
            with member(archive, DOCUMENT) as source:
                read_document(source, schema, manifest.schema, self.allowed, self.tallies)
            return
        for block, one in self.allowed.items():
            name = f"{block}.{self.expected.format.value}"
            with member(archive, name) as source:
                if self.expected.format is Format.CSV:
                    rows = csv_rows(source, one.header, name)
                elif self.expected.format is Format.NDJSON:
                    rows = ndjson_rows(source, one, name)
                else:
                    rows = parquet_rows(source, one, name, self.path.parent)
                for columns in rows:
                    self.tallies[block].take(columns)

    def _unlinked(self) -> Iterator[str]:
        for block, one in self.allowed.items():
            tally = self.tallies[block]
            if one.above and tally.rows and not 1 <= tally.last_link <= self.tallies[one.above].rows:
                yield f"block {block}: a link leads out of the file"

    def _untrue(self) -> Iterator[str]:
        """Totals are over rows of this file and no others: together they are all of them."""
        for total in {each for one in self.authorizations for each in one.totals}:
            if total.block not in self.allowed or total.name not in self.allowed[total.block].names:
                continue
            below = self.tallies[total.of]
            if self.tallies[total.block].sums[total.name] != (
                below.rows if total.column is None else below.sums[total.column]
            ):
                yield f"block {total.block}: {total.name} is not over the rows of the file"

    def _misplaced(self, batches: Sequence[tuple[str, Mapping[str, tuple[int, int]]]]) -> Iterator[str]:
        """Batch after batch, their rows fill each block from its first row to its last."""
        reached = dict.fromkeys(self.allowed, 0)
        for reference, spans in batches:
            self.batches.append(reference)
            for block, (first, last) in spans.items():
                if reached.get(block) != first - 1 or last < first:
                    yield "manifest: the rows of its batches do not follow one another"
                reached[block] = last
        if reached != {block: tally.rows for block, tally in self.tallies.items()}:
            yield "manifest: rows that are of no batch"

    def _astray(self, archive: zipfile.ZipFile) -> Iterator[str]:
        """Forms follow one another in the topmost block, and are of the batches of the file."""
        top, last = next(iter(self.tallies.values())), 0
        batches = {each.encode() for each in self.batches}
        with member(archive, FORMS) as source:
            if source.readline(_LONGEST_LINE) != b"batch,ticket,first,last\n":
                yield f"{FORMS} has other columns than it should"
                return
            while line := source.readline(_LONGEST_LINE):
                form = _FORM.fullmatch(line)
                if form is None or form["batch"] not in batches or not last < int(form["first"]) <= int(form["last"]):
                    yield f"{FORMS} has a line that is out of place"
                    return
                last = int(form["last"])
        if last > top.rows:
            yield f"{FORMS} leads out of the file"
