"""Random forms of a schema, valid as far as its types are easily met, and forms bent in their structure or texts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from random import Random

from lxml import etree

from declarations.bulk.facets import Facets, Types
from declarations.bulk.layout import Layout
from declarations.families import Version
from tests.bulk.documents import BROKEN, SAME, Bend
from validators.content import Element, Group, Order, Part, Use

_TEXTS = ["0", "1", "00", "x", "AB", "100", "100.01", "200,50", "08:45:00.000", "2023-01", "00012345678", "", "20231"]
_NOT_FOR_FORMS = {"line ends", "mark", "latin-1", "nothing declared", "renamed"}
BENDS: dict[str, Bend] = {name: bend for name, bend in (SAME | BROKEN).items() if name not in _NOT_FOR_FORMS}


class AnyForm:
    """Writes random forms of a schema."""

    def __init__(self, version: Version) -> None:
        """Learn the types of a schema."""
        types = Types(version.schema.path)
        root = version.schema.shape
        self._facets = {
            (*cell.block.tags, cell.column.tag): types.of(root.name, cell) for cell in Layout(version.plan).cells
        }
        self._form = next(root.uses()).element

    def write(self, random: Random) -> bytes:
        """One form."""
        made = etree.Element(self._form.tag)
        self._fill(random, made, self._form, (self._form.name,))
        return etree.tostring(made)

    def _fill(self, random: Random, made: etree._Element, element: Element, path: tuple[str, ...]) -> None:
        if element.content is None:
            made.text = self._text(random, self._facets.get(path, Facets()))
            return
        for child in _chosen(random, element.content):
            self._fill(random, etree.SubElement(made, child.tag), child, (*path, child.name))

    def _text(self, random: Random, facets: Facets) -> str:
        if facets.values is not None:
            return random.choice(sorted(facets.values))
        if facets.base == "date":
            return f"{random.randint(1990, 2030)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        patterns = [re.compile(pattern) for pattern in facets.patterns]
        digits = ["".join(random.choices("0123456789", k=random.randint(1, 12))) for _ in range(40)]
        if facets.base == "integer":
            low, high = max(facets.low or 0, 0), facets.high if facets.high is not None else 10**6
            tries = [str(random.choice([low, high, random.randint(low, max(low, high))])), *digits, *_TEXTS]
        else:
            tries = [random.choice(_TEXTS) + "x" * facets.shortest, *digits, *_TEXTS]
        return next((each for each in tries if all(pattern.fullmatch(each) for pattern in patterns)), "0")


def _chosen(random: Random, part: Part) -> Iterator[Element]:
    times = random.choice([part.least, part.least, part.least + 1, part.least + 2])
    for _ in range(times if part.most is None else min(times, part.most)):
        if isinstance(part, Use):
            yield part.element
        elif isinstance(part, Group):
            for inner in [random.choice(part.parts)] if part.order is Order.CHOICE else part.parts:
                yield from _chosen(random, inner)


def mangled(random: Random, form: bytes) -> bytes:
    """The form with an element taken out, doubled, moved, renamed or put in another's place."""
    root = etree.parse(io.BytesIO(form)).getroot()
    elements = [each for each in root.iter() if each is not root]
    one, other = random.choice(elements), random.choice(elements)
    parent = one.getparent()
    assert parent is not None
    match random.randrange(6):
        case 0:
            parent.remove(one)
        case 1:
            parent.insert(parent.index(one), etree.fromstring(etree.tostring(one, with_tail=False)))
        case 2:
            one.tag, other.tag = other.tag, one.tag
        case 3:
            one.tag = other.tag
        case 4 if other not in list(one.iter()):
            other.append(one)
        case _:
            parent.append(one)
    return etree.tostring(root)


def bent_form(random: Random, form: bytes) -> bytes:
    """A form bent in its structure, in its writing, or in both."""
    which = random.choice(["structure", "writing", "both"])
    if which != "writing":
        form = mangled(random, form)
    if which != "structure":
        form = BENDS[random.choice(sorted(BENDS))](random, form)
    return form
