"""Which rows a choice reaches: the chosen ones, all above them and all below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from declarations.stages.tree import Tree, united


def reached(
    tree: Tree, chosen: Mapping[str, pl.Series], still_wanted: Callable[[str, pl.Series], pl.Series]
) -> dict[str, pl.Series]:
    """Block -> the claims on its rows, from the claims on chosen rows.

    `still_wanted` leaves, of claims on rows of a block, those whose recipient may get something there or further down.
    """
    from_below = _upwards(tree, chosen)
    from_above = _downwards(tree, chosen, still_wanted)
    found = {name: united([*from_below.get(name, ()), *from_above.get(name, ())]) for name in tree.frames}
    return {name: claimed for name, claimed in found.items() if len(claimed)}


def _upwards(tree: Tree, chosen: Mapping[str, pl.Series]) -> dict[str, list[pl.Series]]:
    """Block -> claims on rows that stand above chosen ones, child by child."""
    found: dict[str, list[pl.Series]] = {}
    for block in reversed(tree.plan.blocks):
        parts = [*found.get(block.name, ()), *([chosen[block.name]] if block.name in chosen else ())]
        if parts and block.parent is not None:
            found.setdefault(block.parent, []).append(tree.up(block.name, united(parts)))
    return found


def _downwards(
    tree: Tree, chosen: Mapping[str, pl.Series], still_wanted: Callable[[str, pl.Series], pl.Series]
) -> dict[str, list[pl.Series]]:
    """Block -> claims on rows that are chosen or stand below chosen ones."""
    found = {name: [claimed] for name, claimed in chosen.items()}
    for block in tree.plan.blocks:
        above = united(found.get(block.parent or "", ()))
        if len(above) and block.name in tree.frames:
            wanted = still_wanted(block.name, above)
            if len(wanted):
                found.setdefault(block.name, []).append(tree.down(block.name, wanted))
    return found


def anybody(tree: Tree, chosen: Mapping[str, Sequence[pl.Series]]) -> dict[str, int]:
    """Block -> how many of its rows are reached, by whomever they were chosen, from the places of chosen rows."""
    above = {name: pl.Series([False]).new_from_index(0, len(frame)) for name, frame in tree.frames.items()}
    for name, parts in chosen.items():
        for places in parts:
            above[name].scatter(places, True)
    below = {name: mask.clone() for name, mask in above.items()}
    for block in tree.plan.blocks:
        if block.name in tree.above:
            below[block.name] |= below[block.parent or ""][tree.above[block.name]]
    for block in reversed(tree.plan.blocks):
        if block.name in tree.above:
            above[block.parent or ""].scatter(tree.above[block.name].filter(above[block.name]), True)
    return {name: int((above[name] | below[name]).sum()) for name in tree.frames}
