"""What the board shows, as plain values, and what it asks of the ledger for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from declarations.board.clock import Mark
from declarations.model import (
    AnomalyCount,
    Batch,
    BatchStatus,
    Clock,
    Delivery,
    Environment,
    Event,
    Kind,
    Line,
    ParcelStatus,
)
from declarations.operations import Alarm, Decision, Pause


@dataclass(frozen=True, slots=True)
class Row:
    """One batch in a list. `proposed_by` is who proposed to release it, where that waits for a second operator."""

    id: int
    kind: Kind
    reference: str
    occurrence: int
    folder: str
    environment: Environment
    status: BatchStatus
    since: datetime  # when it took its status
    arrived_at: datetime
    due_at: datetime
    ended_at: datetime | None
    codes: tuple[str, ...] = ()
    attempts: int = 0
    last_error: str | None = None
    proposed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many production batches stand in one status, when the oldest arrived; `tests` counts the others."""

    status: BatchStatus
    count: int
    oldest: datetime | None = None
    tests: int = 0


@dataclass(frozen=True, slots=True)
class Marks:
    """How many open production batches are overdue, and how many have used three quarters, or half, of their days."""

    overdue: int = 0
    three_quarters: int = 0
    half: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page: the flow in counts, and the batches to look at."""

    open: tuple[Standing, ...]
    ended: tuple[Standing, ...]  # of those that arrived since `ended_since`
    ended_since: datetime
    marks: Marks
    urgent: tuple[Row, ...]  # open, least time left first
    held: tuple[Row, ...]  # longest held first
    newest: tuple[Row, ...]
    down: tuple[Line, ...]  # lines that do not answer
    alarms: tuple[Alarm, ...]  # raised and not cleared, newest first


@dataclass(frozen=True, slots=True)
class Queue:
    """What one recipient has coming, has not confirmed, and confirmed last."""

    recipient: str  # its id
    waiting: int = 0  # parcels cut and in no delivery yet
    waiting_since: datetime | None = None  # arrival of the oldest batch among them
    withheld: int = 0  # parcels without an authorization
    sending: int = 0  # deliveries decided and not all sent
    sent: int = 0  # deliveries without a receipt
    contested: int = 0
    unconfirmed_since: datetime | None = None  # when the oldest delivery without a receipt was made
    last_receipt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A queue with the line to its recipient: `number` is the folder; `name` as the list of parties has it.

    `fetches` where it has no server of its own, and fetches from ours.
    """

    queue: Queue
    number: str
    name: str
    line: Line | None
    fetches: bool


@dataclass(frozen=True, slots=True)
class Shipment:
    """One recipient's part of a batch, and the delivery that carries it."""

    recipient: str
    status: ParcelStatus
    rows: int
    reason: str | None
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A file of a batch that crossed our border: `outgoing` where we wrote it."""

    name: str
    outgoing: bool
    size: int
    sha256: str
    decided_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forms:
    """The verdicts of a batch in numbers, and the tickets of some of the refused forms."""

    accepted: int = 0
    refused: int = 0
    refused_tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tale:
    """All that the board tells of one batch."""

    row: Row
    batch: Batch
    clock: Clock
    forms: Forms = Forms()
    counts: tuple[AnomalyCount, ...] = ()  # the most frequent first
    events: tuple[Event, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    pauses: tuple[Pause, ...] = ()
    alarms: tuple[Alarm, ...] = ()  # about it and its deliveries
    replaced_by: tuple[int, ...] = ()  # batches sent again in its place
    untold: int = 0  # events beyond those that are shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which batches a list holds: with one mark, or of one status, one folder or all; `before` continues a list."""

    mark: Mark | None = None
    status: BatchStatus | None = None
    folder: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list, newest first; `more` is where the next one begins, None where there is none."""

    rows: tuple[Row, ...]
    more: int | None = None


class Source(Protocol):
    """What the board reads. Each call is one short transaction that writes nothing."""

    def overview(self, now: datetime) -> Overview:
        """The first page."""

    def batches(self, wanted: Wanted, now: datetime) -> Found:
        """A page of that list."""

    def chosen(self, ids: Sequence[int]) -> tuple[Row, ...]:
        """Those batches that there are, in that order."""

    def search(self, text: str) -> Found:
        """Batches with that text in their reference, of that folder, or with that ticket."""

    def queues(self) -> tuple[Queue, ...]:
        """The queue of every recipient that ever had a parcel, by id."""

    def lines(self) -> tuple[Line, ...]:
        """The lines to all folders that were ever tried, by folder."""

    def tale(self, batch_id: int) -> Tale | None:
        """All of one batch; None where there is none."""
