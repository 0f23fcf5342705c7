"""Rows of parcels by block: taken in, put one after the other, and parted between those that hang together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from declarations.errors import Invariant
from declarations.extracts.layout import Layout, Sheet
from declarations.extracts.values import ParcelRows, Span

TICKETS = {"batch": pl.String(), "ticket": pl.String(), "first": pl.Int64(), "last": pl.Int64()}
"""The sender's forms: the rows of the topmost block, from first to last, that are the form's."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Frames by block, every block there, rows from 1; where the batches and forms stand in them."""

    frames: dict[str, pl.DataFrame]
    spans: tuple[Span, ...]
    tickets: pl.DataFrame | None

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each block has."""
        return {name: len(frame) for name, frame in self.frames.items()}

    def between(self, start: int, end: int, layout: Layout) -> Rows:
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
        return Rows(frames, spans, _tickets_inside(self.tickets, layout, bounds))


def joined(parts: Sequence[Rows], layout: Layout) -> Rows:
    """Those rows one after the other, numbered on."""
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
    return Rows(frames, merged_spans(spans), pl.concat(tickets) if tickets else None)


def numbered_on(frame: pl.DataFrame, sheet: Sheet, passed: Mapping[str, int]) -> pl.DataFrame:
    """Those rows, numbered on after the rows passed of each block."""
    if frame.is_empty() or not any(passed.values()):
        return frame
    moved = frame.clone()
    for place, (key, block) in enumerate(zip(sheet.keys, (sheet.block, sheet.above), strict=False)):
        if block is not None and passed[block]:
            moved.replace_column(place, frame[key] + passed[block])
    return moved


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


class Intake:
    """Takes in parcels that are laid out as said."""

    def __init__(self, layout: Layout) -> None:
        """For extracts of that layout."""
        self._layout = layout
        self._schemas = {sheet.block: sheet.schema for sheet in layout.sheets}
        self._empty = {block: pl.DataFrame(schema=schema) for block, schema in self._schemas.items()}

    def rows(self, parcel: ParcelRows) -> Rows:
        """Its rows. Raises Invariant where it has other columns than granted, or rows that do not follow."""
        foreign = sorted(set(parcel.frames) - set(self._schemas))
        if foreign:
            raise Invariant(f"batch {parcel.batch}: a parcel with blocks that nobody granted: {', '.join(foreign)}")
        frames = {sheet.block: self._checked(sheet, parcel) for sheet in self._layout.sheets}
        for sheet in self._layout.sheets:
            _check_links(sheet, frames, parcel.batch)
        span = Span(parcel.batch, {name: (1, len(frame)) for name, frame in frames.items() if len(frame)})
        return Rows(frames, (span,), _tickets(parcel, frames, self._layout))

    def _checked(self, sheet: Sheet, parcel: ParcelRows) -> pl.DataFrame:
        frame = parcel.frames.get(sheet.block)
        if frame is None or frame.is_empty():
            return self._empty[sheet.block]
        wanted = self._schemas[sheet.block]
        if list(frame.schema.items()) != list(wanted.items()):
            raise Invariant(
                f"batch {parcel.batch}: block {sheet.block} of a parcel has the columns {', '.join(frame.columns)}; "
                f"granted are {', '.join(sheet.columns)}"
            )
        if not (frame["row"] == pl.int_range(1, len(frame) + 1, eager=True)).all():
            raise Invariant(f"batch {parcel.batch}: the rows of block {sheet.block} are not numbered from 1")
        return frame


def _check_links(sheet: Sheet, frames: dict[str, pl.DataFrame], batch: str) -> None:
    if sheet.above is None or frames[sheet.block].is_empty():
        return
    links = frames[sheet.block][f"{sheet.above}_row"]
    if links.null_count() or not links.is_sorted() or links[0] < 1 or links[-1] > len(frames[sheet.above]):
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
