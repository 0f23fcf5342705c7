"""What a file of a delivery says of itself: for whom, under which authorizations, how much of what."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from declarations.entitlement.authorizations import Authorization
from declarations.extracts.archives import Member
from declarations.extracts.layout import Layout, Sheet
from declarations.extracts.values import Label, Span, Sums
from declarations.parties.party import Format

VERSION = 1
"""Of the manifest's own form: `manifest.schema.json`."""

TICKETS = "form-tickets.csv"
"""The member that leads back to the sender's forms. No block has a dash in its name."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was written into one file."""

    format: Format
    schema: str  # the layout's name
    rows: Mapping[str, int]
    sums: Sums
    spans: Sequence[Span]
    members: Sequence[Member]


def manifest(
    label: Label,
    part: int,
    parts: int,
    contents: Contents,
    layout: Layout,
    authorizations: Collection[Authorization],
) -> bytes:
    """The text of `manifest.json`: keys always in this order, amounts and sums as exact text."""
    names = {member.name for member in contents.members}
    content = {
        "manifest": VERSION,
        "delivery": label.delivery,
        "part": part,
        "parts": parts,
        "created_on": label.created_on.isoformat(),
        "recipient": {"id": label.recipient, "number": label.number},
        "family": label.family,
        "message": label.message,
        "format": str(contents.format),
        "schema": contents.schema,
        "authorizations": [_authorization(each) for each in authorizations],
        "blocks": [_block(sheet, contents) for sheet in layout.sheets],
        "batches": [_batch(span) for span in contents.spans],
        "forms": TICKETS if TICKETS in names else None,
        "members": [{"name": each.name, "size": each.size, "sha256": each.sha256} for each in contents.members],
    }
    return "".join(_lines(content)).encode()


def _lines(content: Mapping[str, object]) -> Iterator[str]:
    """JSON with a key a line, and an item of a list a line."""
    before = "{"
    for key, value in content.items():
        yield f"{before}\n{_json(key)}: "
        yield "[\n " + ",\n ".join(map(_json, value)) + "\n]" if isinstance(value, list) and value else _json(value)
        before = ","
    yield "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _authorization(one: Authorization) -> dict[str, str | None]:
    return {
        "id": one.id,
        "purpose": one.purpose,
        "legal_basis": one.legal_basis,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
        "retention": one.retention,
    }


def _block(sheet: Sheet, contents: Contents) -> dict[str, object]:
    file = "extract.xml" if contents.format is Format.XML else f"{sheet.block}.{contents.format}"
    return {
        "block": sheet.block,
        "file": file,
        "above": sheet.above,
        "rows": contents.rows[sheet.block],
        "columns": [{"name": key, "type": "row", "zone": None} for key in sheet.keys]
        + [{"name": each.name, "type": str(each.type), "zone": each.zone} for each in sheet.fields],
        "sums": {name: exact(value) for name, value in contents.sums[sheet.block].items()},
        "sha256": next(member.sha256 for member in contents.members if member.name == file),
    }


def exact(value: int | Decimal) -> str:
    """The number in digits, no exponent."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _batch(span: Span) -> dict[str, object]:
    return {
        "reference": span.batch,
        "rows": {name: {"first": first, "last": last} for name, (first, last) in span.rows.items()},
    }
