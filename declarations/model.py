"""The values everyone speaks about: batches, their files, exchanges, deliveries, and what may follow what."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Ranges = dict[str, tuple[int, int]]
"""`slice/block` -> offset and length of a recipient's rows in the kept file of that slice and block."""


class Environment(StrEnum):
    """Where a batch was dropped, and so where it is answered."""

    PRODUCTION = "R"
    CIRCUIT = "T"
    SIMULATION = "S"

    @property
    def inbox(self) -> str:
        """The folder a party drops into."""
        return {"R": "IN", "T": "INTEST", "S": "INTEST-S"}[self.value]

    @property
    def outbox(self) -> str:
        """The folder a party finds its answers in."""
        return {"R": "OUT", "T": "OUTTEST", "S": "OUTTEST-S"}[self.value]


class Kind(StrEnum):
    """What a party dropped."""

    BATCH = "GO"  # declaration files and their signatures, started by a GO
    CANCELLATION = "TD"
    ODD = "ODD"  # an entry that no envelope explains: set aside with a reason


class BatchStatus(StrEnum):
    """Where a batch stands; the status is the queue."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    NORMALIZED = "normalized"
    CONTROLLED = "controlled"
    SPLIT = "split"
    DISTRIBUTED = "distributed"
    CLOSED = "closed"
    REFUSED = "refused"
    REJECTED = "rejected"
    CANCELED = "canceled"
    HELD = "held"

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return not FOLLOWS[self]


FOLLOWS: dict[BatchStatus, frozenset[BatchStatus]] = {
    BatchStatus.RECEIVED: frozenset(
        {
            BatchStatus.ACCEPTED,
            BatchStatus.REFUSED,
            BatchStatus.CANCELED,
            BatchStatus.CLOSED,
            BatchStatus.HELD,
        }
    ),
    BatchStatus.ACCEPTED: frozenset({BatchStatus.NORMALIZED, BatchStatus.CANCELED, BatchStatus.HELD}),
    BatchStatus.NORMALIZED: frozenset(
        {BatchStatus.CONTROLLED, BatchStatus.REJECTED, BatchStatus.CANCELED, BatchStatus.HELD}
    ),
    BatchStatus.CONTROLLED: frozenset({BatchStatus.SPLIT, BatchStatus.HELD}),
    BatchStatus.SPLIT: frozenset({BatchStatus.DISTRIBUTED, BatchStatus.HELD}),
    BatchStatus.DISTRIBUTED: frozenset({BatchStatus.CLOSED}),
    BatchStatus.HELD: frozenset(
        {
            BatchStatus.CANCELED,
            BatchStatus.RECEIVED,
            BatchStatus.ACCEPTED,
            BatchStatus.NORMALIZED,
            BatchStatus.CONTROLLED,
            BatchStatus.SPLIT,
        }
    ),
    BatchStatus.CLOSED: frozenset(),
    BatchStatus.REFUSED: frozenset(),
    BatchStatus.REJECTED: frozenset(),
    BatchStatus.CANCELED: frozenset(),
}
"""A received TD or receipt is closed at once: it has nothing to normalize."""

ENDED = tuple(status for status in BatchStatus if status.ended)
OPEN = tuple(status for status in BatchStatus if not status.ended)

CANCELABLE = frozenset({BatchStatus.RECEIVED, BatchStatus.ACCEPTED, BatchStatus.NORMALIZED})
"""What a TD still reaches, held from there or not: everything that has not been controlled."""


class ParcelStatus(StrEnum):
    """Where the part of one batch for one recipient stands."""

    PENDING = "pending"  # cut, and waits for a delivery
    WITHHELD = "withheld"  # no authorization; looked at again when one comes
    PACKED = "packed"  # in a delivery
    VOID = "void"  # withheld first, and then nothing in it concerned the recipient


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  # decided; its files are on their way
    SENT = "sent"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"  # the recipient answered that it could not take a file of it


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One dropped file, as archived."""

    kind: str  # FI, FS, GO, TD, or the empty text for an odd one
    name: str
    part: int | None
    size: int  # bytes
    sha256: str  # its key in the archive
    modified: int  # the listing's mtime in whole seconds: tells a second upload from our own leftovers


@dataclass(frozen=True, slots=True)
class Drop:
    """What receive found complete in an inbox and has archived, before the ledger knows it."""

    kind: Kind
    folder: str  # the party's folder
    environment: Environment  # of the inbox it lay in
    reference: str  # `DMFA.006400.20260423.00001.R`; the entry's name where it is odd
    name: str  # of the GO, the TD or the odd entry: what answers quote
    first_seen_at: datetime  # when the GO was first durably seen, by our clock
    files: tuple[StoredFile, ...]
    reason: str | None = None  # ACRF codes for which an odd entry is refused, with commas between


DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TICKET_LENGTH = 13


def ticket(*names: object) -> str:
    """The ticket of a file or form: the same names give the same 13 digits and capital letters."""
    text = "/".join(map(str, names)).encode("utf-8", "surrogatepass")  # a file's name may hold anything
    number = int.from_bytes(hashlib.sha256(text).digest(), "big")
    digits = []
    for _ in range(TICKET_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(digits)


@dataclass(frozen=True, slots=True)
class Batch:
    """A drop in the ledger. `occurrence` counts drops of one kind and reference in one folder, from 1."""

    id: int
    kind: Kind
    folder: str
    environment: Environment
    reference: str
    occurrence: int
    name: str
    status: BatchStatus
    first_seen_at: datetime
    received_at: datetime
    files: tuple[StoredFile, ...]
    reason: str | None = None
    codes: tuple[str, ...] = ()  # ACRF codes it was refused for
    attempts: int = 0
    last_error: str | None = None
    held_from: BatchStatus | None = None  # where a held batch stood
    removed_at: datetime | None = None  # when its files were taken out of the inbox
    replaces: int | None = None  # the batch that this one, sent again, stands for

    @property
    def ticket(self) -> str:
        """What its ACRF calls it."""
        return ticket(self.kind, self.folder, self.reference, self.occurrence)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file decided on, to be written to a party: content and signature lie in the archive already."""

    object: str  # third token of its name: ACRF, NOTI, or a family's object
    folder: str
    environment: Environment
    content: str  # sha256
    size: int
    signature: str  # sha256


@dataclass(frozen=True, slots=True)
class Exchange:
    """An outgoing file with its name: `stem` is `ACRF.999999.20260423.00001.R`, written as FO, FS, GO."""

    id: int
    stem: str
    outgoing: Outgoing
    batch_id: int | None  # whose answer it is
    delivery_id: int | None  # that it is a part of
    decided_at: datetime
    sent_at: datetime | None = None
    part: int | None = None  # of the delivery, from 1
    confirmed_at: datetime | None = None  # of a delivery's file: when its receipt came


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file we derived from a batch and keep in the archive: a block, the anomalies."""

    kind: str  # "block", "anomalies"
    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class FormVerdict:
    """What became of one form: `number` counts in the batch from 0, `ordinal` in its part from 1."""

    number: int
    part: int
    ordinal: int
    ticket: str
    accepted: bool
    anomalies: int


@dataclass(frozen=True, slots=True)
class AnomalyCount:
    """How often a batch has one anomaly."""

    code: str
    anomaly_class: str
    count: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """The part of a batch for one recipient: which rows, cut under which routes and authorizations."""

    recipient: str
    message: str  # the version of the message, by its schema's name
    status: ParcelStatus
    rows: int = 0
    cut_under: str = ""  # digest of the routes and authorizations
    ranges: Ranges = field(default_factory=dict)
    reason: str | None = None  # why it is withheld


@dataclass(frozen=True, slots=True)
class KeptParcel:
    """A parcel in the ledger, and the delivery that carries it."""

    id: int
    batch_id: int
    parcel: Parcel
    delivery_id: int | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """What one delivery carries, decided and not yet in the ledger: parcels, and the files made of them, in order."""

    recipient: str
    message: str
    parcels: tuple[KeptParcel, ...]
    files: tuple[Outgoing, ...]
    manifest: str  # sha256
    rows: int
    authorizations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a recipient gets at once: parcels of one or more batches in one or more files."""

    id: int
    recipient: str
    number: int  # counts the recipient's deliveries from 1
    message: str
    status: DeliveryStatus
    rows: int
    size: int  # bytes of all its files
    authorizations: tuple[str, ...]
    manifest: str  # sha256
    created_at: datetime
    sent_at: datetime | None = None
    confirmed_at: datetime | None = None
    last_error: str | None = None
    resent: int = 0

    @property
    def name(self) -> str:
        """What people call it, and manifests: `pensions-000123`."""
        return delivery_name(self.recipient, self.number)


def delivery_name(recipient: str, number: int) -> str:
    """What a recipient's delivery of that number is called: `pensions-000123`."""
    return f"{recipient}-{number:06d}"


def delivery_called(name: str) -> tuple[str, int] | None:
    """Whose delivery is called that, and its number; None where no delivery can be called so."""
    found = re.fullmatch(r"(.+)-([0-9]{1,18})", name)
    return None if found is None else (found[1], int(found[2]))


OURS = "ours"
"""The line of the server that holds all folders, our own: when it is down, no folder on it is tried."""


@dataclass(frozen=True, slots=True)
class Line:
    """How well a folder, or OURS, can be reached: its failures in a row, and when it is tried again."""

    folder: str
    failures: int = 0
    down_since: datetime | None = None
    next_try_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A recipient's word on one extract: `name` is the GO name that it quotes."""

    folder: str
    name: str
    accepted: bool
    codes: tuple[str, ...] = ()
    rejected: str = ""  # rows that it could not use, in words; then nothing is said of the file as a whole


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step decided for a batch; the ledger takes it whole or not at all."""

    status: BatchStatus
    note: str = ""  # for the story of the batch; no personal data
    codes: tuple[str, ...] = ()
    answers: tuple[Outgoing, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    forms: tuple[FormVerdict, ...] = ()
    counts: tuple[AnomalyCount, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    cancels: int | None = None  # the batch that a TD ends
    receipts: tuple[Receipt, ...] = ()
    replaces: int | None = None  # the batch that this one, sent again, stands for


@dataclass(frozen=True, slots=True)
class Clock:
    """The four days of a batch: when they started, by when it is due, when they ended."""

    start: datetime
    due: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a batch's story."""

    at: datetime
    what: str  # a fixed text: "received", "accepted", "exchange sent", "delivery confirmed", ...
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """All the ledger knows of one batch."""

    batch: Batch
    clock: Clock | None
    events: tuple[Event, ...] = ()
    forms: tuple[FormVerdict, ...] = ()
    counts: tuple[AnomalyCount, ...] = ()
    exchanges: tuple[Exchange, ...] = ()  # its answers
    parcels: tuple[KeptParcel, ...] = ()
    deliveries: tuple[Delivery, ...] = ()  # that carry its parcels
    artifacts: tuple[Artifact, ...] = ()
