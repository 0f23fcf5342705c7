"""Parcels in the ledger: which wait, which are withheld, and how one is cut anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from declarations.adapters.database.intake import insert_new
from declarations.adapters.database.tables import artifact, parcel
from declarations.adapters.database.values import ALL_PARCELS, parcel_row, parcels, tell
from declarations.errors import Invariant
from declarations.model import Artifact, KeptParcel, Parcel, ParcelStatus

UNPACKED = parcel.c.delivery_id.is_(None)
OPEN = (ParcelStatus.PENDING, ParcelStatus.WITHHELD)


def awaiting(connection: Connection) -> dict[str, int]:
    """The recipients for which parcels wait, sorted, with how many rows those have."""
    rows = func.sum(parcel.c.rows)
    waiting = select(parcel.c.recipient, rows).where(parcel.c.status == ParcelStatus.PENDING, UNPACKED)
    found = connection.execute(waiting.group_by(parcel.c.recipient).order_by(parcel.c.recipient))
    return {recipient: int(count) for recipient, count in found}


def waiting(connection: Connection, recipient: str, limit: int) -> list[KeptParcel]:
    """That recipient's parcels that wait for a delivery, oldest first."""
    mine = ALL_PARCELS.where(parcel.c.status == ParcelStatus.PENDING, UNPACKED, parcel.c.recipient == recipient)
    return parcels(connection, mine.order_by(parcel.c.id).limit(limit))


def withheld(connection: Connection) -> list[KeptParcel]:
    """Parcels that wait for an authorization, oldest first."""
    return parcels(
        connection, ALL_PARCELS.where(parcel.c.status == ParcelStatus.WITHHELD, UNPACKED).order_by(parcel.c.id)
    )


def recut(connection: Connection, given: KeptParcel, new: Parcel, artifacts: Iterable[Artifact], now: datetime) -> bool:
    """Put a new cut in the place of one that is in no delivery; False where it is in one or was cut anew already.

    Raises Invariant where the parcel is another's.
    """
    if new.recipient != given.parcel.recipient:
        raise Invariant(f"parcel {given.id}: the new cut is not for its recipient")
    unchanged = (
        parcel.c.id == given.id,
        parcel.c.status.in_(OPEN),
        parcel.c.cut_under == given.parcel.cut_under,
        UNPACKED,
    )
    if connection.execute(update(parcel).where(*unchanged).values(parcel_row(new))).rowcount != 1:
        return False
    for each in artifacts:
        row = {"batch_id": given.batch_id} | asdict(each)
        connection.execute(insert_new(connection, artifact).values(row))
    what = {ParcelStatus.PENDING: "parcel cut anew", ParcelStatus.WITHHELD: "parcel withheld"}
    text = what.get(new.status, "parcel holds nothing")
    tell(connection, given.batch_id, now, text, ": ".join(filter(None, (new.recipient, new.reason))))
    return True
