"""What a recipient is shown of its rows: the columns that it may get, and totals made anew from its own rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from declarations.authorizations import Authorization, Total, merged, merged_totals
from declarations.blocks import Block, ColumnType, Plan
from declarations.errors import Configuration

Frames = Mapping[str, pl.DataFrame]


def shown(frames: Frames, plan: Plan, authorizations: Iterable[Authorization]) -> dict[str, pl.DataFrame]:
    """What one recipient gets of one cut (`Cut.parcel`): a frame per authorized block, empty ones left out.

    Columns: `row` (from 1, in document order), `<block>_row` of the nearest block above that it gets too, the
    authorized columns in schema order, then its totals by name. What this version of the message does not have is left
    out. The authorizations are those it was cut under (`cut_under`). Raises Configuration where a total adds up what is
    no number.
    """
    held = list(authorizations)
    columns = merged(each.columns for each in held)
    own = {name: frame for name, frame in frames.items() if name in columns and len(frame)}
    totals = [total for total in merged_totals(held) if total.block in own and _has(plan, total)]
    return {
        block.name: _shown(block, own, plan, columns[block.name], [each for each in totals if each.block == block.name])
        for block in plan.blocks
        if block.name in own
    }


def _shown(block: Block, own: Frames, plan: Plan, names: Iterable[str], totals: list[Total]) -> pl.DataFrame:
    granted = frozenset(names)
    columns = [pl.col("number").cast(pl.Int64).alias("row")]
    above = nearest_above(plan, block.name, own)
    if above is not None:
        columns.append(pl.col("above").cast(pl.Int64).alias(f"{above}_row"))
    columns += [pl.col(column.name) for column in block.columns if column.name in granted]
    frame = own[block.name].select(columns)
    return frame.with_columns(_total(total, frame["row"], own, plan) for total in totals) if totals else frame


def nearest_above(plan: Plan, name: str, among: Iterable[str]) -> str | None:
    """The nearest block above that is one of those; None where none is."""
    held = frozenset(among)
    parent = plan.block(name).parent
    while parent is not None and parent not in held:
        parent = plan.block(parent).parent
    return parent


def _has(plan: Plan, total: Total) -> bool:
    """Whether this version has what the total is about. Raises Configuration where that cannot be added up."""
    column = total.column
    for block in plan.blocks:
        if block.name == total.of:
            kinds = {each.name: each.type for each in block.columns}
            if column is not None and kinds.get(column, _NUMBERS[0]) not in _NUMBERS:
                raise Configuration(f"total {total.name}: {total.of}.{column} is not a number")
            return column is None or column in kinds
    return False


_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)


def _total(total: Total, rows: pl.Series, own: Frames, plan: Plan) -> pl.Series:
    """The total for each of these rows, 0 where nothing stands below."""
    if total.of not in own:
        return pl.repeat(0, len(rows), dtype=pl.Int64, eager=True).alias(total.name)
    added = pl.len() if total.column is None else pl.col(total.column).sum()
    below = _climbed(total, own, plan).group_by("at").agg(added.alias(total.name))
    found = rows.to_frame("at").join(below, on="at", how="left", maintain_order="left")[total.name]
    whole = found.cast(pl.Int64) if total.column is None else found
    return whole.fill_null(0)


def _climbed(total: Total, own: Frames, plan: Plan) -> pl.DataFrame:
    """The rows added up with `at`: the number of the row of the total's block that they stand under."""
    frame = own[total.of].with_columns(at=pl.col("above").cast(pl.Int64))
    name = nearest_above(plan, total.of, own)
    while name is not None and name != total.block:
        links = own[name].select(at=pl.col("number").cast(pl.Int64), next=pl.col("above").cast(pl.Int64))
        frame = frame.join(links, on="at", how="left").drop("at").rename({"next": "at"})
        name = nearest_above(plan, name, own)
    if name is None:
        raise Configuration(f"total {total.name}: {total.of} does not stand below {total.block}")
    return frame
