"""Writing a delivery: parcels in, numbered files out, in memory that does not grow with them."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from declarations.blocks import Plan
from declarations.entitlement.authorizations import Authorization
from declarations.errors import Invariant
from declarations.extracts.archives import Archive, completed
from declarations.extracts.formats import WRITERS
from declarations.extracts.formats.lines import header
from declarations.extracts.formats.numbering import passed_before
from declarations.extracts.layout import Layout, layout
from declarations.extracts.manifest import TICKETS, Contents, manifest
from declarations.extracts.pieces import Piece, cells, halves, pieces, units
from declarations.extracts.rows import merged_spans, moved_on, tickets_on
from declarations.extracts.values import Label, ParcelRows, Part, Sums
from declarations.parties.party import Format

_MOST_CELLS = 400_000
"""Of a piece: what is held in memory at a time."""

_ENTRY = 300
"""Bytes that a zip file spends on a member like the manifest, and to spare: its number of parts may grow."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def before_sealing(most_bytes: int) -> int:
    """How large a file may be that is no larger than that once it is sealed, with age or as CMS."""
    return max(1, most_bytes - most_bytes // 800 - 2048)


def write_delivery(
    label: Label,
    parcels: Iterable[ParcelRows],
    plan: Plan,
    authorizations: Collection[Authorization],
    format: Format,
    folder: Path,
    most_bytes: int | None,
) -> list[Part]:
    """The files `<delivery>.<n>of<m>.zip` in that folder, each complete: the same parcels give the same bytes.

    No file is larger than `most_bytes`, unless what hangs together is; None for a single file. Nothing but the
    label, the authorizations and the rows given goes into a byte, a name or a size. Raises Invariant where a parcel
    has other columns than granted, or rows that do not follow one another.
    """
    if not _NAME.fullmatch(label.delivery):
        raise Invariant("a delivery's id has letters, digits, dots and dashes only")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".work-") as work:
        shape = layout(plan, authorizations)
        name = shape.named(label.recipient, label.message)
        writing = _Writing(label, shape, name, authorizations, format, Path(work), most_bytes)
        return writing.finished(writing.drafts(parcels), folder)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A file that lacks its manifest."""

    path: Path
    contents: Contents

    @property
    def batches(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(span.batch for span in self.contents.spans))


@dataclass(slots=True)
class _Writing:
    label: Label
    layout: Layout
    name: str  # of the layout
    authorizations: Collection[Authorization]
    format: Format
    work: Path
    most_bytes: int | None
    bytes_a_cell: float = 2.0  # a guess, until a file is there to be measured
    bytes_a_file: int = 0  # of one without rows; not asked for before it matters
    _numbers: Iterator[int] = field(default_factory=count)

    def drafts(self, parcels: Iterable[ParcelRows]) -> list[_Draft]:
        """One file after the other, each about as full as allowed."""
        drafts: list[_Draft] = []
        pending: list[Piece] = []
        for piece in pieces(parcels, self.layout, self._piece_cells(), self.work):
            if self.most_bytes and pending and self._weight([*pending, piece]) > self.most_bytes:
                drafts += self._closed(pending)
                self._learn(drafts[-1])
                pending = []
            pending.append(piece)
        return [*drafts, *self._closed(pending)] if pending or not drafts else drafts

    def _piece_cells(self) -> int:
        return _MOST_CELLS if self.most_bytes is None else min(_MOST_CELLS, max(1000, self.most_bytes // 16))

    def _weight(self, pieces: Sequence[Piece]) -> float:
        return self.bytes_a_file + self.bytes_a_cell * sum(cells(piece.rows, self.layout) for piece in pieces)

    def _size(self, draft: _Draft) -> int:
        """With its manifest, which is compressed too."""
        return draft.path.stat().st_size + len(zlib.compress(self._manifest(draft, 1, 1))) + _ENTRY

    def _learn(self, draft: _Draft) -> None:
        """How large the next file will be: a little more than the rows of this one took."""
        if not self.bytes_a_file:
            empty = self._draft([])
            self.bytes_a_file = self._size(empty)
            empty.path.unlink()
        spent = self._size(draft) - self.bytes_a_file
        self.bytes_a_cell = 1.05 * max(1, spent) / max(1, cells(draft.contents.rows, self.layout))

    def _closed(self, pieces: list[Piece]) -> list[_Draft]:
        """A file of these pieces; several where it grew larger than allowed and can be cut."""
        draft = self._draft(pieces)
        if self.most_bytes is None or self._size(draft) <= self.most_bytes:
            return [draft]
        if sum(units(piece.rows, self.layout) for piece in pieces) < 2:
            return [draft]
        draft.path.unlink()
        if len(pieces) == 1:
            return [each for half in halves(pieces[0], self.layout) for each in self._closed([half])]
        middle = len(pieces) // 2
        return [*self._closed(pieces[:middle]), *self._closed(pieces[middle:])]

    def _draft(self, pieces: Sequence[Piece]) -> _Draft:
        path = self.work / f"draft-{next(self._numbers)}.zip"
        with Archive(path) as archive:
            WRITERS[self.format](archive, pieces, self.layout, self.name, self.work)
            self._write_tickets(archive, pieces)
        passed = zip(pieces, passed_before(pieces), strict=True)
        spans = merged_spans(moved_on(span, before) for piece, before in passed for span in piece.spans)
        rows = {sheet.block: sum(piece.rows[sheet.block] for piece in pieces) for sheet in self.layout.sheets}
        contents = Contents(self.format, self.name, rows, _added(pieces, self.layout), spans, tuple(archive.members))
        return _Draft(path, contents)

    def _write_tickets(self, archive: Archive, pieces: Sequence[Piece]) -> None:
        known = [
            tickets_on(piece.tickets, self.layout, before)
            for piece, before in zip(pieces, passed_before(pieces), strict=True)
            if piece.tickets is not None
        ]
        if not known:
            return
        with archive.member(TICKETS) as sink:
            sink.write(header(known[0].columns))
            for tickets in known:
                sink.write(tickets.write_csv(include_header=False, line_terminator="\n").encode())

    def _manifest(self, draft: _Draft, number: int, parts: int) -> bytes:
        return manifest(self.label, number, parts, draft.contents, self.layout, self.authorizations)

    def finished(self, drafts: Sequence[_Draft], folder: Path) -> list[Part]:
        """Each with its manifest, under its name."""
        return [self._finished(draft, folder, number, len(drafts)) for number, draft in enumerate(drafts, start=1)]

    def _finished(self, draft: _Draft, folder: Path, number: int, parts: int) -> Part:
        path = folder / f"{self.label.delivery}.{number}of{parts}.zip"
        text = self._manifest(draft, number, parts)
        completed(draft.path, path, text)
        with path.open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        contents = draft.contents
        return Part(path, number, parts, path.stat().st_size, sha256, contents.rows, contents.sums, draft.batches, text)


def _added(pieces: Sequence[Piece], layout: Layout) -> Sums:
    zero: dict[str, dict[str, int | Decimal]] = {
        sheet.block: {each.name: 0 for each in sheet.fields if each.numeric} for sheet in layout.sheets
    }
    for piece in pieces:
        for block, sums in piece.sums.items():
            for name, value in sums.items():
                zero[block][name] = zero[block][name] + value
    return zero
