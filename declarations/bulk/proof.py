"""Proving without libxml2 that forms are valid: what is not proven is left to libxml2, and nothing is refused here."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import polars as pl

from declarations.bulk.assembly import Spread, spread
from declarations.bulk.facets import Types
from declarations.bulk.fitness import unfit
from declarations.bulk.labels import Labels
from declarations.bulk.layout import Layout
from declarations.bulk.limits import Limits
from declarations.bulk.placement import Placement, key, placement
from declarations.bulk.positions import Unprovable
from declarations.bulk.tokens import Lines, Odd, Tokens, forms_at, tokens, without
from declarations.families import Version

_FEW = 1000
LONGEST = 1_000_000
"""Bytes of a text. libxml2 refuses ten times as much; that is left to it."""


_INK = pl.col("text").str.strip_chars(" \t\n") != ""


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven of the forms of a chunk, by number: all that are not doubtful are valid.

    read  tokens, places and texts of all forms; None where some had to be left out
    """

    doubtful: list[int]
    read: tuple[Tokens, Placement, Spread] | None


class Proof:
    """What a schema demands, compiled for `proven`."""

    def __init__(self, version: Version, layout: Layout) -> None:
        """Compile a schema. Raises Unprovable where it has what only libxml2 can judge."""
        if reason := unfit(version.schema.path):
            raise Unprovable(reason)
        root = version.schema.shape
        self._layout = layout
        self._labels = Labels(root, layout)
        types = Types(version.schema.path)
        self._limits = Limits([types.of(root.name, cell) for cell in layout.cells])

    def proven(self, lines: Lines, forms: int) -> Proven:
        """What is proven of that many forms. Raises Odd where nothing can be said of any of them."""
        numbers = list(range(forms))
        doubtful: set[int] = set()
        while numbers:
            try:
                read, found = self._once(lines, len(numbers))
            except Odd as odd:
                places = self._forms(lines, odd, len(numbers))
                lines = without(lines, self._layout, places)
                doubtful |= {numbers[place] for place in places}
                numbers = [number for place, number in enumerate(numbers) if place not in places]
                continue
            doubtful |= {numbers[place] for place in found}
            return Proven(sorted(doubtful), read if len(numbers) == forms else None)
        return Proven(sorted(doubtful), None)

    def _forms(self, lines: Lines, odd: Odd, count: int) -> set[int]:
        """The forms that are odd; raises it again where that is not known."""
        starts = forms_at(lines, self._layout).to_list()
        if odd.at is None or not len(odd.at) or len(starts) != count or starts[0]:
            raise odd
        return {bisect_right(starts, each) - 1 for each in odd.at}

    def _once(self, lines: Lines, forms: int) -> tuple[tuple[Tokens, Placement, Spread], set[int]]:
        """All that there is to know of the forms, and which are doubtful."""
        if lines.references:
            raise Odd("a reference, which only libxml2 judges")
        self._check_ends(lines)
        read = tokens(lines, self._layout)
        placed = placement(read, self._layout)
        if placed.counts[0] != forms:
            raise Odd("another number of forms than was counted")
        texts = spread(read, placed, self._layout)
        labels = self._all_labels(read, placed)
        self._check_blank(lines, read, labels)
        doubtful = [self._misplaced(read, labels), self._miscounted(placed, labels), self._misspelled(placed, texts)]
        starts = read.starts.filter(pl.col("depth") == 1)["at"].to_list()
        at = read.starts["at"].gather(pl.concat([each.cast(pl.UInt32) for each in doubtful]))
        return (read, placed, texts), {bisect_right(starts, each) - 1 for each in at}

    def _check_ends(self, lines: Lines) -> None:
        """A tag that is never a block is followed by its own end tag, and no such end tag stands elsewhere."""
        count, nested = len(self._layout.tags), self._layout.nested
        code = pl.col("code")
        starts = code.is_between(nested, count - 1)
        ends = code.is_between(2 * count + nested, 3 * count - 1)
        closed = starts & (code.shift(-1, fill_value=0) == code + 2 * count)
        every = lines.tokens.select(starts.sum(), ends.sum().alias("ends"), closed.sum().alias("closed")).row(0)
        if len(set(every)) > 1:
            open_ = lines.tokens.select(pl.arg_where(starts & ~closed)).to_series()
            raise Odd("a text that has children, or an end tag without its start", open_ if len(open_) else None)

    def _check_blank(self, lines: Lines, tokens: Tokens, labels: pl.Series) -> None:
        """Between elements is white space only."""
        longest = lines.tokens.select(pl.col("text").str.len_bytes().max()).item() or 0
        if longest > LONGEST:
            raise Odd("a very long text")
        between = lines.tokens.filter(pl.col("code") >= len(self._layout.tags))["text"]
        if not _blank(between):
            code = pl.col("code") >= len(self._layout.tags)
            raise Odd(
                "a text between", lines.tokens.select(pl.arg_where(code & _INK.fill_null(value=True))).to_series()
            )
        inside = tokens.starts.filter(~self._labels.has_text.gather(labels))
        if not _blank(inside["text"]):
            raise Odd("a text before the first child", inside.filter(_INK)["at"])

    # structure

    def _all_labels(self, tokens: Tokens, placed: Placement) -> pl.Series:
        """The label of every start tag: mostly its home tells, else its parent's label, else the sibling before."""
        labels = self._labels.by_home.gather(placed.homes)
        unsure = (labels == self._labels.unsure).arg_true()
        if len(unsure):
            labels = self._with_unsure(labels, unsure, tokens, placed)
        askew = self._labels.depths.gather(labels) != tokens.starts["depth"]
        if askew.any():
            raise Odd("tags that do not nest as they should", tokens.starts["at"].filter(askew))
        return labels

    def _with_unsure(self, labels: pl.Series, unsure: pl.Series, tokens: Tokens, placed: Placement) -> pl.Series:
        """Level by level, since a label follows from the parent's."""
        rows = tokens.starts[unsure].select("code", "depth", "at", key=key(0), source=unsure)
        rows = rows.with_columns(above=placed.nested["source"].gather(placed.up.gather(unsure) - 1))
        for depth in sorted(rows["depth"].unique()):
            level = rows.filter(pl.col("depth") == depth)
            level = level.with_columns(parent=labels.gather(level["above"]))
            found = level.select(self._by_tag()).to_series()
            open_ = (found == self._labels.unsure).arg_true()
            if len(open_):
                found = found.scatter(open_, self._resolved(level[open_], tokens, placed))
            if found.null_count():
                raise Odd("an element where the schema may not have it", level["at"].filter(found.is_null()))
            labels = labels.scatter(level["source"], found)
        return labels

    def _by_tag(self) -> pl.Expr:
        place = pl.col("parent").cast(pl.UInt32) * len(self._layout.tags) + pl.col("code")
        return pl.lit(self._labels.by_tag).gather(place).alias("label")

    def _resolved(self, unsure: pl.DataFrame, tokens: Tokens, placed: Placement) -> pl.Series:
        """The labels of elements that have several, by their siblings before; the same as that of one's own tag."""
        first = len(self._layout.tags)
        before = tokens.starts.select("code", "depth")[(unsure["source"].cast(pl.Int64) - 1).clip(lower_bound=0)]
        over = placed.nested["key"].search_sorted(unsure["key"]).cast(pl.Int64) - 1
        elder = placed.nested["code"].gather(over.clip(lower_bound=0))
        same, deeper = before["depth"] == unsure["depth"], before["depth"] > unsure["depth"]
        code = pl.when(same).then(before["code"]).when(deeper).then(elder).otherwise(pl.lit(first, dtype=pl.UInt16))
        asked = unsure.select("code", "parent", before=code).with_row_index("line")
        asked = asked.with_columns(key=self._labels.key(pl.col("parent"), pl.col("code"), pl.col("before")))
        found = asked.join(self._labels.after, on="key", how="left", maintain_order="left")
        going_on = pl.col("before") == pl.col("code")
        return found.select(pl.when(going_on).then(pl.col("label").forward_fill()).otherwise("label")).to_series()

    def _misplaced(self, tokens: Tokens, labels: pl.Series) -> pl.Series:
        """Start tags after which another one stands than may."""
        count = self._labels.count
        pairs = labels.to_frame("label").select(
            place=pl.col("label").cast(pl.UInt32) * count + pl.col("label").shift(-1), line=pl.int_range(pl.len())
        )
        allowed = self._labels.pairs.gather(pairs["place"].head(len(labels) - 1))
        wrong = (~allowed).arg_true()
        if not self._labels.ends[labels[-1]]:
            wrong = pl.concat([wrong, pl.Series([len(labels) - 1], dtype=wrong.dtype)])
        return wrong

    def _miscounted(self, placed: Placement, labels: pl.Series) -> pl.Series:
        """Start tags that come more often than they may, or less often."""
        counted = self._labels.counted.gather(labels)
        lines = counted.arg_true()
        label = labels.gather(lines)
        groups = pl.DataFrame({"line": lines, "label": label, "up": placed.up.gather(lines)})
        groups = groups.group_by("label", "up").agg(pl.len(), pl.col("line").first())
        most, least = self._labels.most.gather(groups["label"]), self._labels.least.gather(groups["label"])
        return groups.filter((groups["len"] > most) | (groups["len"] < least))["line"]

    # texts

    def _misspelled(self, placed: Placement, spread: Spread) -> pl.Series:
        """Start tags of texts that are not proven to be as they should."""
        lines = self._limits.doubtful(spread)
        sources = []
        first: dict[int, int] = {}
        total = 0
        for block, count in enumerate(placed.counts):
            first[block] = total
            total += count
        for line in lines:
            cell = bisect_right(spread.starts, line) - 1
            row = first[self._layout.block_of_cell[cell]] + line - spread.starts[cell]
            sources.append(placed.rows["source"][row])
        return pl.Series(sources, dtype=pl.UInt32)


def _blank(texts: pl.Series) -> bool:
    """Whether there is nothing but white space; few texts are different, where it is."""
    if not texts.str.len_bytes().sum():
        return True
    if texts.n_unique() < _FEW:
        return not any(text.strip(" \t\n") for text in texts.unique())
    return not texts.str.strip_chars(" \t\n").str.len_bytes().sum()
