"""What controls and code lists must be: readable, about what is there, with samples and known codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from declarations.families import ANOMALIES
from declarations.lint.folder import Folder, Problem, line_of
from validators.codelists import CodeLists, UnusableList, overlaps
from validators.rules import Control, RuleError, Rules, clock
from validators.rules import controls as read

CONTROLS, CODES, README = "controls", "codes", "README.md"


def controls(folder: Folder) -> Iterator[Problem]:
    """What is wrong with the controls, each by itself."""
    path = folder.file(CONTROLS)
    try:
        given = read(path)
    except RuleError as fault:
        yield Problem(path, None, str(fault), "the controls were not looked at further")
        return
    bench = Bench(folder.frames, given)
    for control in given:
        for wrong, mend in _control(control, folder, bench):
            yield Problem(*_written(path, control), f"control {control.id}: {wrong}", mend)


def _written(path: Path, control: Control) -> tuple[Path, int | None]:
    lines = ((file, line_of(file, control.id)) for file in sorted(path.glob("*.toml")))
    return next(((file, line) for file, line in lines if line), (path, None))


def _control(control: Control, folder: Folder, bench: Bench) -> Iterator[tuple[str, str]]:
    if missing := folder.misses(control.block, control.column):
        yield missing, "correct `block` or `column`"
    if not control.breaks:
        yield "it has no sample", "give under `breaks` an edit that it finds"
    if control.valid_from > control.valid_until:
        yield "it ends before it starts", "correct `from` or `until`"
    if wrong := _misclassed(control, folder):
        yield wrong, f"correct `code` or `class`, or explain the code in {README} as ours"
    if wrong := bench.fault(control):
        yield wrong, "mend the query, or the columns in `unique`"


def _misclassed(control: Control, folder: Folder) -> str:
    """What the authority's list says against the control's code and class; nothing where there is no list."""
    if not folder.file(ANOMALIES).is_file():
        return ""
    listed = folder.family.listed_class(control.code)
    if listed is not None:
        differs = f"{control.code} has class {control.anomaly_class}, and {listed} in {ANOMALIES}"
        return "" if listed is control.anomaly_class else differs
    ours = line_of(folder.file(README), control.code) is not None
    return "" if ours else f"{control.code} is not in {ANOMALIES}"


class Bench:
    """The tables that queries may name, without rows: enough to know whether a query can be run."""

    def __init__(self, frames: Mapping[str, pl.DataFrame], rules: Rules) -> None:
        """Lay out the blocks and the clock; views and code lists follow when they are named."""
        self._rules = rules
        self._frames = frames
        self._known = {*frames, "clock"}
        self._context = pl.SQLContext({**frames, "clock": clock(date(2023, 4, 30))}, eager=False)

    def fault(self, control: Control) -> str:
        """Why its query cannot be run, its columns or its code list not be used; the empty text where they can."""
        if control.codes is not None:
            return "" if control.codes in self._rules.lists.names() else f"there is no code list {control.codes}"
        if control.unique and control.block in self._frames:
            missing = set(control.unique) - set(self._frames[control.block].columns)
            return f"block {control.block} has no column {min(missing)}" if missing else ""
        if control.sql is None:
            return ""
        try:
            self._lay_out(control.sql)
            columns = self._context.execute(control.sql).collect_schema().names()
        except (pl.exceptions.PolarsError, UnusableList) as fault:
            return " ".join(str(fault).split())
        return "" if "row" in columns else f"the query does not return `row` of {control.block}"

    def _lay_out(self, sql: str) -> None:
        for name in set(re.findall(r"\w+", sql)) - self._known:
            if name in self._rules.views:
                self._lay_out(self._rules.views[name])
                self._context.register(name, self._context.execute(self._rules.views[name]).collect())
            elif name in self._rules.lists.names():
                self._context.register(name, self._rules.lists.within(name, ()))
            self._known.add(name)


def code_lists(folder: Folder) -> Iterator[Problem]:
    """The lists that cannot be read, and the codes that a list has twice for one quarter."""
    path = folder.file(CODES)
    given = CodeLists(path)
    for name in given.names():
        file = path / f"{name}.csv"
        try:
            twice = overlaps(given.read(name))
        except UnusableList as fault:
            yield Problem(file, None, str(fault), "mend the list")
            continue
        for code in twice:
            wrong = f"{', '.join(code)} is valid twice in one quarter, or ends before it starts"
            yield Problem(file, line_of(file, code[0]), wrong, "correct valid_from or valid_until")
