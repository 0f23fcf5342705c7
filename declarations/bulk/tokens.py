"""XML without attributes as a table of tags and texts: what stands between `<` and `<` is a line of CSV."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from declarations.bulk.layout import Layout


class Odd(Exception):
    """The bytes have markup, tags or characters that this way of reading does not know; nothing may be wrong with them.

    `at` are the numbers of tokens that are so, where it is known.
    """

    def __init__(self, text: str, at: pl.Series | None = None) -> None:
        """Say what is odd."""
        super().__init__(text)
        self.at = at


@dataclass(frozen=True, slots=True)
class Lines:
    """All tokens of a chunk in document order.

    tokens      code (of the tag in the layout, plus the number of tags for an element written `<X/>`, plus twice that
                for an end tag), text (what follows up to the next tag)
    references  whether a text may have one
    """

    tokens: pl.DataFrame
    references: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """The start tags of a chunk in document order, and the end tags of nested ones.

    starts   code (of the tag in the layout), at (number of the token in the chunk), depth (1 for forms), text (what
             follows up to the next tag; nothing for an element written `<X/>`), empty (whether it is written so)
    ends     code (as of the start), at, depth (of the element that ends), started (start tags before it); of nested
             tags only
    """

    starts: pl.DataFrame
    ends: pl.DataFrame


def lines(content: bytes, encoding: str, layout: Layout) -> Lines:
    """The tokens of content of which nothing stands outside the forms. Raises Odd."""
    content = _plain(content, encoding)
    table = _table(content, layout)
    code = table["tag"].to_physical().cast(pl.UInt16).alias("code")
    _account(table, code, layout, len(content))
    return Lines(table.select(code, "text"), b"&" in content)


def tokens(of: Lines, layout: Layout) -> Tokens:
    """The tokens of well-formed content. Raises Odd."""
    count = len(layout.tags)
    code = of.tokens["code"]
    table = of.tokens.with_columns(at=pl.int_range(pl.len(), dtype=pl.UInt32))
    starts = table.filter(code < 2 * count)
    ends = table.filter((code >= 2 * count) & (code < 2 * count + layout.nested))
    empties = table.filter((code >= count) & (code < 2 * count))["at"]
    starts = _without_own_text(starts, count) if len(empties) else starts.with_columns(empty=pl.lit(value=False))
    if of.references:
        starts = starts.with_columns(_decoded(starts["text"]))
    # so far n start tags, at - n others: the depth is the starts less the ends, and an empty element is both
    other = pl.col("at").cast(pl.Int64) + (pl.lit(empties).search_sorted(pl.col("at")) if len(empties) else 0)
    starts = starts.with_columns(depth=2 * pl.int_range(pl.len(), dtype=pl.Int64) + 1 - other)
    started = starts["at"].search_sorted(ends["at"]).cast(pl.Int64)
    ends = ends.select(pl.col("code") - 2 * count, "at", started=started)
    return Tokens(starts, ends.with_columns(depth=2 * pl.col("started") - other))


def forms_at(of: Lines, layout: Layout) -> pl.Series:
    """The numbers of the tokens that begin forms, if their tag stands nowhere else."""
    form = layout.codes[layout.blocks[0].tag]
    return (of.tokens["code"].is_in([form, form + len(layout.tags)])).arg_true()


def without(of: Lines, layout: Layout, forms: Collection[int]) -> Lines:
    """The same without the forms of those numbers in the chunk."""
    starts = [*forms_at(of, layout), of.tokens.height]
    kept = [
        of.tokens.slice(start, stop - start)
        for number, (start, stop) in enumerate(pairwise(starts))
        if number not in forms
    ]
    return Lines(pl.concat(kept, rechunk=True) if kept else of.tokens.clear(), of.references)


def _plain(content: bytes, encoding: str) -> bytes:
    """As UTF-8, the ends of lines as XML has them (XML 1.0, 2.11)."""
    if not content.startswith(b"<"):
        raise Odd("the content starts with no tag")
    if not content.isascii() and encoding != "UTF-8":
        try:
            content = content.decode(encoding).encode()
        except UnicodeDecodeError as fault:
            raise Odd("a byte that the encoding does not have") from fault
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content


def _table(content: bytes, layout: Layout) -> pl.DataFrame:
    try:
        return pl.read_csv(
            content[1:],
            separator=">",
            eol_char="<",
            quote_char=None,
            has_header=False,
            schema={"tag": layout.tokens, "text": pl.String()},
            empty_string_is_null=False,
        )
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, pl.exceptions.NoDataError) as fault:
        raise Odd("markup that is no plain tag, or a tag that the schema does not have") from fault


def _account(table: pl.DataFrame, code: pl.Series, layout: Layout, size: int) -> None:
    """Every byte is in the table, or something was read as what it is not."""
    widths = pl.lit(layout.widths).gather(code.cast(pl.UInt32)).sum() + pl.col("text").str.len_bytes().sum()
    if code.null_count() or table.select(widths).item() + 2 * table.height != size:
        raise Odd("a tag or a text that CSV does not have")


def _without_own_text(starts: pl.DataFrame, count: int) -> pl.DataFrame:
    """Empty elements under the code of their tag: what follows them is not theirs."""
    empty = pl.col("code") >= count
    return starts.with_columns(
        pl.when(empty).then(pl.col("code") - count).otherwise("code").cast(pl.UInt16).alias("code"),
        pl.when(empty).then(pl.lit("")).otherwise("text").alias("text"),
        empty=empty,
    )


_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|(amp|lt|gt|quot|apos));|(&)")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def _decoded(texts: pl.Series) -> pl.Series:
    """The same texts with references replaced by what they stand for."""
    with_references = texts.filter(texts.str.contains("&", literal=True)).unique()
    if not len(with_references):
        return texts
    decoded = [_REFERENCE.sub(_character, text) for text in with_references]
    return texts.replace(with_references, pl.Series(decoded, dtype=pl.String)).alias("text")


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name, bare = found.groups()
    if bare:
        raise Odd("a reference to something that XML does not define")
    if name:
        return _ENTITIES[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise Odd("a reference to no character")
    return chr(number)
