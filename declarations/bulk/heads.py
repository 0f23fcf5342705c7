"""The zones that identify forms in answers, taken from the tags of a chunk."""

from __future__ import annotations

import polars as pl

from declarations.bulk.layout import Layout
from declarations.bulk.tokens import Tokens


def heads(tokens: Tokens, layout: Layout, forms: int, wanted: frozenset[str]) -> list[dict[str, str]]:
    """By form, as `stages.validate` gives them: the first text of each tag one or two levels below the form."""
    found: list[dict[str, str]] = [{} for _ in range(forms)]
    codes = pl.Series([layout.codes[tag] for tag in wanted if tag in layout.codes], dtype=pl.UInt16)
    lines = tokens.starts.filter(
        pl.col("depth").is_between(2, 3) & pl.col("code").is_in(codes.implode()) & (pl.col("text") != "")
    )
    starts = tokens.starts.filter(pl.col("depth") == 1)["at"]
    owners = starts.search_sorted(lines["at"], side="right") - 1
    for form, code, text in zip(owners, lines["code"], lines["text"], strict=True):
        found[form].setdefault(layout.tags[code], text.strip())
    return found
