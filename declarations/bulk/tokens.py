"""XML without attributes as a table of tags and texts: what stands between `<` and `<` is a line of CSV."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

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

    codes       of the tag in the layout, plus the number of tags for an element written `<X/>`, plus twice that for an
                end tag; null for a tag that the layout does not have
    texts       what follows each up to the next tag
    longest     no text has more bytes
    references  whether a text may have one
    """

    codes: pl.Series
    texts: pl.Series
    longest: int
    references: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """The start tags of a chunk in document order, and all tags of nested ones: their *turns*.

    starts  code (of the tag in the layout), at (number of the token in the chunk), text (number of its own text),
            before (turns before it)
    turns   code (as of the start), at, depth (of the element: 1 for forms), step (1 for a start, 0 for `<X/>`, -1 for
            an end), started (start tags before it)
    texts   what follows each start tag; one more at the end, which is empty
    """

    starts: pl.DataFrame
    turns: pl.DataFrame
    texts: pl.Series


def lines(content: bytes, encoding: str, layout: Layout) -> Lines:
    """The tokens of content of which nothing stands outside the forms. Raises Odd."""
    content = _plain(content, encoding)
    try:
        table = _table(content, layout.tokens)
        codes = _codes(table["tag"])
        widths = pl.select(pl.lit(layout.widths).gather(pl.lit(codes).cast(pl.UInt32)).sum()).item()
    except Odd:  # perhaps for a tag that the layout does not have
        table = _table(content, pl.String())
        codes = _codes(table["tag"].cast(layout.tokens, strict=False))
        widths = table["tag"].str.len_bytes().sum()
    longest = _account(table, widths, len(content))
    return Lines(codes, table["text"], longest, b"&" in content)


def check_known(of: Lines) -> None:
    """Raises Odd where a tag has no code."""
    if of.codes.null_count():
        raise Odd("a tag that the schema does not have", of.codes.is_null().arg_true())


def tokens(of: Lines, layout: Layout) -> Tokens:
    """The tokens of well-formed content. Raises Odd."""
    check_known(of)
    count = len(layout.tags)
    code, turn, start = pl.col("code"), pl.col("turn"), pl.col("start")
    table = of.codes.to_frame().with_columns(start=code < 2 * count, turn=_is_turn(layout))
    table = table.with_columns(
        at=pl.int_range(pl.len(), dtype=pl.UInt32),
        before=_earlier(turn),
        started=_earlier(start),
    )
    starts = table.select("code", "at", "before", "start").filter(start)
    starts = starts.select("code", "at", "before", text=pl.int_range(pl.len(), dtype=pl.UInt32))
    empty = code >= count
    if starts.select(empty.any()).item():
        tag = pl.when(empty).then(code - count).otherwise(code).cast(pl.UInt16)
        starts = starts.with_columns(tag.alias("code"), text=pl.when(empty).then(pl.len()).otherwise("text"))
    texts = pl.concat([of.texts.filter(table["start"]), pl.Series("text", [""])], rechunk=True)
    return Tokens(starts, _turns(table, count), _decoded(texts) if of.references else texts)


def _earlier(mark: pl.Expr) -> pl.Expr:
    """How many lines before have the mark. Counting values takes a quarter of the time of adding them up."""
    return pl.when(mark).then(True).cum_count() - mark


def _is_turn(layout: Layout) -> pl.Expr:
    """Whether a token is one of a nested tag."""
    count, code = len(layout.tags), pl.col("code")
    return pl.any_horizontal(code.is_between(first, first + layout.nested - 1) for first in (0, count, 2 * count))


def _turns(table: pl.DataFrame, count: int) -> pl.DataFrame:
    code, step = pl.col("code"), pl.col("step")
    signs = (code < count).cast(pl.Int32) - (code >= 2 * count).cast(pl.Int32)
    turns = table.filter("turn").select("at", "started", step=signs, code=code % count)
    return turns.with_columns(depth=step.cum_sum() + (step < 1))


def forms_at(of: Lines, layout: Layout) -> pl.Series:
    """The numbers of the tokens that begin forms, if their tag stands nowhere else."""
    form = layout.codes[layout.blocks[0].tag]
    return of.codes.is_in([form, form + len(layout.tags)]).arg_true()


def without(of: Lines, layout: Layout, forms: Collection[int]) -> Lines:
    """The same without the forms of those numbers in the chunk."""
    starts = [*forms_at(of, layout), len(of.codes)]
    kept = [(start, stop - start) for nth, (start, stop) in enumerate(pairwise(starts)) if nth not in forms]
    return Lines(_some(of.codes, kept), _some(of.texts, kept), of.longest, of.references)


def _some(of: pl.Series, spans: list[tuple[int, int]]) -> pl.Series:
    return pl.concat([of.slice(*span) for span in spans], rechunk=True) if spans else of.clear()


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


def _table(content: bytes, tags: pl.Enum | pl.String) -> pl.DataFrame:
    """Columns tag and text. Raises Odd where the bytes are no such table, or have other tags."""
    try:
        return pl.read_csv(
            content,
            skip_rows=1,  # nothing, before the first tag
            separator=">",
            eol_char="<",
            quote_char=None,
            has_header=False,
            schema={"tag": tags, "text": pl.String()},
            empty_string_is_null=False,
        )
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, pl.exceptions.NoDataError) as fault:
        raise Odd("markup that is no plain tag") from fault


def _codes(tags: pl.Series) -> pl.Series:
    return tags.to_physical().cast(pl.UInt16).alias("code")


def _account(table: pl.DataFrame, widths: int, size: int) -> int:
    """Every byte is in the table, or something was read as what it is not; how long the longest text is."""
    sizes = table["text"].str.len_bytes()
    if table["tag"].null_count() or widths + sizes.sum() + 2 * table.height != size:
        raise Odd("a tag or a text that CSV does not have")
    return cast("int", sizes.max() or 0)


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
