"""The facts of the messages, as read in the authority's public documents: blocks.tsv and zones.tsv.

Content models: children in order, `?`, `*`, `+` and `{0,4}` as in regular expressions, `|` between alternatives,
`!X` for a child that is named and forbidden; a `*` alone for any content.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
MESSAGES = {
    "O223": ("dmfa", "DmfAOriginal_20223"),
    "O224": ("dmfa", "DmfAOriginal_20224"),
    "O231": ("dmfa", "DmfAOriginal_20231"),
    "ACRF": ("channel", "ACRF_20231"),
    "NOTI": ("channel", "NOTIFICATION_20223"),
}


@dataclass(frozen=True, slots=True)
class Zone:
    """A field; facets that it does not have are empty."""

    tag: str
    number: str
    base: str
    white_space: str
    length: str
    min_length: str
    max_length: str
    digits: str
    least: str
    most: str
    pattern: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """One version of a message."""

    name: str
    folder: str
    root: str
    blocks: dict[str, str]  # content model by tag
    zones: dict[str, Zone]
    numbers: dict[str, str]  # of blocks and zones, by tag


@cache
def facts(message: str) -> Facts:
    """The facts of `O231`."""
    folder, name = MESSAGES[message]
    blocks = [row for row in _rows("blocks.tsv") if message in row["messages"].split()]
    zones = [_zone(row) for row in _rows("zones.tsv") if message in row["messages"].split()]
    numbers = {row["block"]: row["number"] for row in blocks} | {zone.tag: zone.number for zone in zones}
    contents = {row["block"]: row["content"] for row in blocks}
    return Facts(name, folder, name.partition("_")[0], contents, {zone.tag: zone for zone in zones}, numbers)


def _zone(row: dict[str, str]) -> Zone:
    given = {key: value for key, value in row.items() if key not in {"messages", "zone", "values"}}
    return Zone(tag=row["zone"], values=tuple(row["values"].split()), **given)


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE))
