"""Finding everything that is wrong in a document, behind the first structural fault too."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from lxml import etree

from validators.content import Element
from validators.diagnosis import Diagnosis, Mending, diagnosed
from validators.faults import UNKNOWN_ROOT, EngineFault, Fault, Location, Report, verdict

MOST_ROUNDS = 25
"""How often a copy is mended to see what a structural fault hides; what is hidden still stays untold."""

_CONTENT = "SCHEMAV_ELEMENT_CONTENT"
_NO_SUCH_ROOT = "SCHEMAV_CVC_ELT_1"
_AT_THE_END = "Missing child element(s)"
_VALUE = "value"
_STEP = re.compile(r"(.+?)(?:\[(\d+)\])?")

Judge = Callable[[etree._Element], Sequence[Report]]
Places = dict[etree._Element, list[int | None]]
"""Of mended parents: where each child stood at first, from 1; None for one put in."""


def all_faults(document: etree._Element, shape: Element, judge: Judge, first: Sequence[Report]) -> list[Fault]:
    """Every fault of a document, in document order; `first` is what the judge reports of it as it is.

    libxml2 stops judging the children of an element whose content model is broken. So a copy is mended where it
    is broken (a child added, moved or taken out) and judged again. The judge alone says what is wrong.
    """
    work = _Work(copy.deepcopy(document), shape)
    reports = first
    for _ in range(MOST_ROUNDS):
        if not work.take(reports):
            break
        reports = judge(work.tree)
    return sorted(work.faults.values(), key=lambda fault: fault.location)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node of the copy: its index among its siblings, its first location if it had one, what the schema says."""

    node: etree._Element
    index: int
    location: Location | None
    element: Element | None
    parent: _Spot | None


class _Work:
    """A copy under repair, and what was found so far."""

    def __init__(self, tree: etree._Element, shape: Element) -> None:
        self.tree = tree
        self.faults: dict[tuple[Location, str], Fault] = {}  # by place and what it is about: one is enough
        self._shape = shape
        self._places: Places = {}

    def take(self, reports: Sequence[Report]) -> bool:
        """Note what the reports say and mend the copy; whether there was anything to mend."""
        finder = _Finder(self.tree, self._shape, self._places)
        broken: list[tuple[_Spot, Report]] = []
        for path, group in groupby(reports, key=lambda report: report.path):
            spot = finder.spot(path)
            alike = list(group)
            others = [report for report in alike if report.type != _CONTENT]
            broken += [(spot, report) for report in alike if report.type == _CONTENT]
            if others:
                self._judge_element(spot, others)
        for spot, report in broken:
            self._judge_content(spot, report)
        return bool(broken)

    def _judge_element(self, spot: _Spot, reports: Sequence[Report]) -> None:
        if spot.location is None or spot.element is None or (spot.location, _VALUE) in self.faults:
            return
        number, kind, expected = self._shape.number, UNKNOWN_ROOT, f"the root {self._shape.name}"
        if reports[0].type != _NO_SUCH_ROOT:
            number = spot.element.number
            kind, expected = verdict(spot.element, (spot.node.text or "").strip(" \t\r\n"), reports)
        name = etree.QName(spot.node).localname
        self.faults[spot.location, _VALUE] = Fault(number, kind, name, _text(spot.node), spot.location, expected)

    def _judge_content(self, spot: _Spot, report: Report) -> None:
        at_end = _AT_THE_END in report.message
        parent = spot if at_end else spot.parent
        if parent is None or parent.element is None or parent.element.content is None:
            raise EngineFault(f"libxml2 reports a broken content model where {self._shape.name} has none")
        tags = [str(child.tag) for child in parent.node]
        places = self._places.setdefault(parent.node, [*range(1, len(tags) + 1)])
        diagnosis = diagnosed(parent.element, tags, len(tags) if at_end else spot.index)
        self._tell(diagnosis, parent, places)
        _mend(diagnosis, parent.node, places)

    def _tell(self, diagnosis: Diagnosis, parent: _Spot, places: Sequence[int | None]) -> None:
        location, value = parent.location, None
        if diagnosis.child is not None:
            location = _below(location, places[diagnosis.child])
            value = _text(parent.node[diagnosis.child])
        if location is not None:
            fault = Fault(diagnosis.number, diagnosis.kind, diagnosis.name, value, location, diagnosis.expected)
            self.faults.setdefault((location, f"{fault.tag}-{fault.kind}"), fault)


class _Finder:
    """Finds the nodes that libxml2 means, each step once: a file with a fault in every person has many."""

    def __init__(self, tree: etree._Element, shape: Element, places: Places) -> None:
        self._tree = tree
        self._shape = shape
        self._places = places
        self._spots: dict[str, _Spot] = {}
        self._children: dict[etree._Element, _Children] = {}
        self._elements: dict[tuple[int, str], Element | None] = {}  # by the parent's id: hashing it takes long

    def spot(self, path: str) -> _Spot:
        """The node at a path such as `/DmfAOriginal/Form/NaturalPerson[3]`."""
        if path not in self._spots:
            above, _, step = path.rpartition("/")
            self._spots[path] = self._below(self.spot(above), step) if above else self._root()
        return self._spots[path]

    def _root(self) -> _Spot:
        return _Spot(self._tree, 0, (1,), self._shape, None)

    def _below(self, parent: _Spot, step: str) -> _Spot:
        if parent.node not in self._children:
            self._children[parent.node] = _Children(parent.node)
        children = self._children[parent.node]
        index = children.index(step)
        node = children.nodes[index]
        place = self._places[parent.node][index] if parent.node in self._places else index + 1
        return _Spot(node, index, _below(parent.location, place), self._element(parent.element, str(node.tag)), parent)

    def _element(self, parent: Element | None, tag: str) -> Element | None:
        if parent is None:
            return None
        if (id(parent), tag) not in self._elements:
            self._elements[id(parent), tag] = parent.child(tag)
        return self._elements[id(parent), tag]


class _Children:
    """The children of one node, by the names that libxml2 counts them under."""

    def __init__(self, parent: etree._Element) -> None:
        self.nodes = list(parent)
        self._indexes: dict[str, list[int]] = {"*": [*range(len(self.nodes))]}  # any: for a default namespace
        for index, child in enumerate(self.nodes):
            name = etree.QName(child).localname
            self._indexes.setdefault(f"{child.prefix}:{name}" if child.prefix else name, []).append(index)

    def index(self, step: str) -> int:
        """The index of the child at a step such as `NaturalPerson[3]`."""
        found = _STEP.fullmatch(step)
        name, nth = (step, 1) if found is None else (found[1], int(found[2] or 1))
        indexes = self._indexes.get(name, [])
        if not 0 < nth <= len(indexes):
            raise EngineFault("libxml2 reports a fault at a place that the document does not have")
        return indexes[nth - 1]


def _below(location: Location | None, place: int | None) -> Location | None:
    return None if location is None or place is None else (*location, place)


def _mend(diagnosis: Diagnosis, parent: etree._Element, places: list[int | None]) -> None:
    place = None
    if diagnosis.mending is Mending.PUT:
        node = etree.Element(diagnosis.tag)
    else:
        node = parent[diagnosis.source]
        place = places.pop(diagnosis.source)
        parent.remove(node)
    if diagnosis.mending is not Mending.TAKE_OUT:
        parent.insert(diagnosis.target, node)
        places.insert(diagnosis.target, place)


def _text(node: etree._Element) -> str | None:
    return None if len(node) else (node.text or "")
