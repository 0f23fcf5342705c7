"""Business controls over the blocks of a batch: findings with their place and keys, and a verdict per form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO

import polars as pl

from declarations.families import Version
from declarations.stages.validate import JudgedForm
from declarations.stages.verdict import Share
from validators.anomaly import Anomaly, AnomalyClass
from validators.places import Place, Wanted, places
from validators.rules import Control, Rules, hits

Opener = Callable[[], AbstractContextManager[BinaryIO]]

Found = tuple[int, Anomaly]
"""A part (from 1) and a finding in it."""


def schema_anomalies(form: JudgedForm, version: Version) -> list[Anomaly]:
    """The schema's faults of one form as findings, each with the class that the authority gives it."""
    return [
        Anomaly(
            code=(code := f"{fault.number or version.plan.root_number}-{fault.kind}"),
            anomaly_class=version.family.anomaly_class(code),
            check="schema",
            control=f"schema-{fault.kind}",
            form=form.ordinal,
            tag=fault.tag,
            value=fault.value,
            location=fault.location,
            path=_tree_path(form, fault.location, version),
        )
        for fault in form.faults
    ]


def _tree_path(form: JudgedForm, location: tuple[int, ...], version: Version) -> tuple[tuple[str, str], ...]:
    """Business keys met on the way from the form down to a location."""
    path: list[tuple[str, str]] = []
    element = form.element
    keys = version.family.keys
    tags = {block.tag: block.name for block in version.plan.blocks}
    for index in (*location[2:], 0):
        wanted = keys.get(tags.get(str(element.tag), ""), ())
        texts = {str(child.tag): child.text for child in element if child.tag in wanted}
        path += [(tag, text.strip()) for tag in wanted if (text := texts.get(tag))]
        if index < 1 or index > len(element):
            break
        element = element[index - 1]
    return tuple(path)


@dataclass(frozen=True, slots=True)
class Controlled:
    """What the controls find in a batch.

    found   the findings in document order; lines are not known yet
    shares  by the form's number in the batch, how many of its counted elements have a finding of class P
    """

    found: tuple[Found, ...]
    shares: Mapping[int, Share]


def control(blocks: Mapping[str, pl.DataFrame], version: Version, controls: Rules, today: date) -> Controlled:
    """What the controls find in the blocks of schema-valid forms.

    A control looks only at forms whose period (family.toml, `period`) lies in its validity.
    Raises RuleError (`validators.rules`).
    """
    periods = _periods(blocks, version)
    found: list[Found] = []
    marked: list[pl.DataFrame] = []
    for each, rows in hits(controls, blocks, today):
        lines = _lines(each, rows, blocks, version, periods)
        found += _findings(each, lines, version)
        if each.anomaly_class is AnomalyClass.PERCENTAGE and "counted" in lines.columns:
            marked.append(lines.select("form", "counted"))
    found.sort(key=lambda item: (item[0], item[1].location))
    return Controlled(tuple(found), _shares(blocks, version.family.tolerance.counted, marked))


def _shares(blocks: Mapping[str, pl.DataFrame], counted: str, marked: list[pl.DataFrame]) -> dict[int, Share]:
    """Of the forms that have findings of class P in a counted element."""
    if not marked:
        return {}
    found = pl.concat(marked).unique().group_by("form").len("marked")
    totals = blocks[counted].group_by("form").len("of")
    return {form: Share(part, of) for form, part, of in found.join(totals, on="form").iter_rows()}


def _periods(blocks: Mapping[str, pl.DataFrame], version: Version) -> pl.DataFrame:
    """One row per form: form, period."""
    block, _, column = version.family.period.partition(".")
    return blocks[block].select("form", period=pl.col(column))


def _lines(
    control: Control,
    rows: pl.Series,
    blocks: Mapping[str, pl.DataFrame],
    version: Version,
    periods: pl.DataFrame,
) -> pl.DataFrame:
    """The rows found in forms whose period the control is for."""
    lines = _climb(control, rows, blocks, version).join(periods, on="form", how="left")
    return lines.filter(pl.col("period").is_between(pl.lit(control.valid_from), pl.lit(control.valid_until)))


def _findings(control: Control, lines: pl.DataFrame, version: Version) -> list[Found]:
    block = version.plan.block(control.block)
    column = next((each for each in block.columns if each.name == control.column), None)
    chain = _chain(version, control.block)
    found: list[Found] = []
    for line in lines.iter_rows(named=True):
        keys = [
            (tag, str(value))
            for name in chain
            for tag in version.family.keys.get(name, ())
            if (value := line.get(f"{name}|{tag}")) is not None
        ]
        location = (1, *(line[f"{name}|nth"] for name in chain))
        anomaly = Anomaly(
            code=control.code,
            anomaly_class=control.anomaly_class,
            check=control.kind,
            control=control.id,
            form=location[1],
            tag=column.tag if column else block.tag,
            value=None if line["value"] is None else str(line["value"]),
            location=location,
            path=tuple(keys),
        )
        found.append((line["part"], anomaly))
    return found


def pointed_at(control: Control, rows: pl.Series, blocks: Mapping[str, pl.DataFrame], version: Version) -> list[Found]:
    """Those rows of the control's block as findings of it, with place and keys, whoever found them."""
    return _findings(control, _climb(control, rows, blocks, version), version)


def _chain(version: Version, name: str) -> list[str]:
    """Block names from the form down to that block."""
    chain = [name]
    while (parent := version.plan.block(chain[0]).parent) is not None:
        chain.insert(0, parent)
    return chain


def _climb(control: Control, rows: pl.Series, blocks: Mapping[str, pl.DataFrame], version: Version) -> pl.DataFrame:
    """The rows found, each with its value and with `nth` and the key columns of every block above it.

    `counted` is the row of the block that a percentage is taken of, where the control is about it or below it.
    """
    chain = _chain(version, control.block)
    value = pl.col(control.column) if control.column else pl.lit(None, dtype=pl.String)
    lines = (
        blocks[control.block]
        .join(rows.to_frame("row"), on="row", how="semi")
        .select("row", value=value.cast(pl.String))
    )
    lines = lines.with_columns(pl.col("row").alias("at"))
    for name in reversed(chain):
        block = version.plan.block(name)
        if name == version.family.tolerance.counted:
            lines = lines.with_columns(pl.col("at").alias("counted"))
        wanted = version.family.keys.get(name, ())
        keys = [pl.col(column.name).alias(f"{name}|{column.tag}") for column in block.columns if column.tag in wanted]
        above = pl.col("part") if block.parent is None else pl.col(f"{block.parent}_row").alias("above")
        step = blocks[name].select(pl.col("row").alias("at"), pl.col("nth").alias(f"{name}|nth"), above, *keys)
        if block.parent is None:
            step = step.with_columns(form=blocks[name]["form"])
        lines = lines.join(step, on="at", how="left", maintain_order="left").drop("at")
        lines = lines.rename({"above": "at"}) if block.parent else lines
    return lines


def located(found: Sequence[Found], openers: Mapping[int, Opener], form: str) -> list[Found]:
    """The same findings with line and column, read from the parts' own bytes; their location names the zone.

    `form` is the tag of the forms: no others are read than those with a finding.
    """
    placed: list[Found] = []
    for part, opener in openers.items():
        here = [anomaly for at, anomaly in found if at == part]
        if not here:
            continue
        with opener() as source:
            known = places(source, {wanted for anomaly in here for wanted in candidates(anomaly)}, form)
        placed += [(part, placed_at(anomaly, known)) for anomaly in here]
    return placed


def candidates(anomaly: Anomaly) -> tuple[Wanted, ...]:
    """A control knows its block's element and the zone's tag; the schema knows the element itself."""
    own: Wanted = (anomaly.location, None)
    return (own,) if anomaly.check == "schema" else ((anomaly.location, anomaly.tag), own)


def placed_at(anomaly: Anomaly, known: Mapping[Wanted, Place]) -> Anomaly:
    for wanted in candidates(anomaly):
        place = known.get(wanted)
        if place is not None:
            value = anomaly.value if place.text is None else place.text
            return replace(anomaly, location=place.location, line=place.line, column=place.column, value=value)
    return anomaly
