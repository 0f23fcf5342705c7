"""Batches and outcomes to begin with: what the tests of the ledger enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from declarations.adapters.database import DatabaseLedger
from declarations.model import (
    Batch,
    BatchStatus,
    Delivery,
    Drop,
    Environment,
    Exchange,
    KeptParcel,
    Kind,
    Outcome,
    Outgoing,
    Packed,
    Parcel,
    ParcelStatus,
    StoredFile,
)
from declarations.operations import Action, Ruling, Verdict
from declarations.sla import due

NOW = datetime(2026, 4, 23, 8, 30, 15, 123456, tzinfo=UTC)
FOLDER = "006400"
MESSAGE = "DmfAOriginal_20231"
HOLDER = "host:1"
PATH = (
    BatchStatus.ACCEPTED,
    BatchStatus.NORMALIZED,
    BatchStatus.CONTROLLED,
    BatchStatus.SPLIT,
    BatchStatus.DISTRIBUTED,
    BatchStatus.CLOSED,
)


def later(minutes: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(minutes=minutes)


def drop(number: int = 1, kind: Kind = Kind.BATCH, folder: str = FOLDER, **other: object) -> Drop:
    """A drop of one part."""
    reference = f"DMFA.{folder}.20260423.{number:05}.R"
    names = {"GO": f"GO.{reference}", "FI": f"FI.{reference}.1.1", "FS": f"FS.{reference}.1.1"}
    files = tuple(
        StoredFile(kind, name, 1 if kind in ("FI", "FS") else None, 12, f"{number:064x}", 1_776_900_000)
        for kind, name in names.items()
    )
    plain = Drop(kind, folder, Environment.PRODUCTION, reference, f"{kind}.{reference}", NOW, files)
    return replace(plain, **other)  # type: ignore[arg-type]


def recorded(ledger: DatabaseLedger, what: Drop | None = None, at: datetime = NOW) -> Batch:
    """A batch that was received, its inbox clear again."""
    what = what or drop()
    ledger.acquire(f"inbox:{what.folder}", HOLDER, at, 600)
    batch = ledger.record(what, HOLDER, at, due(what.first_seen_at))
    assert batch is not None
    ledger.removed(batch, at)
    return ledger.batch(batch.id)


def advanced(ledger: DatabaseLedger, batch: Batch, outcome: Outcome, at: datetime = NOW) -> Batch:
    """The batch after that outcome, which must have been taken."""
    assert ledger.advance(batch, outcome, at)
    return ledger.batch(batch.id)


def brought_to(ledger: DatabaseLedger, batch: Batch, status: BatchStatus, parcels: Sequence[Parcel] = ()) -> Batch:
    """The batch, taken along the path to that status."""
    for each in PATH[: PATH.index(status) + 1]:
        outcome = Outcome(each, parcels=tuple(parcels) if each is BatchStatus.SPLIT else ())
        batch = advanced(ledger, batch, outcome)
    return batch


def answer(object_: str = "ACRF", environment: Environment = Environment.PRODUCTION, folder: str = FOLDER) -> Outgoing:
    """A file for the sender."""
    return Outgoing(object_, folder, environment, "c" * 64, 321, "d" * 64)


def parcel(recipient: str = "pensions") -> Parcel:
    """The part of one recipient, ready to go."""
    return Parcel(recipient, MESSAGE, ParcelStatus.PENDING, 7, "digest", {"0/form": (0, 3), "0/remun": (4, 4)})


WITHHELD = Parcel("pensions", MESSAGE, ParcelStatus.WITHHELD, reason="no authorization")


def split(ledger: DatabaseLedger, *parcels: Parcel, number: int = 1) -> Batch:
    """A batch that stands in `split` with those parcels."""
    return brought_to(ledger, recorded(ledger, drop(number)), BatchStatus.SPLIT, parcels)


def packing(*kept: KeptParcel, files: int = 1) -> Packed:
    """A delivery of those parcels, all of one recipient, decided on."""
    recipient = kept[0].parcel.recipient
    outgoing = tuple(answer("DMFA", folder="000777") for _ in range(files))
    return Packed(recipient, MESSAGE, kept, outgoing, "e" * 64, sum(each.parcel.rows for each in kept), ("A-1", "A-2"))


def packed(ledger: DatabaseLedger, recipient: str = "pensions", at: datetime = NOW, files: int = 1) -> Delivery:
    """All that waits for that recipient, in a delivery."""
    wanted = packing(*ledger.waiting(recipient, 100), files=files)
    delivery = ledger.pack(wanted, ledger.next_number(recipient), at)
    assert delivery is not None
    return delivery


def delivered(ledger: DatabaseLedger, *parcels: Parcel) -> tuple[Batch, list[Exchange]]:
    """A batch in `distributed` whose parcels were sent, each recipient's in a file of its own."""
    batch = split(ledger, *parcels)
    recipients = ledger.awaiting()
    files = [file for recipient in recipients for file in ledger.files_of(packed(ledger, recipient).id)]
    for file in files:
        ledger.sent(file, NOW)
    return advanced(ledger, batch, Outcome(BatchStatus.DISTRIBUTED)), files


def released(ledger: DatabaseLedger, held: Batch, at: datetime = NOW) -> bool:
    """Whether two persons put it back where it stood."""
    ledger.propose(held.id, Action.RELEASE, "operator 7", "repaired", at)
    return ledger.decide(held.id, Action.RELEASE, "operator 8", Verdict.APPROVED, at) is Ruling.DONE
