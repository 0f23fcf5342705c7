"""What a recipient is shown of its rows: the columns that it may get, and totals made anew from its own rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from declarations.blocks import Block, ColumnType, Plan
from declarations.entitlement.authorizations import Authorization, Total, merged, merged_totals
from declarations.errors import Configuration
from declarations.frames import data_type

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
    totals = merged_totals(held)
    found = {}
    for block in plan.blocks:
        if block.name in own:
            frame = _granted(block, own, plan, frozenset(columns[block.name]))
            made = _totals([each for each in totals if each.block == block.name], frame["row"], own, plan)
            found[block.name] = frame.hstack(made) if made else frame
    return found


def _granted(block: Block, own: Frames, plan: Plan, names: frozenset[str]) -> pl.DataFrame:
    columns = [pl.col("number").cast(pl.Int64).alias("row")]
    above = nearest_above(plan, block.name, own)
    if above is not None:
        columns.append(pl.col("above").cast(pl.Int64).alias(f"{above}_row"))
    columns += [pl.col(column.name) for column in block.columns if column.name in names]
    return own[block.name].select(columns)


def _totals(totals: Iterable[Total], rows: pl.Series, own: Frames, plan: Plan) -> list[pl.Series]:
    """The totals that this version has, for each of these rows."""
    typed = [(total, _type_of(plan, total)) for total in totals]
    return [_total(total, kind, rows, own, plan) for total, kind in typed if kind is not None]


def nearest_above(plan: Plan, name: str, among: Iterable[str]) -> str | None:
    """The nearest block above that is one of those; None where none is."""
    held = frozenset(among)
    parent = plan.block(name).parent
    while parent is not None and parent not in held:
        parent = plan.block(parent).parent
    return parent


def _type_of(plan: Plan, total: Total) -> pl.DataType | None:
    """The type of the total; None where this version does not have what it is about.

    Raises Configuration where that cannot be added up.
    """
    block = next((block for block in plan.blocks if block.name == total.of), None)
    if block is None or total.column is None:
        return None if block is None else pl.Int64()
    column = next((column for column in block.columns if column.name == total.column), None)
    if column is None:
        return None
    if column.type not in (ColumnType.INTEGER, ColumnType.DECIMAL):
        raise Configuration(f"total {total.name}: {total.of}.{total.column} is not a number")
    return data_type(column.type, column.scale)


def _total(total: Total, kind: pl.DataType, rows: pl.Series, own: Frames, plan: Plan) -> pl.Series:
    """The total for each of these rows, 0 where nothing stands below."""
    if total.of not in own:
        return pl.Series(total.name, [0]).cast(kind).new_from_index(0, len(rows))
    added = pl.len() if total.column is None else pl.col(total.column).sum()
    below = _climbed(total, own, plan).group_by("at").agg(added.cast(kind).alias(total.name))
    return rows.to_frame("at").join(below, on="at", how="left", maintain_order="left")[total.name].fill_null(0)


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
