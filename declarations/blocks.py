"""The shape of a family's tables: which blocks a message has, and which columns each block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """How a zone is kept. Identifiers are text with their zeros; amounts are integers in cents."""

    IDENTIFIER = "identifier"  # String, digits padded with zeros to `width` where the width is known
    INTEGER = "integer"  # Int64
    DECIMAL = "decimal"  # Decimal(38, scale)
    DATE = "date"  # Date
    BOOLEAN = "boolean"  # Boolean
    TEXT = "text"  # String


@dataclass(frozen=True, slots=True)
class Column:
    """One zone of a block: a simple element that occurs at most once."""

    name: str  # snake_case of the tag
    tag: str
    type: ColumnType
    zone: str | None  # the authority's number, `00024`; None where the schema names none
    required: bool
    width: int | None = None  # of an identifier: digits it is padded to
    scale: int = 0  # of a decimal


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of element as a table: one row per element.

    Its frame has the columns `form` (number of the form in the batch, from 0), `row` (from 0, in document
    order), `<parent>_row` where it has a parent, `nth` (its place among its parent's child elements, from 1),
    then one column per zone. The block of the form itself has `part` (from 1) too.
    """

    name: str
    tag: str
    tags: tuple[str, ...]  # from the form down to this element, the form's own tag first
    parent: str | None  # a block's name; None for the form
    number: str | None  # the authority's block number, `90017`
    repeats: bool
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The blocks of one version of a message, parents before children, the form first."""

    message: str  # the root's tag
    root_number: str | None
    blocks: tuple[Block, ...]

    def block(self, name: str) -> Block:
        """The block of that name; KeyError if the message has none."""
        for block in self.blocks:
            if block.name == name:
                return block
        raise KeyError(name)

    def children(self, name: str) -> tuple[Block, ...]:
        """The blocks directly under that one, in schema order."""
        return tuple(block for block in self.blocks if block.parent == name)
