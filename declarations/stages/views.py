"""What the recipients concerned by one batch may get of each block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from declarations.blocks import Plan
from declarations.entitlement.entitlements import Entitlements
from declarations.stages.shown import nearest_above
from declarations.stages.tree import codes_of

Shape = frozenset[str]
"""The blocks of which a recipient may get something."""


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Grants by block; a recipient's code is its place in `names`.

    names    the recipients, as an Enum
    columns  block -> the columns that one of them may get
    shapes   the blocks of which a recipient may get something -> whose shape it is
    """

    plan: Plan
    names: pl.Series
    columns: dict[str, set[str]]
    shapes: dict[Shape, list[int]]

    @classmethod
    def of(cls, plan: Plan, recipients: Sequence[str], given: Entitlements) -> Views:
        """The grants of these recipients."""
        shapes: dict[Shape, list[int]] = {}
        columns: dict[str, set[str]] = {}
        for code, recipient in enumerate(recipients):
            granted = given.columns(recipient)
            shapes.setdefault(frozenset(granted), []).append(code)
            for block, names in granted.items():
                columns.setdefault(block, set()).update(names)
        return cls(plan, pl.Series("recipient", recipients, dtype=pl.Enum(recipients)), columns, shapes)

    def granted(self, block: str, claimed: pl.Series) -> pl.Series:
        """The claims of those who may get rows of that block."""
        return self._kept(claimed, {shape for shape in self.shapes if block in shape})

    def wanted(self, block: str, claimed: pl.Series) -> pl.Series:
        """The claims of those who may get rows of that block or of one below it."""
        blocks = frozenset(_with_all_below(self.plan, block))
        return self._kept(claimed, {shape for shape in self.shapes if shape & blocks})

    def nearest(self, block: str) -> dict[str | None, list[int]]:
        """The nearest block above of which something is granted too, None where there is none -> for whom it is."""
        found: dict[str | None, list[int]] = {}
        for shape, codes in self.shapes.items():
            if block in shape:
                found.setdefault(nearest_above(self.plan, block, shape), []).extend(codes)
        return found

    def _kept(self, claimed: pl.Series, kept: set[Shape]) -> pl.Series:
        if len(kept) == len(self.shapes):
            return claimed
        codes = [code for shape in kept for code in self.shapes[shape]]
        return claimed.filter(among(codes_of(claimed), codes, len(self.names))) if codes else claimed.clear()


def among(codes: pl.Series, those: Sequence[int], recipients: int) -> pl.Series:
    """Whether each code is one of those."""
    return pl.Series([False]).new_from_index(0, recipients).scatter(those, True)[codes]


def _with_all_below(plan: Plan, block: str) -> Iterator[str]:
    yield block
    for child in plan.children(block):
        yield from _with_all_below(plan, child.name)
