"""What a schema file says, as `validators.content`: read with lxml where it is ordinary, else with xmlschema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from validators.content import Element
from validators.ordinary import XS, Unusual, ordinary

__all__ = ["LXML", "XMLSCHEMA", "XS", "Shape", "shape"]

LXML, XMLSCHEMA = "lxml", "xmlschema"


@dataclass(frozen=True, slots=True)
class Shape:
    """The root element of a schema with all below it, and the engine that read it: `lxml` or `xmlschema`."""

    root: Element
    engine: str


def shape(path: Path, root: str) -> Shape:
    """What the schema says from its root down. The file and what it includes must have been vetted.

    Raises UnusableSchema where the schema is not valid itself, or nests an element in itself.
    """
    try:
        return Shape(ordinary(path, root), LXML)
    except Unusual:
        from validators.unusual import unusual  # its library takes a quarter of a second

        return Shape(unusual(path, root), XMLSCHEMA)
