"""Business controls as data: a named check on a column, or a SQL query over the blocks that returns bad rows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validators.anomaly import AnomalyClass
from validators.codelists import CodeLists, UnusableList
from validators.identifiers import NAMED_CHECKS

if TYPE_CHECKING:
    import polars as pl

VALID, KNOWN, IN_QUARTER = "valid_code", "known_code", "code_in_quarter"
CODE_CHECKS = frozenset({VALID, KNOWN, IN_QUARTER})
"""Named checks against the list in `codes`: valid in the declared quarter; in the list for any quarter; valid in the
declared quarter if it is in the list at all."""

DECLARED = "declared"
"""The view that says what each form declares: one row per form, with the columns form and quarter."""


class RuleError(Exception):
    """A control that cannot be read or run; the text names it."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a family.

    Exactly one of `check` (a name of `validators.identifiers.NAMED_CHECKS` or of `CODE_CHECKS`, applied to `column`)
    and `sql` is set. The query sees the blocks, the views and the code lists by their names, and the one-row table
    `clock` (today, quarter, last_quarter); it returns `row` of `block`.
    breaks  edits that turn the family's accepted document into one that it finds: (path below the form, edit)
    """

    id: str
    code: str  # `00024-004`
    anomaly_class: AnomalyClass
    kind: str  # what a finding's `check` says: "identifiers" or "rules"
    block: str
    column: str | None  # the zone that is wrong; None where it is the whole block
    check: str | None
    codes: str | None  # the code list of a check against one
    sql: str | None
    ignore: tuple[str, ...]  # values that a named check passes, such as a number that means "unknown"
    source: str
    assumption: str | None  # why we decide so, where the sources leave it open
    valid_from: str  # quarter, inclusive
    valid_until: str  # quarter, inclusive
    breaks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The controls of a family with what their queries may name: views by name, and code lists."""

    controls: tuple[Control, ...]
    views: Mapping[str, str]
    lists: CodeLists

    def __iter__(self) -> Iterator[Control]:
        """The controls, in their order."""
        return iter(self.controls)

    def __len__(self) -> int:
        """How many controls there are."""
        return len(self.controls)


def controls(path: Path) -> Rules:
    """The controls of that TOML file, or of all in that folder; the code lists lie beside it. Raises RuleError."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    read: list[Control] = []
    views: dict[str, str] = {}
    for file in files:
        given = _toml(file)
        read += [_control(file, each) for each in given.get("control", ())]
        for view in given.get("view", ()):
            if set(view) != {"name", "sql"} or view["name"] in views:
                raise RuleError(f"{file}: a [[view]] has a name of its own and sql, nothing else")
            views[view["name"]] = view["sql"]
    ids = [each.id for each in read]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise RuleError(f"{path}: more than one control has the id {twice[0]}")
    if not read:
        raise RuleError(f"{path}: no controls; expected [[control]] tables")
    return Rules(tuple(read), views, CodeLists(path.parent / "codes"))


def _toml(file: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise RuleError(f"{file}: {fault}; expected [[control]] and [[view]] tables") from fault
    if unknown := sorted(set(given) - {"control", "view"}):
        raise RuleError(f"{file}: {unknown[0]}; expected [[control]] and [[view]] tables")
    return given


_REQUIRED = frozenset({"id", "code", "class", "block", "source", "breaks"})
_KEYS = _REQUIRED | {"column", "check", "codes", "sql", "ignore", "assumption", "from", "until"}


def _control(path: Path, given: dict[str, Any]) -> Control:
    name = given.get("id", "(no id)")
    if unknown := sorted(set(given) - _KEYS):
        raise RuleError(f"{path}, control {name}: {unknown[0]} is not a key of a control")
    if missing := sorted(_REQUIRED - set(given)):
        raise RuleError(f"{path}, control {name}: {missing[0]} is missing")
    try:
        control = Control(
            id=given["id"],
            code=given["code"],
            anomaly_class=AnomalyClass(given["class"]),
            kind="identifiers" if given.get("check") in NAMED_CHECKS else "rules",
            block=given["block"],
            column=given.get("column"),
            check=given.get("check"),
            codes=given.get("codes"),
            sql=given.get("sql"),
            ignore=tuple(given.get("ignore", ())),
            source=given["source"],
            assumption=given.get("assumption"),
            valid_from=given.get("from", "00000"),
            valid_until=given.get("until", "99999"),
            breaks=tuple((path, text) for path, text in given["breaks"]),
        )
    except (TypeError, ValueError) as fault:
        raise RuleError(f"{path}, control {name}: {fault}") from fault
    if misfit := _misfit(control):
        raise RuleError(f"{path}, control {name}: {misfit}")
    return control


def _misfit(control: Control) -> str:
    """What does not go together in a control; empty where all does."""
    if (control.check is None) == (control.sql is None):
        return "give either `check` or `sql`"
    if control.check is not None and control.column is None:
        return "`check` is about a `column`"
    if control.check is not None and control.check not in CODE_CHECKS | NAMED_CHECKS.keys():
        return f"`check` is one of {sorted(CODE_CHECKS | NAMED_CHECKS.keys())}"
    if (control.check in CODE_CHECKS) != (control.codes is not None):
        return f"`codes` goes with {sorted(CODE_CHECKS)}"
    return ""


def dormant(rules: Rules) -> tuple[Control, ...]:
    """The controls that find nothing because a code list that they look into has no rows. Raises RuleError."""
    named = {control.id: _tables(rules, control) & set(rules.lists.names()) for control in rules}
    try:
        empty = {name for names in named.values() for name in names if not rules.lists.codes(name)}
    except UnusableList as fault:
        raise RuleError(str(fault)) from fault
    return tuple(control for control in rules if named[control.id] & empty)


def _tables(rules: Rules, control: Control) -> set[str]:
    """The words of a control's query that may be tables, those of the views it names too."""
    if control.codes is not None:
        return {control.codes}
    words: set[str] = set()
    rest = _words(control.sql or "")
    while rest:
        words |= rest
        rest = {word for name in rest & rules.views.keys() for word in _words(rules.views[name])} - words
    return words


def _words(sql: str) -> set[str]:
    return set(re.findall(r"\w+", sql))


def hits(rules: Rules, blocks: Mapping[str, pl.DataFrame], today: date) -> Iterator[tuple[Control, pl.Series]]:
    """Each control that finds something, with the rows of its block that it finds wrong, sorted.

    Controls for other quarters than those declared are not run. A control on a block or column that this version
    does not have finds nothing. Raises RuleError where a query cannot be run.
    """
    bench = _Bench(rules, blocks, today)
    for control in rules:
        frame = blocks.get(control.block)
        if frame is None or frame.is_empty() or not bench.declares(control):
            continue
        if control.column is not None and control.column not in frame.columns:
            continue
        found = bench.checked(control, frame) if control.sql is None else bench.queried(control, control.sql)
        if not found.is_empty():
            yield control, found


class _Bench:
    """The tables that controls look into: blocks at once, views and code lists when first named."""

    def __init__(self, rules: Rules, blocks: Mapping[str, pl.DataFrame], today: date) -> None:
        import polars as pl

        self._rules = rules
        self._tables: dict[str, pl.DataFrame] = {**blocks, "clock": clock(today)}
        self._context = pl.SQLContext(self._tables, eager=True)
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
        return self._run(f"view {name}", self._rules.views[name])

    def _codes(self, name: str) -> pl.DataFrame:
        try:
            return self._rules.lists.within(name, self._quarters or ())
        except UnusableList as fault:
            raise RuleError(str(fault)) from fault

    def _run(self, what: str, sql: str) -> pl.DataFrame:
        import polars as pl

        for word in sorted(_words(sql) & (self._rules.views.keys() | self._lists)):
            self.table(word)
        try:
            return self._context.execute(sql)
        except pl.exceptions.PolarsError as fault:
            raise RuleError(f"{what}: {fault}") from fault

    def queried(self, control: Control, sql: str) -> pl.Series:
        """The rows that the query returns."""
        rows = self._run(f"control {control.id}", sql)["row"]
        return rows if rows.is_empty() else rows.unique().sort()

    def checked(self, control: Control, frame: pl.DataFrame) -> pl.Series:
        """The rows whose value does not pass the named check."""
        import polars as pl

        judged = pl.col(control.column or "").is_not_null() & ~pl.col(control.column or "").is_in(control.ignore)
        if control.codes is not None:
            given = frame.select("form", "row", control.column or "").filter(judged)
            return given["row"] if given.is_empty() else self._unlisted(control, given)
        good = NAMED_CHECKS[control.check or ""](control.column or "")
        return frame.filter(judged & ~good)["row"]

    def _unlisted(self, control: Control, frame: pl.DataFrame) -> pl.Series:
        import polars as pl

        lists, name, code = self._rules.lists, control.codes or "", pl.col(control.column or "")
        try:
            known = code.is_in(lists.codes(name))
            if control.check == KNOWN:
                return frame.filter(~known)["row"]
            valid = [
                (pl.col("quarter") == quarter) & code.is_in(lists.codes(name, quarter))
                for quarter in self._quarters or ()
            ]
        except UnusableList as fault:
            raise RuleError(str(fault)) from fault
        declared = self.table(DECLARED).select("form", "quarter")
        wrong = ~pl.any_horizontal(valid) if control.check == VALID else known & ~pl.any_horizontal(valid)
        return frame.join(declared, on="form", maintain_order="left").filter(wrong)["row"]


def clock(today: date) -> pl.DataFrame:
    """One row: today, the running quarter and the last completed one, as `20231`."""
    import polars as pl

    quarter = (today.month - 1) // 3 + 1
    running = f"{today.year}{quarter}"
    last = f"{today.year}{quarter - 1}" if quarter > 1 else f"{today.year - 1}4"
    return pl.DataFrame({"today": [today], "quarter": [running], "last_quarter": [last]})
