"""Cutting a batch for one recipient: the rows that concern it, the columns it may get, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from declarations.authorizations import Authorization, Columns, Route, merged
from declarations.blocks import Block, Plan
from declarations.errors import Configuration

Blocks = Mapping[str, pl.DataFrame]


def accepted_only(blocks: Blocks, forms: Collection[int]) -> dict[str, pl.DataFrame]:
    """The blocks without the rows of forms that were not accepted."""
    kept = pl.Series(sorted(forms), dtype=pl.Int64)
    return {name: frame.filter(pl.col("form").is_in(kept.implode())) for name, frame in blocks.items()}


def parcel(
    blocks: Blocks, plan: Plan, routes: Iterable[Route], authorizations: Collection[Authorization]
) -> dict[str, pl.DataFrame]:
    """What one recipient gets: a frame per authorized block, empty ones left out.

    Columns: `row` (numbered from 1 in this parcel, in document order), `<block>_row` of the nearest block above
    that the recipient gets too, then the authorized columns in schema order. Columns that this version of the
    message does not have are left out. Raises Configuration where a route uses a column that no authorization
    names as used to select.
    """
    shown = merged(each.columns for each in authorizations)
    selectable = merged(each.selects_by for each in authorizations)
    rows = _rows(blocks, plan, routes, selectable)
    kept = {
        block.name: blocks[block.name].filter(pl.col("row").is_in(rows[block.name].implode()))
        for block in plan.blocks
        if block.name in shown and block.name in rows
    }
    numbered = {name: frame.with_row_index("extract_row", offset=1) for name, frame in kept.items() if len(frame)}
    return {
        block.name: _shown(block, numbered, blocks, plan, shown[block.name])
        for block in plan.blocks
        if block.name in numbered
    }


def _rows(blocks: Blocks, plan: Plan, routes: Iterable[Route], selectable: Columns) -> dict[str, pl.Series]:
    """Block -> the rows that one of the routes reaches: chosen, above a chosen one, or below."""
    reached: dict[str, list[pl.Series]] = {}
    for route in routes:
        if route.block not in blocks:
            continue
        chosen = _chosen(blocks, route, selectable)
        reached.setdefault(route.block, []).append(chosen)
        _reach_up(blocks, plan, route.block, chosen, reached)
        _reach_down(blocks, plan, route.block, chosen, reached)
    return {name: pl.concat(parts).unique().sort() for name, parts in reached.items()}


def _chosen(blocks: Blocks, route: Route, selectable: Columns) -> pl.Series:
    if route.sql is None:
        return blocks[route.block]["row"]
    context = pl.SQLContext(
        {
            name: frame.select(
                column for column in frame.columns if _is_key(column) or column in selectable.get(name, ())
            )
            for name, frame in blocks.items()
        },
        eager=True,
    )
    try:
        return context.execute(route.sql)["row"]
    except pl.exceptions.PolarsError as fault:
        raise Configuration(
            f"route of {route.recipient}: {fault}; a route may use only columns that an authorization lists "
            "under selects_by"
        ) from fault


def _is_key(column: str) -> bool:
    return column == "row" or column.endswith("_row")


def _reach_up(blocks: Blocks, plan: Plan, name: str, rows: pl.Series, reached: dict[str, list[pl.Series]]) -> None:
    block = plan.block(name)
    while block.parent is not None:
        rows = blocks[block.name].filter(pl.col("row").is_in(rows.implode()))[f"{block.parent}_row"].unique()
        block = plan.block(block.parent)
        reached.setdefault(block.name, []).append(rows)


def _reach_down(blocks: Blocks, plan: Plan, name: str, rows: pl.Series, reached: dict[str, list[pl.Series]]) -> None:
    for child in plan.children(name):
        below = blocks[child.name].filter(pl.col(f"{name}_row").is_in(rows.implode()))["row"]
        reached.setdefault(child.name, []).append(below)
        _reach_down(blocks, plan, child.name, below, reached)


def _shown(
    block: Block, numbered: Mapping[str, pl.DataFrame], blocks: Blocks, plan: Plan, names: Collection[str]
) -> pl.DataFrame:
    frame = numbered[block.name]
    columns = [pl.col("extract_row").cast(pl.Int64).alias("row")]
    above = _nearest_above(block, numbered, plan)
    if above is not None:
        frame = _linked(frame, block, above, numbered, blocks, plan)
        columns.append(pl.col("above_row").cast(pl.Int64).alias(f"{above}_row"))
    columns += [pl.col(column.name) for column in block.columns if column.name in names]
    return frame.sort("extract_row").select(columns)


def _nearest_above(block: Block, numbered: Mapping[str, pl.DataFrame], plan: Plan) -> str | None:
    parent = block.parent
    while parent is not None and parent not in numbered:
        parent = plan.block(parent).parent
    return parent


def _linked(
    frame: pl.DataFrame, block: Block, above: str, numbered: Mapping[str, pl.DataFrame], blocks: Blocks, plan: Plan
) -> pl.DataFrame:
    """The frame with `above_row`: the number, in this parcel, of the row of `above` that it hangs under."""
    frame = frame.with_columns(pl.col(f"{block.parent}_row").alias("at"))
    at = block.parent
    while at != above and at is not None:
        parent = plan.block(at).parent
        step = blocks[at].select(pl.col("row").alias("at"), pl.col(f"{parent}_row").alias("next"))
        frame = frame.join(step, on="at", how="left").drop("at").rename({"next": "at"})
        at = parent
    numbers = numbered[above].select(pl.col("row").alias("at"), pl.col("extract_row").alias("above_row"))
    return frame.join(numbers, on="at", how="left")
