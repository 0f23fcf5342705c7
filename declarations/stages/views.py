"""What the recipients concerned by one batch may get of each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from declarations.blocks import Plan
from declarations.entitlements import Entitlements
from declarations.stages.tree import codes_of


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Grants by block; a recipient's code is its place in `recipients`, and one more stands for everybody.

    columns   block -> the columns that one of them may get, in schema order
    nearest   block -> the nearest block above that is granted too, or None -> for whom it is
    """

    recipients: tuple[str, ...]
    columns: dict[str, list[str]]
    nearest: dict[str, dict[str | None, list[int]]]
    _granted: dict[str, pl.Series]
    _wanted: dict[str, pl.Series]

    @classmethod
    def of(cls, plan: Plan, recipients: Sequence[str], given: Entitlements) -> Views:
        """The grants of these recipients."""
        shapes: dict[frozenset[str], list[int]] = {}
        seen: dict[str, set[str]] = {}
        for code, recipient in enumerate(recipients):
            columns = given.columns(recipient)
            shapes.setdefault(frozenset(columns), []).append(code)
            for block, names in columns.items():
                seen.setdefault(block, set()).update(names)
        count = len(recipients)
        wanted: dict[str, set[frozenset[str]]] = {}
        for block in reversed(plan.blocks):
            own = wanted.setdefault(block.name, set())
            own |= {shape for shape in shapes if block.name in shape}
            if block.parent is not None:
                wanted.setdefault(block.parent, set()).update(own)
        return cls(
            recipients=tuple(recipients),
            columns={
                block.name: [column.name for column in block.columns if column.name in seen[block.name]]
                for block in plan.blocks
                if block.name in seen
            },
            nearest={block.name: _nearest(plan, block.name, shapes) for block in plan.blocks if block.name in seen},
            _granted={block: _mask(shapes, {s for s in shapes if block in s}, count) for block in seen},
            _wanted={block: _mask(shapes, those, count) for block, those in wanted.items()},
        )

    def granted(self, block: str, claimed: pl.Series) -> pl.Series:
        """The claims of those who may get rows of that block."""
        return _kept(claimed, self._granted[block]) if block in self._granted else claimed.clear()

    def wanted(self, block: str, claimed: pl.Series) -> pl.Series:
        """The claims of those who may get rows of that block or of one below it, and of everybody."""
        return _kept(claimed, self._wanted[block])


def _kept(claimed: pl.Series, mask: pl.Series) -> pl.Series:
    return claimed if mask.all() else claimed.filter(mask.gather(codes_of(claimed)))


def _mask(shapes: dict[frozenset[str], list[int]], kept: set[frozenset[str]], count: int) -> pl.Series:
    """By code, whether its shape is one of those; yes for the code that stands for everybody."""
    if len(kept) == len(shapes):
        return pl.repeat(True, count + 1, dtype=pl.Boolean, eager=True)
    codes = [code for shape in kept for code in shapes[shape]]
    return pl.repeat(False, count + 1, dtype=pl.Boolean, eager=True).scatter([*codes, count], True)


def _nearest(plan: Plan, name: str, shapes: dict[frozenset[str], list[int]]) -> dict[str | None, list[int]]:
    found: dict[str | None, list[int]] = {}
    for shape, codes in shapes.items():
        if name in shape:
            parent = plan.block(name).parent
            while parent is not None and parent not in shape:
                parent = plan.block(parent).parent
            found.setdefault(parent, []).extend(codes)
    return found
