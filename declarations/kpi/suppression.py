"""What the public may not see: small counts, and counts from which a small one could be worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from declarations.kpi.figures import ACCEPTANCE, ANSWERS, FORMS, PUNCTUALITY, RECEIPTS, TIMES, VERDICTS, share
from declarations.kpi.table import WITHHELD, Cell, Table, table

LEAST = 10
"""The smallest count that is published, besides none at all."""


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that are told or withheld together, since they can be worked out from each other."""

    counts: tuple[str, ...]  # that add up to all of it: none may be small
    shown: frozenset[str]  # what is withheld with them


VOLUME = Group(("batches",), frozenset({"batches", *TIMES, *ANSWERS, *VERDICTS, *RECEIPTS}))
GROUPS = (
    VOLUME,
    Group(("in_time", "late", "open", "excused"), frozenset(PUNCTUALITY) - VOLUME.shown),
    Group(("first_whole", "first_partly", "again", "undecided"), frozenset(ACCEPTANCE)),
    Group(("forms_accepted", "forms_refused"), frozenset(FORMS)),
)


def protected(given: Table, groups: Sequence[Group], *, published_sum: bool) -> Table:
    """The table with WITHHELD where a count is small or could be worked out.

    `published_sum` says that the reader knows the sum of all rows: then more rows are withheld, until what is missing
    from the sum is no small number of any kind.
    """
    records = given.records()
    hidden = [_hidden(records, group, published_sum) for group in groups if set(group.counts) & set(given.columns)]
    rows = [
        tuple(WITHHELD if any((nth, key) in each for each in hidden) else cell for key, cell in record.items())
        for nth, record in enumerate(records)
    ]
    return Table(given.name, given.columns, tuple(rows))


def with_bound(hidden: Table, given: Table) -> Table:
    """The row of all batches with `share_at_least`: what can be told where the share would tell a small count.

    It is the share that there would be if one of `late` ended with a 9; None where the share itself is told.
    """
    ((shown,), (known,)) = hidden.records(), given.records()
    bound: Cell = None
    if shown["share"] == WITHHELD and shown["batches"] != WITHHELD:
        batches, late = _count(known["batches"]), _count(known["late"]) + _count(known["open"])
        bound = share(max(0, batches - (late // LEAST * LEAST + LEAST - 1)), batches)
    return table(given.name, (*given.columns, "share_at_least"), [{**shown, "share_at_least": bound}])


def frequent(given: Table) -> Table:
    """The rows whose `count` is not small; of the others not even what they are about is told."""
    counts = given.column("count")
    kept = tuple(row for row, count in zip(given.rows, counts, strict=True) if _count(count) >= LEAST)
    return Table(given.name, given.columns, kept)


def _hidden(records: Sequence[Mapping[str, Cell]], group: Group, published_sum: bool) -> set[tuple[int, str]]:
    counts = [[_count(record.get(key, 0)) for key in group.counts] for record in records]
    chosen = closed(counts) if published_sum else unsafe(counts)
    return {(nth, key) for nth in chosen for key in records[nth] if key in group.shown}


def _count(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


def unsafe(rows: Sequence[Sequence[int]]) -> set[int]:
    """The rows with a small count."""
    return {nth for nth, row in enumerate(rows) if any(0 < count < LEAST for count in row)}


def closed(rows: Sequence[Sequence[int]]) -> set[int]:
    """The rows with a small count, and as many more as it takes that no difference from the sum is small.

    All of them where the sum itself is small: it is then withheld as well.
    """
    chosen = unsafe(rows)
    while chosen and len(chosen) < len(rows):
        missing = [sum(rows[nth][at] for nth in chosen) for at in range(len(rows[0]))]
        short = {at for at, count in enumerate(missing) if 0 < count < LEAST}
        if len(chosen) > 1 and not short:
            break
        chosen.add(_next(rows, chosen, short))
    return chosen


def _next(rows: Sequence[Sequence[int]], chosen: Set[int], short: Set[int]) -> int:
    """The smallest row that is not chosen yet, of those that help where a difference is short."""
    others = [nth for nth in range(len(rows)) if nth not in chosen]
    helpful = [nth for nth in others if any(rows[nth][at] for at in short or range(len(rows[0])))]
    return min(helpful or others, key=lambda nth: (sum(rows[nth]), nth))
