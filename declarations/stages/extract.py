"""The file a recipient gets: one CSV per block and a manifest, in a zip whose bytes depend on nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from declarations.authorizations import Authorization

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The moment every zip member carries: no clock in the bytes."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a manifest says of the delivery itself."""

    delivery: str  # the same delivery always has the same bytes
    batch: str
    family: str
    message: str  # the schema's name
    recipient: str
    number: str


def extract(label: Label, frames: Mapping[str, pl.DataFrame], authorizations: Collection[Authorization]) -> bytes:
    """The zip: `manifest.json` first, then `<block>.csv` in the order given."""
    files = {f"{name}.csv": csv(frame) for name, frame in frames.items()}
    manifest = _manifest(label, frames, files, authorizations)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in {"manifest.json": manifest, **files}.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def csv(frame: pl.DataFrame) -> bytes:
    """UTF-8, comma, line feed; dates as in ISO 8601; an absent zone is empty, an empty one is `""`."""
    return frame.write_csv(line_terminator="\n").encode()


def _manifest(
    label: Label,
    frames: Mapping[str, pl.DataFrame],
    files: Mapping[str, bytes],
    authorizations: Collection[Authorization],
) -> bytes:
    content = {
        "delivery": label.delivery,
        "batch": label.batch,
        "family": label.family,
        "message": label.message,
        "recipient": {"id": label.recipient, "number": label.number},
        "authorizations": [
            {"id": each.id, "purpose": each.purpose, "legal_basis": each.legal_basis} for each in authorizations
        ],
        "blocks": [_entry(name, frame, files[f"{name}.csv"]) for name, frame in frames.items()],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _entry(name: str, frame: pl.DataFrame, content: bytes) -> dict[str, object]:
    sums = {
        column: int(frame[column].sum())
        for column, kind in frame.schema.items()
        if kind == pl.Int64 and column != "row" and not column.endswith("_row")
    }
    return {
        "file": f"{name}.csv",
        "block": name,
        "rows": len(frame),
        "columns": frame.columns,
        "sums": sums,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
