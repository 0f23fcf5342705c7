"""The controls of a family: read from its folder, and run over the blocks of a batch."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validators.anomaly import AnomalyClass
from validators.bench import Bench, clock
from validators.codelists import CodeLists, UnusableList
from validators.controls import ABSENT, CODE_CHECKS, Control, RuleError, Rules, words
from validators.identifiers import NAMED_CHECKS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CODE_CHECKS", "Control", "RuleError", "Rules", "clock", "controls", "dormant", "hits"]

TOGETHER = 64
"""Controls that are run at once: more gain no more time, and take memory."""


def controls(path: Path) -> Rules:
    """The controls of that TOML file, or of all in that folder; the code lists lie beside it. Raises RuleError.

    They are read again only when a file has changed: that takes longer than to run them over a small batch.
    """
    files = tuple(sorted(path.glob("*.toml")) if path.is_dir() else [path])
    lists = path.parent / "codes"
    return _controls(path, files, _stamps((*files, *sorted(lists.glob("*.csv")))))


def _stamps(files: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    found = ((file, file.stat()) for file in files if file.exists())
    return tuple((file.name, stat.st_mtime_ns, stat.st_size) for file, stat in found)


@lru_cache(maxsize=16)
def _controls(path: Path, files: tuple[Path, ...], _stamped: tuple[tuple[str, int, int], ...]) -> Rules:
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
_KEYS = _REQUIRED | {"column", "check", "codes", "sql", "unique", "ignore", "assumption", "from", "until"}


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
            unique=tuple(given.get("unique", ())),
        )
    except (TypeError, ValueError) as fault:
        raise RuleError(f"{path}, control {name}: {fault}") from fault
    if misfit := _misfit(control):
        raise RuleError(f"{path}, control {name}: {misfit}")
    return control


def _misfit(control: Control) -> str:
    """What does not go together in a control; empty where all does."""
    if [control.check is None, control.sql is None, not control.unique].count(False) != 1:
        return "give one of `check`, `sql` and `unique`"
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
    found: set[str] = set()
    rest = words(control.sql or "")
    while rest:
        found |= rest
        rest = {word for name in rest & rules.views.keys() for word in words(rules.views[name])} - found
    return found


def hits(rules: Rules, blocks: Mapping[str, pl.DataFrame], today: date) -> Iterator[tuple[Control, pl.Series]]:
    """Each control that finds something, with the rows of its block that it finds wrong, sorted.

    Controls for other quarters than those declared are not run, nor those on a block or column that has nothing here.
    Raises RuleError where a query cannot be run.
    """
    bench = Bench(rules, blocks, today)
    asked = [
        control
        for control in rules
        if control.block in blocks and _concerns(control, blocks[control.block]) and bench.declares(control)
    ]
    for at in range(0, len(asked), TOGETHER):
        some = asked[at : at + TOGETHER]
        yield from ((control, rows) for control, rows in zip(some, bench.found(some), strict=True) if len(rows))


def _concerns(control: Control, frame: pl.DataFrame) -> bool:
    """Whether the block has rows, and its column values unless it is their absence that is wrong."""
    if frame.is_empty() or control.column is None:
        return not frame.is_empty()
    if control.column not in frame.columns:
        return False
    return control.code.endswith(ABSENT) or frame[control.column].null_count() < len(frame)
