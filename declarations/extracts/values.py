"""What goes into a delivery and what comes of it: its label, parcels of rows, and finished files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

Frames = Mapping[str, pl.DataFrame]
"""Block -> its rows."""

Sums = dict[str, dict[str, int | Decimal]]
"""Block -> numeric column -> the sum of its values, exact."""


@dataclass(frozen=True, slots=True)
class Label:
    """What every file of a delivery says of the delivery itself."""

    delivery: str  # `pensions-000123`; the same delivery always has the same bytes
    family: str
    message: str  # the schema's name
    recipient: str
    number: str  # the recipient's
    created_on: date  # in Brussels


@dataclass(frozen=True, slots=True)
class ParcelRows:
    """Rows of one batch for the recipient; a batch may come in several of these, one after the other.

    frames  by block, as `declarations.stages.shown.shown` gives them: `row` from 1, `<above>_row` into the frame
            of the block above in this same parcel, the columns granted, in document order; blocks without rows
            may be left out
    forms   the sender's forms, only where the recipient may see the employer: `ticket`, and `first` and `last`,
            the rows of the first block granted (in the order of the plan) that are the form's
    """

    batch: str
    frames: Frames
    forms: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Where the rows of a batch stand in a file: block -> first and last row, blocks without rows left out."""

    batch: str
    rows: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """One finished file of a delivery, not sealed yet."""

    path: Path
    number: int  # from 1
    parts: int
    size: int
    sha256: str
    rows: Mapping[str, int]  # by block
    sums: Sums
    batches: tuple[str, ...]
    manifest: bytes  # as it lies in the file
