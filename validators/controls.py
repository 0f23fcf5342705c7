"""What a business control is: data of a family, with the views and code lists that its queries may name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validators.anomaly import AnomalyClass
from validators.codelists import CodeLists

VALID, KNOWN, IN_QUARTER = "valid_code", "known_code", "code_in_quarter"
CODE_CHECKS = frozenset({VALID, KNOWN, IN_QUARTER})
"""Named checks against the list in `codes`: valid in the declared quarter; in the list for any quarter; valid in the
declared quarter if it is in the list at all."""

ABSENT = "-001"
"""The error type of a zone that is not there: the end of the codes of controls that look for nulls in their column."""

DECLARED = "declared"
"""The view that says what each form declares: one row per form, with the columns form and quarter."""


class RuleError(Exception):
    """A control that cannot be read or run; the text names it."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a family.

    Exactly one of `check` (a name of `validators.identifiers.NAMED_CHECKS` or of `CODE_CHECKS`, applied to `column`),
    `sql` and `unique` is set. The query sees the blocks, the views and the code lists by their names, and the one-row
    table `clock` (today, quarter, last_quarter); it returns `row` of `block`.
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
    unique: tuple[str, ...] = ()  # columns: rows of `block` that have the same in all of them are wrong, nulls included


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


def words(sql: str) -> set[str]:
    """The words of a query: whatever may be the name of a table is among them."""
    return set(re.findall(r"\w+", sql))
