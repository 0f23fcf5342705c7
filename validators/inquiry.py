"""Finding everything that is wrong in a document, behind the first structural fault too."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
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

Judge = Callable[[etree._Element], Sequence[Report]]


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


class _Work:
    """A copy under repair, and what was found so far."""

    def __init__(self, tree: etree._Element, shape: Element) -> None:
        self.tree = tree
        self.faults: dict[tuple[Location, str, str], Fault] = {}
        self._shape = shape
        self._places: dict[etree._Element, list[int | None]] = {}  # of mended parents: their children's first indexes

    def take(self, reports: Sequence[Report]) -> bool:
        """Note what the reports say and mend the copy; whether there was anything to mend."""
        broken: list[tuple[etree._Element, Report]] = []
        for path, group in groupby(reports, key=lambda report: report.path):
            node = _node(self.tree, path)
            alike = list(group)
            structural = [report for report in alike if report.type == _CONTENT]
            broken += [(node, report) for report in structural]
            others = [report for report in alike if report.type != _CONTENT]
            if others:
                self._judge_element(node, others)
        for node, report in broken:
            self._judge_content(node, report)
        return bool(broken)

    def _judge_element(self, node: etree._Element, reports: Sequence[Report]) -> None:
        location = self._location(node)
        element = self._element(node)
        if location is None:
            return
        if reports[0].type == _NO_SUCH_ROOT:
            self._note(self._shape.number, UNKNOWN_ROOT, node, location, f"the root {self._shape.name}")
        elif element is not None:
            kind, expected = verdict(element, (node.text or "").strip(" \t\r\n"), reports)
            self._note(element.number, kind, node, location, expected)

    def _judge_content(self, node: etree._Element, report: Report) -> None:
        at_end = _AT_THE_END in report.message
        parent = node if at_end else node.getparent()
        element = None if parent is None else self._element(parent)
        if parent is None or element is None or element.content is None:
            raise EngineFault(f"libxml2 reports a broken content model where {self._shape.name} has none")
        tags = [str(child.tag) for child in parent]
        diagnosis = diagnosed(element, tags, len(tags) if at_end else parent.index(node))
        about = parent if diagnosis.child is None else parent[diagnosis.child]
        location = self._location(about)
        if location is not None:
            value = None if diagnosis.child is None else _value(about)
            fault = Fault(diagnosis.number, diagnosis.kind, diagnosis.name, value, location, diagnosis.expected)
            self.faults.setdefault((location, fault.tag, fault.kind), fault)
        self._mend(parent, diagnosis)

    def _mend(self, parent: etree._Element, diagnosis: Diagnosis) -> None:
        places = self._places.setdefault(parent, [*range(1, len(parent) + 1)])
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

    def _note(self, number: str | None, kind: str, node: etree._Element, location: Location, expected: str) -> None:
        name = etree.QName(node).localname
        self.faults.setdefault((location, name, "value"), Fault(number, kind, name, _value(node), location, expected))

    def _location(self, node: etree._Element) -> Location | None:
        """Where the node stood in the document; None where it was put in by a mending."""
        parent = node.getparent()
        if parent is None:
            return (1,)
        above = self._location(parent)
        index = parent.index(node)
        place = self._places[parent][index] if parent in self._places else index + 1
        return None if above is None or place is None else (*above, place)

    def _element(self, node: etree._Element) -> Element | None:
        parent = node.getparent()
        if parent is None:
            return self._shape
        above = self._element(parent)
        return None if above is None else above.child(str(node.tag))


def _node(tree: etree._Element, path: str) -> etree._Element:
    found = tree.xpath(path)
    if isinstance(found, list) and found and isinstance(found[0], etree._Element):
        return found[0]
    raise EngineFault("libxml2 reports a fault at a place that the document does not have")


def _value(node: etree._Element) -> str | None:
    return None if len(node) else (node.text or "")
