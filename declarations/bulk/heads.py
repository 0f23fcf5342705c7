"""The zones that identify forms in answers, taken from the tags of a chunk."""

from __future__ import annotations

import polars as pl

from declarations.bulk.layout import Layout
from declarations.bulk.placement import Placement
from declarations.bulk.tokens import Tokens


def heads(
    tokens: Tokens, placed: Placement, layout: Layout, forms: int, wanted: frozenset[str]
) -> list[dict[str, str]]:
    """By form, as `stages.validate` gives them: the first text of each tag one or two levels below the form."""
    found: list[dict[str, str]] = [{} for _ in range(forms)]
    codes = pl.Series([layout.codes[tag] for tag in wanted if tag in layout.codes], dtype=pl.UInt16)
    near = placed.levels[min(2, len(placed.levels) - 1)]  # lines of elements that are forms or right below one
    lines = tokens.starts.with_columns(up=placed.up).filter(
        pl.col("up").is_between(1, near) & pl.col("code").is_in(codes.implode())
    )
    owners = placed.nested["form"].gather(lines["up"] - 1)
    for form, code, text in zip(owners, lines["code"], tokens.texts.gather(lines["text"]), strict=True):
        if text:
            found[form].setdefault(layout.tags[code], text.strip())
    return found
