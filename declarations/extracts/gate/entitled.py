"""What may stand in an extract, taken from the authorizations and the plan alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from declarations.blocks import Block, ColumnType, Plan
from declarations.entitlement.authorizations import Authorization


@dataclass(frozen=True, slots=True)
class Entitled:
    """One block that may be there, with its columns in order: name, type, scale and zone."""

    block: str
    tag: str
    above: str | None
    names: tuple[str, ...]
    types: tuple[ColumnType, ...]
    scales: tuple[int, ...]
    zones: tuple[str | None, ...]
    elements: tuple[str, ...]

    @property
    def header(self) -> list[str]:
        """All columns: the row's number, the link, what is granted."""
        return ["row", *([f"{self.above}_row"] if self.above else []), *self.names]


def entitled(plan: Plan, authorizations: Collection[Authorization]) -> dict[str, Entitled]:
    """By block, in the order of the plan, what these authorizations allow of that message."""
    allowed = {
        block.name: {name for each in authorizations for name in each.columns.get(block.name, ())}
        for block in plan.blocks
        if any(block.name in each.columns for each in authorizations)
    }
    found = {}
    for block in plan.blocks:
        if block.name in allowed:
            columns = [
                (column.name, column.type, column.scale, column.zone, column.tag)
                for column in block.columns
                if column.name in allowed[block.name]
            ]
            columns += _totals(block.name, plan, authorizations)
            names, types, scales, zones, tags = zip(*columns, strict=True) if columns else ((),) * 5
            above = next((name for name in _ancestors(block, plan) if name in allowed), None)
            found[block.name] = Entitled(block.name, block.tag, above, names, types, scales, zones, tags)
    return found


def elements(allowed: dict[str, Entitled]) -> dict[str | None, dict[str, str]]:
    """Block -> the element's name -> the block, for the blocks right under it (None: under the root).

    Where a block's tag means two things in one place, its name stands for it.
    """
    found: dict[str | None, dict[str, str]] = {}
    for block, one in allowed.items():
        fields = allowed[one.above].elements if one.above else ()
        rivals = [each.block for each in allowed.values() if each.above == one.above and each.tag == one.tag]
        clear = rivals == [block] and one.tag not in fields
        found.setdefault(one.above, {})[one.tag if clear else block] = block
    return found


_Column = tuple[str, ColumnType, int, str | None, str]


def _totals(block: str, plan: Plan, authorizations: Collection[Authorization]) -> list[_Column]:
    granted = {total for each in authorizations for total in each.totals if total.block == block}
    found: list[_Column] = []
    for total in sorted(granted, key=lambda total: total.name):
        source = next((each for each in plan.blocks if each.name == total.of), None)
        if source is None:
            continue
        if total.column is None:
            found.append((total.name, ColumnType.INTEGER, 0, None, total.name))
        for column in source.columns:
            if column.name == total.column:
                found.append((total.name, column.type, column.scale, None, total.name))
    return found


def _ancestors(block: Block, plan: Plan) -> list[str]:
    """The blocks above, the nearest first."""
    by_name = {each.name: each for each in plan.blocks}
    above = []
    while block.parent is not None:
        block = by_name[block.parent]
        above.append(block.name)
    return above
