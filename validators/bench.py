"""The tables that controls look into, and how a control is run over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING

from validators.codelists import UnusableList
from validators.controls import DECLARED, IN_QUARTER, KNOWN, Control, RuleError, Rules, words
from validators.identifiers import NAMED_CHECKS

if TYPE_CHECKING:
    import polars as pl


class Bench:
    """The tables that controls look into: blocks at once, views and code lists when first named."""

    def __init__(self, rules: Rules, blocks: Mapping[str, pl.DataFrame], today: date) -> None:
        import polars as pl

        self._rules = rules
        self._tables: dict[str, pl.DataFrame] = {**blocks, "clock": clock(today)}
        self._context = pl.SQLContext(self._tables, eager=False)
        self._lists = frozenset(rules.lists.names())
        self._quarters: list[str] | None = None
        if DECLARED in rules.views:
            self._quarters = sorted(self.table(DECLARED)["quarter"].unique())

    def declares(self, control: Control) -> bool:
        """Whether a quarter that the control is for is declared."""
        if self._quarters is None:
            return True
        return any(control.valid_from <= quarter <= control.valid_until for quarter in self._quarters)

    def table(self, name: str) -> pl.DataFrame:
        """A block, view or code list."""
        if name not in self._tables:
            made = self._view(name) if name in self._rules.views else self._codes(name)
            self._tables[name] = made
            self._context.register(name, made)
        return self._tables[name]

    def _view(self, name: str) -> pl.DataFrame:
        import polars as pl

        try:
            return self._planned(self._rules.views[name]).collect()
        except pl.exceptions.PolarsError as fault:
            raise RuleError(f"view {name}: {fault}") from fault

    def _codes(self, name: str) -> pl.DataFrame:
        try:
            return self._rules.lists.within(name, self._quarters or ())
        except UnusableList as fault:
            raise RuleError(str(fault)) from fault

    def _planned(self, sql: str) -> pl.LazyFrame:
        for word in sorted(words(sql) & (self._rules.views.keys() | self._lists)):
            self.table(word)
        return self._context.execute(sql)

    def found(self, controls: Sequence[Control]) -> list[pl.Series]:
        """The rows that each of the controls finds wrong, sorted. Many together take half as long as one by one.

        Raises RuleError where a query cannot be run.
        """
        import polars as pl

        plans = [self._plan(control) for control in controls]
        try:
            frames = pl.collect_all(plans)
        except pl.exceptions.PolarsError:
            frames = [self._alone(control, plan) for control, plan in zip(controls, plans, strict=True)]
        return [_once(frame["row"]) for frame in frames]

    def _plan(self, control: Control) -> pl.LazyFrame:
        import polars as pl

        try:
            rows = self._wrong(control)
        except pl.exceptions.PolarsError as fault:
            raise RuleError(f"control {control.id}: {fault}") from fault
        return rows.select("row")

    def _wrong(self, control: Control) -> pl.LazyFrame:
        if control.unique:
            return self._alike(control)
        return self._checked(control) if control.sql is None else self._planned(control.sql)

    def _alike(self, control: Control) -> pl.LazyFrame:
        """The rows that have the same in all the columns as another one. Seldom are there any, which hashes tell."""
        import polars as pl

        frame = self._tables[control.block]
        hashes = [pl.col(name).hash(seed) for seed, name in enumerate(control.unique)]
        if frame.select(reduce(xor, hashes).n_unique()).item() == len(frame):
            return frame.clear().lazy()
        return frame.lazy().filter(pl.struct(control.unique).is_duplicated())

    def _alone(self, control: Control, plan: pl.LazyFrame) -> pl.DataFrame:
        """The same for one control, to know which cannot be run."""
        import polars as pl

        try:
            return plan.collect()
        except pl.exceptions.PolarsError as fault:
            raise RuleError(f"control {control.id}: {fault}") from fault

    def _checked(self, control: Control) -> pl.LazyFrame:
        """The rows whose value does not pass the named check."""
        import polars as pl

        frame = self._tables[control.block].lazy()
        value = pl.col(control.column or "")
        judged = value.is_not_null() & ~value.is_in(control.ignore)
        if control.codes is None:
            return frame.filter(judged & ~NAMED_CHECKS[control.check or ""](control.column or ""))
        try:
            return self._unlisted(control, control.codes, judged, frame)
        except UnusableList as fault:
            raise RuleError(str(fault)) from fault

    def _unlisted(self, control: Control, name: str, judged: pl.Expr, frame: pl.LazyFrame) -> pl.LazyFrame:
        import polars as pl

        lists, value, quarters = self._rules.lists, pl.col(control.column or ""), self._quarters or []
        known = value.is_in(lists.codes(name))
        if control.check == KNOWN:
            return frame.filter(judged & ~known)
        if control.check == IN_QUARTER:
            judged = judged & known
        if len(quarters) == 1:
            return frame.filter(judged & ~value.is_in(lists.codes(name, quarters[0])))
        valid = [(pl.col("quarter") == each) & value.is_in(lists.codes(name, each)) for each in quarters]
        declared = self.table(DECLARED).lazy().select("form", "quarter")
        dated = frame.select("form", "row", value).join(declared, on="form", maintain_order="left")
        return dated.filter(judged & ~pl.any_horizontal(valid))


def _once(rows: pl.Series) -> pl.Series:
    return rows if rows.is_empty() else rows.unique().sort()


def clock(today: date) -> pl.DataFrame:
    """One row: today, the running quarter and the last completed one, as `20231`."""
    import polars as pl

    quarter = (today.month - 1) // 3 + 1
    running = f"{today.year}{quarter}"
    last = f"{today.year}{quarter - 1}" if quarter > 1 else f"{today.year - 1}4"
    return pl.DataFrame({"today": [today], "quarter": [running], "last_quarter": [last]})
