"""Every place of a message's schema with a number, and which place may be followed by which in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from declarations.bulk.layout import Layout
from declarations.bulk.positions import Model, Unprovable, model
from validators.content import Element

MOST = 2000
"""Labels of a schema; the table of pairs has the square of it."""


@dataclass(frozen=True, slots=True)
class Label:
    """A place in a content model, below the places of all that it stands in."""

    element: Element
    code: int  # of its tag
    home: int  # see `Layout`
    above: int  # the label of its parent; for the form 0, the root
    place: int
    least: int
    most: int | None
    model: Model | None  # None: it has text


class Labels:
    """The labels of a schema, 0 being the root's.

    unsure     stands where the label depends on what came before
    by_tag     at `place()`: the label, `unsure`, or null where it may not stand
    after      at `turn()`: the label of an unsure one, null where it may not stand there
    pairs      at `label * count + label of the next start tag in the file`: whether they may follow each other
    ends       by label, whether it may be the last start tag of a file
    has_text, least, most  by label
    """

    def __init__(self, root: Element, layout: Layout) -> None:
        """Compile a schema. Raises Unprovable."""
        self._layout = layout
        self.labels = [Label(root, 0, layout.root, 0, 0, 1, 1, model(root))]
        self._below: list[list[int]] = [[]]
        self._grow(0)
        self.count = len(self.labels)
        self.unsure = self.count
        top = self.labels[1:2]
        if len(self._below[0]) != 1 or top[0].most is not None or top[0].least > 1:
            raise Unprovable("the root has other children than any number of forms", root.name)
        self.by_tag, self._slots, self.after = self._tables()
        allowed = [(label, each) for label in range(self.count) for each in self._next(label)]
        self.pairs = pl.repeat(False, self.count**2, dtype=pl.Boolean, eager=True).scatter(
            [label * self.count + each for label, each in allowed], True
        )
        self.ends = pl.Series([self._may_end(label) for label in range(self.count)])
        self.has_text = pl.Series([label.model is None for label in self.labels])
        counted = [label.least > 1 or (label.most or 0) > 1 for label in self.labels]
        self.counted = pl.Series(counted)
        self.least = pl.Series([label.least for label in self.labels], dtype=pl.Int64)
        self.most = pl.Series([label.most for label in self.labels], dtype=pl.Int64)

    def _grow(self, above: int) -> None:
        whole = self.labels[above].model
        for place, element in enumerate(whole.elements if whole else ()):
            code = self._layout.codes.get(element.tag)
            home = None if code is None else self._layout.home(code, self.labels[above].home)
            if code is None or home is None:
                raise Unprovable(f"{element.tag} is no block and no column", element.name)
            if len(self.labels) >= MOST:
                raise Unprovable(f"the schema has more than {MOST} places", element.name)
            least, most = whole.counts[place] if whole else (1, 1)
            below = None if element.content is None else model(element)
            self.labels.append(Label(element, code, home, above, place, least, most, below))
            self._below.append([])
            self._below[above].append(len(self.labels) - 1)
            self._grow(len(self.labels) - 1)

    def place(self) -> pl.Expr:
        """Where in `by_tag` to look: `parent` is the label of the parent, `code` that of the tag."""
        return pl.col("parent").cast(pl.UInt32) * len(self._layout.tags) + pl.col("code")

    def turn(self) -> pl.Expr:
        """Where in `after` to look: `before` is the code of the sibling before, or the number of tags where none is."""
        return pl.lit(self._slots).gather(self.place()) * (len(self._layout.tags) + 1) + pl.col("before")

    def _tables(self) -> tuple[pl.Series, pl.Series, pl.Series]:
        """By place the label, by place the number of those that are unsure, and what these may be."""
        tags = len(self._layout.tags)
        by_tag: list[int | None] = [None] * (self.count * tags)
        slots: list[int | None] = [None] * (self.count * tags)
        after: list[int | None] = []
        for above, below in enumerate(self._below):
            codes = [self.labels[each].code for each in below]
            for label, code in zip(below, codes, strict=True):
                by_tag[above * tags + code] = label if codes.count(code) == 1 else self.unsure
            for code in sorted({code for code in codes if codes.count(code) > 1}):
                slots[above * tags + code] = len(after) // (tags + 1)
                after += self._after(above, code)
        return pl.Series(by_tag, dtype=pl.UInt16), pl.Series(slots, dtype=pl.UInt32), pl.Series(after, dtype=pl.UInt16)

    def _after(self, above: int, code: int) -> list[int | None]:
        """By the code of the sibling before, the label of that tag; null where it has none, or more than one."""
        found: dict[int, set[int]] = {}
        for before, label in self._befores(above, code):
            found.setdefault(before, set()).add(label)
        sure = {before: min(labels) for before, labels in found.items() if len(labels) == 1}
        return [sure.get(before) for before in range(len(self._layout.tags) + 1)]

    def _befores(self, above: int, code: int) -> Iterator[tuple[int, int]]:
        """The code of what may come right before that tag, and the label that this gives it."""
        whole, below = self.labels[above].model, self._below[above]
        tags = len(self._layout.tags)
        for label in below:
            if whole is None or self.labels[label].code != code:
                continue
            if self.labels[label].place in whole.first:
                yield tags, label
            for before in below:
                if (
                    self.labels[before].code != code
                    and self.labels[label].place in whole.follow[self.labels[before].place]
                ):
                    yield self.labels[before].code, label

    def _next(self, label: int) -> Iterator[int]:
        """The labels whose start tag may be the next one in a file."""
        own = self.labels[label]
        if own.model is not None:
            yield from (each for each in self._below[label] if self.labels[each].place in own.model.first)
        for closed in self._closed(label):
            whole, place = self.labels[self.labels[closed].above].model, self.labels[closed].place
            siblings = self._below[self.labels[closed].above]
            if whole is not None:
                yield from (each for each in siblings if self.labels[each].place in whole.follow[place])

    def _may_end(self, label: int) -> bool:
        return label != 0 and any(self.labels[closed].above == 0 for closed in self._closed(label))

    def _closed(self, label: int) -> Iterator[int]:
        """What may be closed once that start tag was read and nothing else: it, its parent, and so on."""
        own = self.labels[label]
        if label == 0 or (own.model is not None and not own.model.empty):
            return
        while label != 0:
            yield label
            above = self.labels[self.labels[label].above]
            if above.model is None or self.labels[label].place not in above.model.last:
                return
            label = self.labels[label].above
