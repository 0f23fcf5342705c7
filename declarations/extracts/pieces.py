"""The rows of a delivery in pieces of a bounded size, numbered on, and cut only between rows that hang together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import polars as pl

from declarations.errors import Invariant
from declarations.extracts.layout import Layout, Sheet
from declarations.extracts.values import ParcelRows, Span, Sums

TICKETS = {"batch": pl.String(), "ticket": pl.String(), "first": pl.Int64(), "last": pl.Int64()}
"""The sender's forms: the rows of the topmost block, from first to last, that are the form's."""

_IN_MEMORY = 200_000
"""Cells of a delivery that never touch the disk before they are written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a delivery, numbered from 1 in each block; `folder` where they lie on disk."""

    rows: dict[str, int]
    sums: Sums
    spans: tuple[Span, ...]
    tickets: pl.DataFrame | None
    frames: dict[str, pl.DataFrame] | None
    folder: Path | None = None

    def frame(self, sheet: Sheet) -> pl.DataFrame:
        """Its rows of that block."""
        if self.frames is not None:
            return self.frames[sheet.block]
        return pl.read_ipc(self.path(sheet))

    def path(self, sheet: Sheet) -> Path:
        """Where its rows of that block lie. Invariant if they do not lie on disk."""
        if self.folder is None:
            raise Invariant("a piece in memory has no path")
        return self.folder / f"{sheet.block}.arrow"


def cells(rows: Mapping[str, int], layout: Layout) -> int:
    """How much that is: rows times columns."""
    return sum(rows[sheet.block] * len(sheet.columns) for sheet in layout.sheets)


def units(rows: Mapping[str, int], layout: Layout) -> int:
    """Into how many pieces it could be cut at most: the rows with nothing above them."""
    return sum(rows[sheet.block] for sheet in layout.roots)


def pieces(parcels: Iterable[ParcelRows], layout: Layout, most_cells: int, spool: Path) -> Iterator[Piece]:
    """The parcels in pieces of about that many cells: small ones together, large ones cut.

    What does not fit in memory lies under `spool`. Raises Invariant where a parcel is not laid out as said.
    """
    gathered = _Gathered(layout)
    spent, count = 0, 0
    for parcel in parcels:
        for rows in _cut(_Rows.of(parcel, layout), layout, most_cells):
            if gathered.cells and gathered.cells + cells(rows.counts, layout) > most_cells:
                spent, count = spent + gathered.cells, count + 1
                yield gathered.piece(None if spent <= _IN_MEMORY else spool / str(count))
                gathered = _Gathered(layout)
            gathered.add(rows)
    if gathered.cells:
        spent, count = spent + gathered.cells, count + 1
        yield gathered.piece(None if spent <= _IN_MEMORY else spool / str(count))


def halves(piece: Piece, layout: Layout) -> tuple[Piece, Piece]:
    """The piece in two, in memory."""
    whole = _Rows({sheet.block: piece.frame(sheet) for sheet in layout.sheets}, piece.spans, piece.tickets)
    middle, count = units(piece.rows, layout) // 2, units(piece.rows, layout)
    return whole.between(0, middle, layout).piece(layout), whole.between(middle, count, layout).piece(layout)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Frames by block, every block there, rows from 1; where the batches and forms stand in them."""

    frames: dict[str, pl.DataFrame]
    spans: tuple[Span, ...]
    tickets: pl.DataFrame | None

    @classmethod
    def of(cls, parcel: ParcelRows, layout: Layout) -> _Rows:
        foreign = sorted(set(parcel.frames) - {sheet.block for sheet in layout.sheets})
        if foreign:
            raise Invariant(f"batch {parcel.batch}: a parcel with blocks that nobody granted: {', '.join(foreign)}")
        frames = {sheet.block: _checked(sheet, parcel) for sheet in layout.sheets}
        for sheet in layout.sheets:
            _check_links(sheet, frames, parcel.batch)
        span = Span(parcel.batch, {name: (1, len(frame)) for name, frame in frames.items() if len(frame)})
        return cls(frames, (span,), _tickets(parcel, frames, layout))

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(frame) for name, frame in self.frames.items()}

    def between(self, start: int, end: int, layout: Layout) -> _Rows:
        """The rows with nothing above them from `start` to before `end`, and all that hangs under them."""
        bounds: dict[str, tuple[int, int]] = {}
        passed = 0
        for sheet in layout.sheets:
            frame = self.frames[sheet.block]
            if sheet.above is None:
                bounds[sheet.block] = _clip(start - passed, len(frame)), _clip(end - passed, len(frame))
                passed += len(frame)
            else:
                low, high = (bound + 1 for bound in bounds[sheet.above])
                links = frame[sheet.columns[1]]
                bounds[sheet.block] = int(links.search_sorted(low)), int(links.search_sorted(high))
        frames = {sheet.block: _part(self.frames[sheet.block], sheet, bounds) for sheet in layout.sheets}
        spans = tuple(inner for span in self.spans if (inner := _inside(span, bounds)).rows)
        return _Rows(frames, spans, _tickets_inside(self.tickets, layout, bounds))

    def piece(self, layout: Layout) -> Piece:
        sums = {sheet.block: _sums(sheet, self.frames[sheet.block]) for sheet in layout.sheets}
        return Piece(self.counts, sums, self.spans, self.tickets, self.frames)


@dataclass(slots=True)
class _Gathered:
    """Rows of several parcels, one after the other."""

    layout: Layout
    cells: int = 0
    parts: list[_Rows] = field(default_factory=list)

    def add(self, rows: _Rows) -> None:
        self.cells += cells(rows.counts, self.layout)
        self.parts.append(rows)

    def piece(self, folder: Path | None) -> Piece:
        piece = _joined(self.parts, self.layout).piece(self.layout)
        if folder is None or piece.frames is None:
            return piece
        folder.mkdir()
        stored = Piece(piece.rows, piece.sums, piece.spans, piece.tickets, None, folder)
        for sheet in self.layout.sheets:
            piece.frames[sheet.block].write_ipc(stored.path(sheet))
        return stored


def _joined(parts: list[_Rows], layout: Layout) -> _Rows:
    if len(parts) == 1:
        return parts[0]
    passed = dict.fromkeys(parts[0].frames, 0)
    moved: dict[str, list[pl.DataFrame]] = {name: [] for name in passed}
    spans: list[Span] = []
    tickets: list[pl.DataFrame] = []
    for rows in parts:
        for sheet in layout.sheets:
            moved[sheet.block].append(numbered_on(rows.frames[sheet.block], sheet, passed))
        spans += [moved_on(span, passed) for span in rows.spans]
        if rows.tickets is not None:
            tickets.append(tickets_on(rows.tickets, layout, passed))
        passed = {name: count + len(rows.frames[name]) for name, count in passed.items()}
    frames = {name: pl.concat(each, rechunk=True) for name, each in moved.items()}
    return _Rows(frames, merged_spans(spans), pl.concat(tickets) if tickets else None)


def numbered_on(frame: pl.DataFrame, sheet: Sheet, passed: dict[str, int]) -> pl.DataFrame:
    """Those rows, numbered on after the rows passed of each block."""
    shifts = [pl.col("row") + passed[sheet.block]]
    if sheet.above is not None:
        shifts.append(pl.col(f"{sheet.above}_row") + passed[sheet.above])
    return frame.with_columns(shifts) if any(passed.values()) else frame


def moved_on(span: Span, passed: dict[str, int]) -> Span:
    """That span after the rows passed of each block."""
    return Span(span.batch, {name: (a + passed[name], b + passed[name]) for name, (a, b) in span.rows.items()})


def tickets_on(tickets: pl.DataFrame, layout: Layout, passed: dict[str, int]) -> pl.DataFrame:
    """Those forms after the rows passed of the topmost block."""
    return tickets.with_columns(pl.col("first", "last") + passed[layout.sheets[0].block])


def merged_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """One span for each batch whose rows follow one another."""
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1].batch == span.batch:
            before = merged.pop().rows
            rows = {name: (before.get(name, bounds)[0], bounds[1]) for name, bounds in span.rows.items()}
            merged.append(Span(span.batch, {**before, **rows}))
        else:
            merged.append(span)
    return tuple(merged)


def _cut(rows: _Rows, layout: Layout, most_cells: int) -> Iterator[_Rows]:
    """In pieces of about that many cells each."""
    size, count = cells(rows.counts, layout), units(rows.counts, layout)
    if size <= most_cells:
        yield rows
        return
    step = max(1, count * most_cells // size)
    for start in range(0, count, step):
        yield rows.between(start, min(start + step, count), layout)


def _checked(sheet: Sheet, parcel: ParcelRows) -> pl.DataFrame:
    frame = parcel.frames.get(sheet.block)
    if frame is None:
        return pl.DataFrame(schema=sheet.schema)
    if frame.columns != list(sheet.columns) or not _fits(frame, sheet):
        raise Invariant(
            f"batch {parcel.batch}: block {sheet.block} of a parcel has the columns {', '.join(frame.columns)}; "
            f"granted are {', '.join(sheet.columns)}"
        )
    if not (frame["row"] == pl.int_range(1, len(frame) + 1, eager=True)).all():
        raise Invariant(f"batch {parcel.batch}: the rows of block {sheet.block} are not numbered from 1")
    return frame.cast(sheet.schema)  # type: ignore[arg-type]


def _fits(frame: pl.DataFrame, sheet: Sheet) -> bool:
    """Whether each column has its type; a total of decimals is a whole number where it is zero everywhere."""
    return all(
        kind == wanted or (kind == pl.Int64 and isinstance(wanted, pl.Decimal))
        for kind, wanted in zip(frame.dtypes, sheet.schema.values(), strict=True)
    )


def _check_links(sheet: Sheet, frames: dict[str, pl.DataFrame], batch: str) -> None:
    if sheet.above is None or not len(frames[sheet.block]):
        return
    links = frames[sheet.block][f"{sheet.above}_row"]
    inside = pl.DataFrame({"links": links}).select(pl.col("links").is_between(1, len(frames[sheet.above])).all())
    if links.null_count() or not links.is_sorted() or not inside.item():
        raise Invariant(f"batch {batch}: the rows of block {sheet.block} do not follow those of {sheet.above}")


def _tickets(parcel: ParcelRows, frames: dict[str, pl.DataFrame], layout: Layout) -> pl.DataFrame | None:
    """Forms whose rows of the first block are none are not told."""
    if parcel.forms is None or not layout.sheets or frames[layout.sheets[0].block].is_empty():
        return None
    return parcel.forms.select(pl.lit(parcel.batch).alias("batch"), "ticket", "first", "last").cast(TICKETS)  # type: ignore[arg-type]


def _clip(bound: int, count: int) -> int:
    return min(max(bound, 0), count)


def _part(frame: pl.DataFrame, sheet: Sheet, bounds: dict[str, tuple[int, int]]) -> pl.DataFrame:
    low, high = bounds[sheet.block]
    before = {name: -first for name, (first, _) in bounds.items()}
    return numbered_on(frame.slice(low, high - low), sheet, before)


def _inside(span: Span, bounds: dict[str, tuple[int, int]]) -> Span:
    clipped = {name: _overlap(rows, bounds[name]) for name, rows in span.rows.items()}
    return Span(span.batch, {name: (first, last) for name, (first, last) in clipped.items() if first <= last})


def _overlap(rows: tuple[int, int], bounds: tuple[int, int]) -> tuple[int, int]:
    low, high = bounds
    return max(rows[0], low + 1) - low, min(rows[1], high) - low


def _tickets_inside(
    tickets: pl.DataFrame | None, layout: Layout, bounds: dict[str, tuple[int, int]]
) -> pl.DataFrame | None:
    if tickets is None:
        return None
    low, high = bounds[layout.sheets[0].block]
    clipped = tickets.with_columns(
        pl.max_horizontal("first", pl.lit(low + 1)) - low, pl.min_horizontal("last", pl.lit(high)) - low
    )
    return clipped.filter(pl.col("first") <= pl.col("last")).cast(TICKETS)  # type: ignore[arg-type]


def _sums(sheet: Sheet, frame: pl.DataFrame) -> dict[str, int | Decimal]:
    return {each.name: _sum(frame[each.name], each.scale) for each in sheet.fields if each.numeric}


def _sum(values: pl.Series, scale: int) -> int | Decimal:
    """Amounts of a million persons do not fit in 64 bits: added in 128."""
    return Decimal(values.sum()) if scale else int(values.cast(pl.Int128).sum())
