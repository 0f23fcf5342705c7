"""The manifest read back: what it must say, word for word, and what it adds to it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from declarations.entitlement.authorizations import Authorization
from declarations.extracts.gate.container import UnreadableError, Weighed
from declarations.extracts.gate.entitled import Entitled
from declarations.extracts.gate.tally import Tally
from declarations.extracts.values import Label
from declarations.parties.party import Format

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

FILE = "manifest.json"
FORMS = "form-tickets.csv"
DOCUMENT = "extract.xml"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest's content, as JSON has it."""

    content: dict[str, Json]

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """Read strictly. Raises UnreadableError where it is no object, or says something twice."""
        try:
            content = json.loads(text.decode(), object_pairs_hook=_once)
        except (ValueError, RecursionError) as fault:
            raise UnreadableError("its manifest cannot be read") from fault
        if not isinstance(content, dict):
            raise UnreadableError("its manifest is not an object")
        return cls(content)

    @property
    def schema(self) -> str:
        """The name of the version of the extract's columns."""
        return str(self.content.get("schema"))

    def batches(self) -> list[tuple[str, dict[str, tuple[int, int]]]]:
        """References with, by block, their first and last row. Raises UnreadableError where they are not such."""
        try:
            entries = cast("list[dict[str, dict[str, dict[str, int]]]]", self.content["batches"])
            return [
                (str(each["reference"]), {name: (span["first"], span["last"]) for name, span in each["rows"].items()})
                for each in entries
            ]
        except (KeyError, TypeError, AttributeError) as fault:
            raise UnreadableError("its manifest lists batches oddly") from fault


def wrong(
    manifest: Manifest,
    label: Label,
    place: tuple[int, int],
    format: Format,
    authorizations: Collection[Authorization],
    found: Sequence[tuple[Entitled, Tally]],
    members: Mapping[str, Weighed],
) -> Iterator[str]:
    """What the manifest says otherwise than it is; `place` is the part and of how many."""
    stated, given = dict(manifest.content), _head(label, place, format, authorizations)
    for key, value in given.items():
        if key not in stated or stated.pop(key) != value:
            yield f"manifest: {key} is not what it should be"
    if not re.fullmatch(rf"{re.escape(label.recipient)}_{re.escape(label.message)}_[0-9a-f]{{8}}", manifest.schema):
        yield "manifest: schema is no name of the recipient's extracts"
    blocks = [_block(one, tally, format, members) for one, tally in found]
    if _with_numbers(stated.get("blocks")) != blocks:
        yield "manifest: blocks, their columns, rows, sums or hashes are not those of the file"
    listed = [{"name": name, "size": each.size, "sha256": each.sha256} for name, each in members.items()]
    if stated.get("members") != listed:
        yield "manifest: members, their sizes or hashes are not those of the file"
    if stated.get("forms") != (FORMS if FORMS in members else None):
        yield "manifest: forms is not what it should be"
    if set(stated) != {"schema", "blocks", "batches", "forms", "members"}:
        yield "manifest: it says more or less than it should"


def _head(
    label: Label, place: tuple[int, int], format: Format, authorizations: Collection[Authorization]
) -> dict[str, Json]:
    return {
        "manifest": 1,
        "delivery": label.delivery,
        "part": place[0],
        "parts": place[1],
        "created_on": str(label.created_on),
        "recipient": {"id": label.recipient, "number": label.number},
        "family": label.family,
        "message": label.message,
        "format": format.value,
        "authorizations": [
            {
                "id": each.id,
                "purpose": each.purpose,
                "legal_basis": each.legal_basis,
                "valid_from": str(each.valid_from),
                "valid_until": str(each.valid_until) if each.valid_until else None,
                "retention": each.retention,
            }
            for each in authorizations
        ],
    }


def _block(one: Entitled, tally: Tally, format: Format, members: Mapping[str, Weighed]) -> dict[str, object]:
    file = DOCUMENT if format is Format.XML else f"{one.block}.{format.value}"
    keys = one.header[: len(one.header) - len(one.names)]
    columns: list[tuple[str, str, str | None]] = [(name, "row", None) for name in keys]
    columns += [(name, kind.value, zone) for name, kind, zone in zip(one.names, one.types, one.zones, strict=True)]
    return {
        "block": one.block,
        "file": file,
        "above": one.above,
        "rows": tally.rows,
        "columns": [{"name": name, "type": kind, "zone": zone} for name, kind, zone in columns],
        "sums": {name: Decimal(value) for name, value in tally.sums.items()},
        "sha256": members[file].sha256,
    }


def _with_numbers(blocks: Json) -> object:
    """The blocks with their sums as numbers; as they are where that cannot be."""
    try:
        entries = cast("list[dict[str, object]]", blocks)
        return [
            {**each, "sums": {name: Decimal(text) for name, text in cast("dict[str, str]", each["sums"]).items()}}
            for each in entries
        ]
    except (KeyError, TypeError, AttributeError, ArithmeticError, ValueError):
        return blocks


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found
