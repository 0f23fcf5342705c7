"""A batch slice by slice: read in flat memory, and judged as if it were judged at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from declarations.reading.stretches import SLICE_BYTES, Rows, Stretch, layout_of, newest, read_pieces, stretches
from declarations.reading.together import joined, keys, only, torn
from declarations.stages.chunks import CHUNK_BYTES
from declarations.stages.read import JudgedHead, PartSource, Reading


def slices(
    parts: Sequence[PartSource],
    size: int = SLICE_BYTES,
    progress: Callable[[int], None] = lambda forms: None,
) -> Iterator[Reading]:
    """The parts of a batch that passed the gate, validated and normalized: whole forms in document order.

    A slice is what lies within `size` bytes of XML, and at least one form: one that is larger is read at once. Forms
    are numbered over the batch from 0, and rows of each block too: the slices one after the other are what
    `stages.read.read` gives, wherever they are cut. `progress` is told of the forms read.
    """
    return gathered(parts, cut(parts, size), lambda stretch: None, progress)


def cut(parts: Sequence[PartSource], size: int = SLICE_BYTES) -> Iterator[Stretch]:
    """The slices of that size, not read yet."""
    return stretches({part.part: layout_of(part, min(size, CHUNK_BYTES)) for part in parts}, size)


def gathered(
    parts: Sequence[PartSource],
    cuts: Iterable[Stretch],
    ahead: Callable[[Stretch], Reading | None],
    progress: Callable[[int], None] = lambda forms: None,
) -> Iterator[Reading]:
    """The same of parts that were cut before; `ahead` gives a slice as `read_slice` gave it, if somebody read it."""
    rows = Rows(newest(part.version for part in parts).plan)
    for stretch in cuts:
        reading = ahead(stretch) or read_slice(parts, stretch, progress)
        yield Reading(reading.version, rows.renumbered(reading.blocks), reading.heads, reading.found)


def read_slice(
    parts: Sequence[PartSource], stretch: Stretch, progress: Callable[[int], None] = lambda forms: None
) -> Reading:
    """A slice by itself: its forms have their numbers in the batch, its rows are counted from 0."""
    return read_pieces(stretch.pieces, {part.part: part for part in parts}, progress)


def judge_slices(
    count: int,
    load: Callable[[int], Reading],
    judged: Callable[[Reading], tuple[JudgedHead, ...]],
    ahead: Callable[[int], tuple[JudgedHead, ...] | None] = lambda number: None,
) -> Iterator[tuple[JudgedHead, ...]]:
    """The verdicts of each slice in turn; `load` gives slice 0 to `count - 1` as `slices` gave it, each when asked for.

    Forms that a family's controls look at together are judged together wherever they lie. `ahead` gives what `judged`
    gave of a slice by itself, if somebody asked it before.
    """
    again: dict[int, JudgedHead] = {}
    for group in torn(keys(load(number)) for number in range(count)) if count > 1 else ():
        reading = joined([only(load(number), group.forms) for number in group.slices])
        again |= {each.head.number: each for each in judged(reading)}
    for number in range(count):
        verdicts = ahead(number) or judged(load(number))
        yield tuple(again.get(each.head.number, each) for each in verdicts)
