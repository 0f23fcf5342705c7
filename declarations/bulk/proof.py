"""Proving without libxml2 that forms are valid: what is not proven is left to libxml2, and nothing is refused here."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from declarations.bulk.assembly import Spread, spread
from declarations.bulk.facets import Types
from declarations.bulk.fitness import unfit
from declarations.bulk.labels import Labels
from declarations.bulk.layout import Layout
from declarations.bulk.limits import Limits
from declarations.bulk.placement import Placement, placement
from declarations.bulk.positions import Unprovable
from declarations.bulk.tokens import Lines, Odd, Tokens, check_known, forms_at, tokens, without
from declarations.families import Version

LONGEST = 1_000_000
"""Bytes of a text. libxml2 refuses ten times as much; that is left to it."""

_ROOT = pl.Series("label", [0], dtype=pl.UInt16)


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
        if lines.longest > LONGEST:
            raise Odd("a very long text")
        check_known(lines)
        self._check_ends(lines)
        read = tokens(lines, self._layout)
        placed = placement(read, self._layout)
        if placed.counts[0] != forms:
            raise Odd("another number of forms than was counted")
        texts = spread(read, placed, self._layout)
        labels = self._all_labels(read, placed)
        self._check_blank(lines, read, placed, labels)
        doubtful = [self._misplaced(labels), self._miscounted(placed, labels), self._misspelled(placed, texts)]
        starts = placed.nested["at"].head(placed.levels[1]).to_list()
        at = read.starts["at"].gather(pl.concat([each.cast(pl.UInt32) for each in doubtful]))
        return (read, placed, texts), {bisect_right(starts, each) - 1 for each in at}

    def _check_ends(self, lines: Lines) -> None:
        """A tag that is never a block is followed by its own end tag, and no such end tag stands elsewhere."""
        count, nested = len(self._layout.tags), self._layout.nested
        code = pl.col("code")
        starts = code.is_between(nested, count - 1)
        ends = code.is_between(2 * count + nested, 3 * count - 1)
        closed = starts & (code.shift(-1, fill_value=0) == code + 2 * count)
        table = lines.codes.to_frame()
        every = table.select(starts.sum(), ends.sum().alias("ends"), closed.sum().alias("closed")).row(0)
        if len(set(every)) > 1:
            open_ = table.select(pl.arg_where(starts & ~closed)).to_series()
            raise Odd("a text that has children, or an end tag without its start", open_ if len(open_) else None)

    def _check_blank(self, lines: Lines, tokens: Tokens, placed: Placement, labels: pl.Series) -> None:
        """Between elements is white space only."""
        after = lines.codes >= len(self._layout.tags)
        own = placed.nested.select("at", "source", "step", label=labels.gather(placed.nested["source"]))
        own = own.filter((pl.col("step") > 0) & ~self._labels.has_text.gather(own["label"]))
        texts = pl.concat([lines.texts.filter(after), tokens.texts.gather(own["source"])])
        if _inked(texts.unique()).any():
            raise Odd("a text between elements", pl.concat([after.arg_true(), own["at"]]).filter(_inked(texts)))

    # structure

    def _all_labels(self, tokens: Tokens, placed: Placement) -> pl.Series:
        """The label of every start tag: its parent's and its tag tell, or the sibling before it, too."""
        nested = self._nested_labels(tokens, placed)
        above = pl.concat([_ROOT, nested], rechunk=True)
        table = tokens.starts.select("code", "at", parent=above.gather(placed.up))
        labels = table.select(self._by_tag()).to_series()
        labels = labels.scatter(placed.nested["source"], nested)
        unsure = (labels == self._labels.unsure).arg_true()
        if len(unsure):
            labels = labels.scatter(unsure, self._resolved(table[unsure], unsure, tokens, placed))
        if labels.null_count():
            raise Odd("an element where the schema may not have it", table["at"].filter(labels.is_null()))
        return labels

    def _nested_labels(self, tokens: Tokens, placed: Placement) -> pl.Series:
        """Those of `Placement.nested`, level by level."""
        labels = _ROOT.clone()
        for begin, until in pairwise(placed.levels):
            level = placed.nested.slice(begin, until - begin)
            level = level.select("code", "at", "source", parent=labels.gather(level["up"]))
            found = level.select(self._by_tag()).to_series()
            unsure = (found == self._labels.unsure).arg_true()
            if len(unsure):
                some = level[unsure]
                found = found.scatter(unsure, self._resolved(some, some["source"], tokens, placed))
            if found.null_count():
                raise Odd("an element where the schema may not have it", level["at"].filter(found.is_null()))
            labels.append(found)
        return labels.slice(1)

    def _by_tag(self) -> pl.Expr:
        return pl.lit(self._labels.by_tag).gather(self._labels.place()).alias("label")

    def _resolved(self, unsure: pl.DataFrame, source: pl.Series, tokens: Tokens, placed: Placement) -> pl.Series:
        """The labels of elements that have several, by their siblings before; the same as that of one's own tag.

        They are of one level, or such as have no children, in document order.
        """
        asked = unsure.select("code", "parent", before=self._before(source, tokens, placed))
        found = asked.select("code", "before", label=pl.lit(self._labels.after).gather(self._labels.turn()))
        going_on = pl.col("before") == pl.col("code")
        return found.select(pl.when(going_on).then(pl.col("label").forward_fill()).otherwise("label")).to_series()

    def _before(self, source: pl.Series, tokens: Tokens, placed: Placement) -> pl.Series:
        """The codes of the siblings before those start tags; the number of tags where there is none.

        The start tag before is the sibling, the parent, or in a sibling: then that one's end is the last turn.
        """
        last = (source.cast(pl.Int64) - 1).clip(lower_bound=0)
        up = placed.up.gather(source)
        parent = placed.nested["source"].gather(up.cast(pl.Int64).clip(lower_bound=1) - 1)
        turn = tokens.turns["code"].gather((tokens.starts["before"].gather(source).cast(pl.Int64) - 1).clip(0))
        code = tokens.starts["code"].gather(last)
        none = pl.lit(len(self._layout.tags), dtype=pl.UInt16)
        return pl.select(
            pl.when(placed.up.gather(last) == up).then(code).when(parent == last).then(none).otherwise(turn)
        ).to_series()

    def _misplaced(self, labels: pl.Series) -> pl.Series:
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


def _inked(texts: pl.Series) -> pl.Series:
    """Which have anything but white space."""
    return texts.str.strip_chars(" \t\n").str.len_bytes() > 0
