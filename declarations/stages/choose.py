"""Choosing rows: what queries, values and the reference directory give, for all recipients that share a choice."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from declarations.blocks import Plan
from declarations.entitlement.choices import Choice, Sharers, words_of
from declarations.entitlement.entitlements import Entitlements
from declarations.errors import Configuration
from declarations.frames import schema_of
from declarations.stages.acquaint import Known, acquainted
from declarations.stages.tree import NOTHING, Tree, claims, each_once

Chosen = tuple[pl.Series, pl.Series]
"""Claims of recipients, and the places that anybody chose; both sorted and without repetition."""


def chosen(tree: Tree, given: Entitlements, known: Known | None) -> dict[str, list[Chosen]]:
    """Block -> what each choice gives there. Raises Configuration where a query fails or there is no directory."""
    found: dict[str, list[Chosen]] = {}
    knowing: pl.DataFrame | None = None
    for choice, sharers in given.choices.items():
        if choice.block not in tree.frames:
            continue
        if choice.directory and knowing is None:
            knowing = acquainted(tree, given, known)
        places = _queried(tree, choice)
        if len(places):
            found.setdefault(choice.block, []).append(_claimed(tree, given, choice, sharers, places, knowing))
    return found


def _queried(tree: Tree, choice: Choice) -> pl.Series:
    """The places of the rows that the query returns; of all rows where there is none."""
    rows = tree.frames[choice.block]["row"]
    if choice.sql is None:
        return pl.int_range(len(rows), dtype=pl.UInt32, eager=True)
    try:
        returned = pl.SQLContext(seen_by(choice.sql, tree.plan, tree.frames, choice.seen), eager=True).execute(
            choice.sql
        )["row"]
        return rows.is_in(returned.cast(pl.Int64).implode()).arg_true()
    except pl.exceptions.PolarsError as fault:
        told = str(fault) if isinstance(fault, _WITHOUT_VALUES) else type(fault).__name__
        raise Configuration(
            f"a route by {choice.block}: {told}; a query may use only columns that an authorization of its recipient "
            "lists under selects_by, and returns `row` of the block"
        ) from (fault if isinstance(fault, _WITHOUT_VALUES) else None)


_WITHOUT_VALUES = (
    pl.exceptions.ColumnNotFoundError,
    pl.exceptions.SQLInterfaceError,
    pl.exceptions.SQLSyntaxError,
    pl.exceptions.SchemaError,
)
"""The faults whose text speaks of the query alone; that of others may quote what stands in a row."""


def seen_by(
    sql: str, plan: Plan, frames: Mapping[str, pl.DataFrame], seen: Collection[tuple[str, str]]
) -> dict[str, pl.DataFrame]:
    """What a query has to do with: the blocks that it names, with their keys and the columns of `seen`, block by name.

    A block without rows is empty, a column that this version lacks is null.
    """
    named = words_of(sql)
    found = {
        block.name: _narrowed(frames.get(block.name, pl.DataFrame(schema=schema_of(block))), block.name, seen)
        for block in plan.blocks
        if block.name in named
    }
    links = dict.fromkeys(["row", *(word for word in named if word.endswith("_row"))], pl.Int64)
    for name in {owner for owner, _ in seen if owner not in found}:
        found[name] = _narrowed(pl.DataFrame(schema=links), name, seen)
    return found


def _narrowed(frame: pl.DataFrame, block: str, seen: Collection[tuple[str, str]]) -> pl.DataFrame:
    keys = [column for column in frame.columns if column == "row" or column.endswith("_row")]
    here = [name for owner, name in seen if owner == block]
    lacking = [pl.Series(name, [None], dtype=pl.String) for name in here if name not in frame.columns]
    had = frame[[*keys, *(name for name in here if name in frame.columns)]]
    return had.hstack([each.new_from_index(0, len(frame)) for each in lacking]) if lacking else had


def _claimed(
    tree: Tree,
    given: Entitlements,
    choice: Choice,
    sharers: Sharers,
    places: pl.Series,
    knowing: pl.DataFrame | None,
) -> Chosen:
    if choice.column is None and not choice.directory:
        pairs = sharers.codes.to_frame().join(
            pl.DataFrame([places.alias("place")]), how="cross", maintain_order="left_right"
        )
        return claims(pairs["code"], pairs["place"]), places
    pairs = pl.DataFrame({"place": places})
    if choice.column is not None:
        pairs = _with_values(tree, choice, sharers, pairs)
    if knowing is not None and choice.directory:
        pairs = _with_knowledge(tree, given, choice, sharers, pairs, knowing)
    if pairs.is_empty():
        return NOTHING, places.clear()
    return each_once(claims(pairs["code"], pairs["place"]).sort()), each_once(pairs["place"].sort())


def _with_values(tree: Tree, choice: Choice, sharers: Sharers, pairs: pl.DataFrame) -> pl.DataFrame:
    """Code and place of the rows whose column is a value of the recipient."""
    frame = tree.frames[choice.block]
    if choice.column not in frame.columns:
        return pairs.clear().with_columns(code=pl.lit(None, pl.UInt32))
    at = frame[choice.column][pairs["place"]].cast(pl.String).alias("value")
    return pairs.hstack([at]).join(sharers.wanted, on="value")[["code", "place"]]


def _with_knowledge(
    tree: Tree,
    given: Entitlements,
    choice: Choice,
    sharers: Sharers,
    pairs: pl.DataFrame,
    knowing: pl.DataFrame,
) -> pl.DataFrame:
    """Code and place of the rows whose person the recipient knows, in a quality asked for."""
    if given.subject is None:
        return pairs.clear()
    person = given.subject.person.partition(".")[0]
    those = knowing.lazy()
    if len(sharers.codes) < len(given.recipients):
        those = those.join(sharers.codes.to_frame().lazy(), on="code", how="semi")
    if choice.qualities:
        those = those.filter(pl.col("quality").is_in(list(choice.qualities)))
    placed = pairs.hstack([tree.climb(choice.block, person, pairs["place"]).alias("person")]).lazy()
    both = ["person"] if choice.column is None else ["code", "person"]
    return placed.join(those.select("code", "person").unique(), on=both).select("code", "place").collect()
