"""Business controls as data: a named check on a column, or a SQL query over the blocks that returns bad rows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validators.anomaly import AnomalyClass
from validators.identifiers import NAMED_CHECKS

if TYPE_CHECKING:
    import polars as pl


class RuleError(Exception):
    """A control that cannot be read or run; the text names it."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a family.

    Exactly one of `check` (a name of `validators.identifiers.NAMED_CHECKS`, applied to `column`) and `sql` is
    set. The query sees the blocks by their names and the one-row table `clock` (today, quarter, last_quarter);
    it returns `row` of `block`.
    breaks  edits that turn an accepted document into one that it finds: (path below the form, new text)
    """

    id: str
    code: str  # `00024-004`
    anomaly_class: AnomalyClass
    kind: str  # what a finding's `check` says: "identifiers" or "rules"
    block: str
    column: str | None  # the zone that is wrong; None where it is the whole block
    check: str | None
    sql: str | None
    ignore: tuple[str, ...]  # values that a named check passes, such as a number that means "unknown"
    source: str
    valid_from: str  # quarter, inclusive
    valid_until: str  # quarter, inclusive
    breaks: tuple[tuple[str, str], ...]


def controls(path: Path) -> tuple[Control, ...]:
    """The controls of that TOML file, in its order. Raises RuleError."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))["control"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as fault:
        raise RuleError(f"{path}: {fault}; expected [[control]] tables") from fault
    read = tuple(_control(path, each) for each in given)
    ids = [each.id for each in read]
    if len(set(ids)) < len(ids):
        raise RuleError(f"{path}: two controls have the same id")
    return read


def _control(path: Path, given: dict[str, Any]) -> Control:
    name = given.get("id", "(no id)")
    try:
        control = Control(
            id=given["id"],
            code=given["code"],
            anomaly_class=AnomalyClass(given["class"]),
            kind="identifiers" if "check" in given else "rules",
            block=given["block"],
            column=given.get("column"),
            check=given.get("check"),
            sql=given.get("sql"),
            ignore=tuple(given.get("ignore", ())),
            source=given["source"],
            valid_from=given.get("from", "00000"),
            valid_until=given.get("until", "99999"),
            breaks=tuple((path, text) for path, text in given["breaks"]),
        )
    except (KeyError, ValueError) as fault:
        raise RuleError(f"{path}, control {name}: {fault} is missing or wrong") from fault
    if (control.check is None) == (control.sql is None):
        raise RuleError(f"{path}, control {name}: give either `check` or `sql`")
    if control.check is not None and (control.check not in NAMED_CHECKS or control.column is None):
        raise RuleError(f"{path}, control {name}: `check` is one of {sorted(NAMED_CHECKS)}, on a `column`")
    return control


def hits(control: Control, blocks: Mapping[str, pl.DataFrame], today: date) -> pl.Series | None:
    """The rows of `control.block` that it finds wrong, sorted; None where this version has no such block or column.

    Raises RuleError where the query cannot be run.
    """
    import polars as pl

    frame = blocks.get(control.block)
    if frame is None or (control.column is not None and control.column not in frame.columns):
        return None
    if control.check is not None and control.column is not None:
        good = NAMED_CHECKS[control.check](control.column)
        judged = pl.col(control.column).is_not_null() & ~pl.col(control.column).is_in(control.ignore)
        return frame.filter(judged & ~good)["row"]
    try:
        found = pl.SQLContext({**blocks, "clock": clock(today)}, eager=True).execute(control.sql or "")
    except pl.exceptions.PolarsError as fault:
        raise RuleError(f"control {control.id}: {fault}") from fault
    return found["row"].unique().sort()


def clock(today: date) -> pl.DataFrame:
    """One row: today, the running quarter and the last completed one, as `20231`."""
    import polars as pl

    quarter = (today.month - 1) // 3 + 1
    running = f"{today.year}{quarter}"
    last = f"{today.year}{quarter - 1}" if quarter > 1 else f"{today.year - 1}4"
    return pl.DataFrame({"today": [today], "quarter": [running], "last_quarter": [last]})
