"""What family.toml names must be in a version."""

from __future__ import annotations

from collections.abc import Iterator

from declarations.families import CARD
from declarations.lint.folder import Folder, Problem, line_of
from validators.content import Element


def card(folder: Folder) -> Iterator[Problem]:
    """The blocks, columns, zones and numbers in family.toml that no version has."""
    path = folder.file(CARD)
    for named, wrong in _named(folder):
        if wrong:
            yield Problem(path, line_of(path, named), wrong, f"correct {named}, or take it out")


def _named(folder: Folder) -> Iterator[tuple[str, str]]:
    """Everything named, with what is wrong with it, if anything."""
    given = folder.family
    block, _, column = given.period.partition(".")
    yield given.period, folder.misses(block, column)
    for name in given.together:
        block, _, column = name.partition(".")
        yield name, folder.misses(block, column)
    if given.tolerance.counted:
        yield given.tolerance.counted, folder.misses(given.tolerance.counted)
    every = frozenset[str]().union(*folder.tags.values())
    for tag in (*sorted(given.head), *given.overrides.identifiers, *given.overrides.scales):
        yield tag, "" if tag in every else f"no version has a zone {tag}"
    for name, tags in given.keys.items():
        yield name, folder.misses(name)
        for tag in tags:
            there = name not in folder.tags or tag in folder.tags[name]
            yield tag, "" if there else f"block {name} has no zone {tag} in any version"
    numbers = frozenset[str]().union(*(_numbers(version.schema.shape) for version in folder.usable))
    for number in dict.fromkeys(number for number, _ in given.error_types):
        yield number, "" if number in numbers else f"no version has a zone or block {number}"


def _numbers(element: Element) -> frozenset[str]:
    """The numbers of an element and all below it, those that may not occur included."""
    here = (each.number for each in (element, *element.forbidden))
    below = (_numbers(use.element) for use in element.uses())
    return frozenset(number for number in here if number).union(*below)
