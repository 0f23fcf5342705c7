"""A small delivery as it should be, and what the gate says of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from declarations.extracts.values import ParcelRows
from declarations.parties.party import Format
from tests.extracts.deliveries import (
    judged_small,
    small,
    write_small,
)

LINES: list[dict[str, object]] = [
    {"code": "001", "amount": 100, "rate": Decimal("1.50"), "day": date(2024, 2, 29), "flag": True, "note": "one"},
    {"code": "002", "amount": 200, "rate": Decimal("2.50"), "day": date(2024, 3, 31), "flag": False, "note": "two"},
]
PARCELS = [ParcelRows("B1", small(LINES, persons=2)), ParcelRows("B2", small(LINES))]


def honest(format: Format, folder: Path) -> Path:
    (part,) = write_small(PARCELS, format, folder)
    return part.path


def refused(path: Path, format: Format) -> str:
    """Why it may not leave; it fails where it may."""
    violations = judged_small(PARCELS, format, [path])
    assert violations
    return "; ".join(violations)
