"""Choosing rows: what queries, values and the reference directory give, for all recipients that share a choice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from declarations.entitlements import Choice, Entitlements, Sharers, words_of
from declarations.errors import Configuration
from declarations.routes import Subject
from declarations.stages.normalize import schema_of
from declarations.stages.tree import NOTHING, Tree, claims

Known = Callable[[pl.Series, tuple[date, date]], pl.DataFrame]
"""The reference directory: numbers of persons, first and last day -> recipient, inss, quality of who knows them."""

Chosen = tuple[pl.Series, pl.Series]
"""Claims of recipients, and the places that anybody chose; both sorted and without repetition."""


def chosen(tree: Tree, given: Entitlements, known: Known | None) -> dict[str, list[Chosen]]:
    """Block -> what each choice gives there. Raises Configuration where a query fails or there is no directory."""
    found: dict[str, list[Chosen]] = {}
    acquainted: pl.DataFrame | None = None
    for choice, sharers in given.choices.items():
        if choice.block not in tree.frames:
            continue
        if choice.directory and acquainted is None:
            acquainted = _acquainted(tree, given, known)
        places = _queried(tree, choice)
        if len(places):
            found.setdefault(choice.block, []).append(_claimed(tree, given, choice, sharers, places, acquainted))
    return found


def _queried(tree: Tree, choice: Choice) -> pl.Series:
    """The places of the rows that the query returns; of all rows where there is none."""
    rows = tree.frames[choice.block]["row"]
    if choice.sql is None:
        return pl.int_range(len(rows), dtype=pl.UInt32, eager=True)
    try:
        returned = pl.SQLContext(_seen(tree, choice, choice.sql), eager=True).execute(choice.sql)["row"]
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


def _seen(tree: Tree, choice: Choice, sql: str) -> dict[str, pl.DataFrame]:
    """The blocks that the query names, with their keys and what it may see; what this version lacks is null."""
    named = words_of(sql)
    frames = {
        block.name: _with(tree.frames.get(block.name, pl.DataFrame(schema=schema_of(block))), choice, block.name)
        for block in tree.plan.blocks
        if block.name in named
    }
    links = dict.fromkeys(["row", *(word for word in named if word.endswith("_row"))], pl.Int64)
    for name in {owner for owner, _ in choice.seen if owner not in frames}:
        frames[name] = _with(pl.DataFrame(schema=links), choice, name)
    return frames


def _with(frame: pl.DataFrame, choice: Choice, block: str) -> pl.DataFrame:
    keys = [column for column in frame.columns if column == "row" or column.endswith("_row")]
    here = [name for owner, name in choice.seen if owner == block]
    return frame.select(
        *keys, *(name if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in here)
    )


def _acquainted(tree: Tree, given: Entitlements, known: Known | None) -> pl.DataFrame:
    """Who knows whom in the period of the form: code, person (place), quality; asked once for each period."""
    if known is None or given.subject is None:
        raise Configuration("a route asks the reference directory, and there is none to ask")
    people = _people(tree, given.subject)
    found = []
    for (period,), those in people.group_by("period", maintain_order=True):
        days = days_of(str(period))
        if days is not None:  # in a form about no period, nobody is known
            knowing = known(those["inss"].unique(maintain_order=True), days)
            found.append(
                knowing.join(given.codes, on="recipient").join(those, on="inss").select("code", "person", "quality")
            )
    return pl.concat(found).unique() if found else pl.DataFrame(schema=_ACQUAINTED)


_ACQUAINTED = {"code": pl.UInt32, "person": pl.UInt32, "quality": pl.String}


def _people(tree: Tree, subject: Subject) -> pl.DataFrame:
    """Persons of forms that declare a period: inss, person (place), period."""
    (block, number), (other, period) = subject.person.split("."), subject.period.split(".")
    if block not in tree.frames or other not in tree.frames:
        return pl.DataFrame(schema={"inss": pl.String, "person": pl.UInt32, "period": pl.String})
    periods = tree.frames[other].select("form", period=pl.col(period).cast(pl.String)).unique("form", keep="first")
    persons = tree.frames[block].select("form", inss=pl.col(number)).with_row_index("person")
    return persons.drop_nulls("inss").join(periods.drop_nulls(), on="form").select("inss", "person", "period")


def days_of(period: str) -> tuple[date, date] | None:
    """The first and the last day of a quarter `20231`, a month `2023-01` or a year `2023`; None where it is none."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        return None
    year, quarter, month = int(found["year"]), int(found["quarter"] or 0), int(found["month"] or 0)
    first = month or quarter * 3 - 2 if month or quarter else 1
    last = month or quarter * 3 or 12
    return date(year, first, 1), date(year + last // 12, last % 12 + 1, 1) - timedelta(days=1)


_PERIOD = re.compile(r"(?P<year>[12][0-9]{3})(?:(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


def _claimed(
    tree: Tree,
    given: Entitlements,
    choice: Choice,
    sharers: Sharers,
    places: pl.Series,
    acquainted: pl.DataFrame | None,
) -> Chosen:
    if choice.column is None and not choice.directory:
        pairs = sharers.codes.to_frame().join(
            pl.DataFrame([places.alias("place")]), how="cross", maintain_order="left_right"
        )
        return claims(pairs["code"], pairs["place"]), places
    pairs = pl.DataFrame({"place": places})
    if choice.column is not None:
        pairs = _with_values(tree, choice, sharers, pairs)
    if acquainted is not None and choice.directory:
        pairs = _with_knowledge(tree, given, choice, sharers, pairs, acquainted)
    if pairs.is_empty():
        return NOTHING, places.clear()
    return claims(pairs["code"], pairs["place"]).unique().sort(), pairs["place"].unique().sort()


def _with_values(tree: Tree, choice: Choice, sharers: Sharers, pairs: pl.DataFrame) -> pl.DataFrame:
    """Code and place of the rows whose column is a value of the recipient."""
    frame = tree.frames[choice.block]
    if choice.column not in frame.columns:
        return pairs.clear().with_columns(code=pl.lit(None, pl.UInt32))
    at = frame[choice.column].gather(pairs["place"]).cast(pl.String)
    return pairs.with_columns(value=at).join(sharers.wanted, on="value").select("code", "place")


def _with_knowledge(
    tree: Tree,
    given: Entitlements,
    choice: Choice,
    sharers: Sharers,
    pairs: pl.DataFrame,
    acquainted: pl.DataFrame,
) -> pl.DataFrame:
    """Code and place of the rows whose person the recipient knows, in a quality asked for."""
    if given.subject is None:
        return pairs.clear()
    person = given.subject.person.partition(".")[0]
    those = acquainted
    if len(sharers.codes) < len(given.recipients):
        those = those.join(sharers.codes.to_frame(), on="code", how="semi")
    if choice.qualities:
        those = those.filter(pl.col("quality").is_in(list(choice.qualities)))
    known_by = those.select("code", "person").unique()
    placed = pairs.with_columns(person=tree.climb(choice.block, person, pairs["place"]))
    both = ["person"] if choice.column is None else ["code", "person"]
    return placed.join(known_by, on=both).select("code", "place")
