"""A family's folder as the checks see it: what all its versions have together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from declarations.blocks import Block
from declarations.errors import Configuration
from declarations.families import Family, Version
from declarations.frames import schema_of


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: the file, the line where it is known, what is wrong, what to do."""

    file: Path
    line: int | None
    wrong: str
    mend: str

    def __str__(self) -> str:
        """All of it in one line, the place as compilers write it."""
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.wrong}; {self.mend}"


class Folder:
    """A family with the blocks and columns of all its versions."""

    def __init__(self, given: Family) -> None:
        """Take note of the family; nothing is read yet."""
        self.family = given

    def file(self, name: str) -> Path:
        """A file or folder in it."""
        return self.family.folder / name

    @cached_property
    def usable(self) -> tuple[Version, ...]:
        """The versions that give tables; why another gives none is told with its schema."""
        return tuple(version for version in self.family.versions() if _is_usable(version))

    @cached_property
    def blocks(self) -> Mapping[str, list[Block]]:
        """The blocks by name, as the versions have them, the oldest first."""
        blocks: dict[str, list[Block]] = {}
        for version in self.usable:
            for block in version.plan.blocks:
                blocks.setdefault(block.name, []).append(block)
        return blocks

    @cached_property
    def tags(self) -> Mapping[str, frozenset[str]]:
        """By block, the tags of its columns in any version."""
        return {name: frozenset(each.tag for block in found for each in block.columns) for name, found in self._found}

    @property
    def _found(self) -> list[tuple[str, list[Block]]]:
        return [*self.blocks.items()]

    @cached_property
    def frames(self) -> dict[str, pl.DataFrame]:
        """Every block with the columns of all versions, without rows."""
        empty = {name: [pl.DataFrame(schema=schema_of(block)) for block in found] for name, found in self._found}
        return {name: pl.concat(frames, how="diagonal") for name, frames in empty.items()}

    def misses(self, block: str, column: str | None = None) -> str:
        """What of the two no version has; the empty text where one has both."""
        if block not in self.blocks:
            return f"no version has a block {block}"
        names = {each.name for found in self.blocks[block] for each in found.columns}
        return "" if column is None or column in names else f"block {block} has no column {column} in any version"


def _is_usable(version: Version) -> bool:
    try:
        return bool(version.plan.blocks)
    except Configuration:
        return False


def line_of(file: Path, word: str) -> int | None:
    """The first line of a file that has that word; None where no line has it, or the file cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    return next((number for number, line in enumerate(lines, start=1) if pattern.search(line)), None)
