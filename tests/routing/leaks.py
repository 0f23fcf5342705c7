"""What shows that a parcel depends on what its recipient may not see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

import polars as pl

from declarations.blocks import Column, ColumnType
from tests.cuts import Blocks

Parcel = Mapping[str, pl.DataFrame]
"""What a recipient is shown, block by block."""

Cutter = Callable[[Blocks, str], Parcel]
"""Cuts a batch for everybody, and tells what one recipient is shown."""

Hidden = Mapping[str, list[tuple[str, Column]]]
"""By recipient, block and column of what it may neither see nor be chosen by."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A block of a parcel that changed, and the columns that were changed where its recipient may not look."""

    recipient: str
    block: str
    columns: tuple[str, ...]


def leaks(cut: Cutter, blocks: Blocks, hidden: Hidden, seed: int) -> list[Leak]:
    """Change some of what one recipient may not see, in any form, and look whether its parcel changes.

    Sometimes one column of one block changes, sometimes every hidden one at once: in all rows or in one, to other
    values of its type, to those of other rows, or to nothing.
    """
    random = Random(seed)
    recipient = random.choice(sorted(hidden))
    columns = random.sample(hidden[recipient], 1) if random.random() < 0.7 else hidden[recipient]
    before, after = cut(blocks, recipient), cut(changed(blocks, columns, random), recipient)
    names = tuple(f"{block}.{column.name}" for block, column in columns)
    return [Leak(recipient, block, names) for block in different(before, after)]


def different(before: Parcel, after: Parcel) -> list[str]:
    """The blocks that differ in columns, types, rows or their order."""
    if list(before) != list(after):
        return sorted({*before, *after})
    return [
        block
        for block, frame in before.items()
        if frame.schema != after[block].schema or not frame.equals(after[block])
    ]


def changed(blocks: Blocks, columns: list[tuple[str, Column]], random: Random) -> Blocks:
    """The blocks with other values in those columns."""
    found = dict(blocks)
    for block, column in columns:
        frame = found[block]
        if len(frame):
            found[block] = frame.with_columns(_other(frame[column.name], column, random))
    return found


def _other(values: pl.Series, column: Column, random: Random) -> pl.Series:
    way = random.choice((_shuffled, _emptied, _replaced, _one_replaced))
    return way(values, column, random).alias(column.name)


def _shuffled(values: pl.Series, _: Column, random: Random) -> pl.Series:
    return values.shuffle(seed=random.randrange(1 << 30))


def _emptied(values: pl.Series, _: Column, random: Random) -> pl.Series:
    return values.clear(len(values))


def _replaced(values: pl.Series, column: Column, random: Random) -> pl.Series:
    made = [_value(column.type, random) for _ in range(min(len(values), 50))]
    several = pl.Series(made, dtype=values.dtype, strict=False)
    return several[[each % len(made) for each in range(len(values))]]


def _one_replaced(values: pl.Series, column: Column, random: Random) -> pl.Series:
    return values.clone().scatter(random.randrange(len(values)), _replaced(values.head(1), column, random))


def _value(kind: ColumnType, random: Random) -> object:
    match kind:
        case ColumnType.INTEGER:
            return random.choice((0, -1, 7, 10**15, random.randrange(1000)))
        case ColumnType.DECIMAL:
            return f"{random.randrange(10**6)}.00"
        case ColumnType.BOOLEAN:
            return random.choice((True, False))
        case ColumnType.DATE:
            return None
        case _:
            return random.choice(("", "0", "x", "124", "\u202e", "00000000005", str(random.randrange(10**9))))
