"""Content models as automata: the places in them, which may come first or last, and which may follow which."""

from __future__ import annotations

from dataclasses import dataclass

from validators.content import Element, Group, Order, Part, Use


class Unprovable(Exception):
    """A schema has something that is left to libxml2; the text says what.

    name  of the element in which it is, where the text names no line
    """

    def __init__(self, text: str, name: str | None = None) -> None:
        """What, and in which element."""
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Model:
    """The content of one element. Places that nothing tells apart are one.

    elements  by place, what may stand there
    counts    by place, how often in a row at least and at most; None: any number
    first     places that may come first
    last      places that may come last
    follow    by place, the places that may come next
    empty     whether there may be nothing
    """

    elements: tuple[Element, ...]
    counts: tuple[tuple[int, int | None], ...]
    first: frozenset[int]
    last: frozenset[int]
    follow: tuple[frozenset[int], ...]
    empty: bool

    def next(self, place: int | None, tag: str) -> int | None:
        """The place of an element of that tag after the one there, or as the first."""
        places = self.first if place is None else self.follow[place]
        return next((each for each in places if self.elements[each].tag == tag), None)

    def places(self, tag: str) -> list[int]:
        """The places of that tag."""
        return [place for place, element in enumerate(self.elements) if element.tag == tag]


def model(element: Element) -> Model:
    """The model of an element that has children. Raises Unprovable."""
    if element.content is None:
        raise Unprovable(f"{element.name} has text and is a block", element.name)
    found = _Found()
    first, last, empty = found.part(element.content, element.name)
    follow = tuple(frozenset(each) for each in found.follow)
    whole = Model(tuple(found.elements), tuple(found.counts), first, last, follow, empty)
    _check_decides(whole, element.name)
    return _merged(whole)


class _Found:
    """The places met so far, by Glushkov's construction."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self.counts: list[tuple[int, int | None]] = []
        self.follow: list[set[int]] = []

    def part(self, part: Part, name: str) -> tuple[frozenset[int], frozenset[int], bool]:
        """First and last places of a part, and whether it may be nothing."""
        if isinstance(part, Use):
            return self._use(part)
        if not isinstance(part, Group) or part.order is Order.ALL:
            raise Unprovable(f"{name} has a place for anything, or for children in any order", name)
        if part.most not in (1, None) or part.least > 1:
            raise Unprovable(f"{name} has a group of children that may come a limited number of times", name)
        each = [self.part(inner, name) for inner in part.parts]
        first, last, empty = self._choice(each) if part.order is Order.CHOICE else self._sequence(each)
        if part.most is None:
            self._refuse_least(first | last, name)
            self._link(last, first)
        return first, last, empty or part.least == 0

    def _use(self, use: Use) -> tuple[frozenset[int], frozenset[int], bool]:
        if use.most == 0:
            return frozenset(), frozenset(), True
        place = len(self.elements)
        self.elements.append(use.element)
        self.counts.append((use.least, use.most))
        self.follow.append(set() if use.most == 1 else {place})
        return frozenset({place}), frozenset({place}), use.least == 0

    def _choice(
        self, each: list[tuple[frozenset[int], frozenset[int], bool]]
    ) -> tuple[frozenset[int], frozenset[int], bool]:
        first = frozenset().union(*(one for one, _, _ in each))
        last = frozenset().union(*(one for _, one, _ in each))
        return first, last, not each or any(empty for _, _, empty in each)

    def _sequence(
        self, each: list[tuple[frozenset[int], frozenset[int], bool]]
    ) -> tuple[frozenset[int], frozenset[int], bool]:
        first: frozenset[int] = frozenset()
        last: frozenset[int] = frozenset()
        empty = True
        for begin, end, nothing in each:
            self._link(last, begin)
            first = first | begin if empty else first
            last = last | end if nothing else end
            empty = empty and nothing
        return first, last, empty

    def _link(self, last: frozenset[int], first: frozenset[int]) -> None:
        for place in last:
            self.follow[place] |= first

    def _refuse_least(self, places: frozenset[int], name: str) -> None:
        if any(least > 1 for least, _ in self.counts):
            raise Unprovable(f"{name} repeats a group in which a child must come several times", name)


def _check_decides(whole: Model, name: str) -> None:
    """Of what may come next, no two have one tag (XML Schema 1.0, Unique Particle Attribution)."""
    for places in (whole.first, *whole.follow):
        tags = [whole.elements[place].tag for place in places]
        if len(set(tags)) < len(tags):
            raise Unprovable(f"{name} has a tag that may mean two things", name)


def _merged(whole: Model) -> Model:
    """The same with places made one of which the future is the same."""
    names: dict[object, int] = {}
    numbered = {
        place: names.setdefault((_key(element, whole.counts[place]), place in whole.last), len(names))
        for place, element in enumerate(whole.elements)
    }
    while True:
        names = {}
        finer = {
            place: names.setdefault((number, frozenset(numbered[each] for each in whole.follow[place])), len(names))
            for place, number in numbered.items()
        }
        if len(set(finer.values())) == len(set(numbered.values())):
            break
        numbered = finer
    one = {number: place for place, number in reversed(finer.items())}
    order = sorted(one, key=lambda number: one[number])
    rank = {number: at for at, number in enumerate(order)}

    def renamed(places: frozenset[int]) -> frozenset[int]:
        return frozenset(rank[finer[place]] for place in places)

    return Model(
        tuple(whole.elements[one[number]] for number in order),
        tuple(whole.counts[one[number]] for number in order),
        renamed(whole.first),
        renamed(whole.last),
        tuple(renamed(whole.follow[one[number]]) for number in order),
        whole.empty,
    )


def _key(element: Element, count: tuple[int, int | None]) -> tuple[object, ...]:
    """What must be the same before the future is looked at. How often it must come matters only from two on."""
    least, most = count
    return (element, max(least, 1), most)
