"""What the board's tests show: a busy afternoon, and one batch that had everything happen to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from declarations.board.desk import Desk, Names
from declarations.board.shell import Frame
from declarations.board.values import (
    Crossing,
    Forms,
    Found,
    Marks,
    Overview,
    Queue,
    Row,
    Shipment,
    Standing,
    Tale,
    Wanted,
)
from declarations.model import (
    AnomalyCount,
    Batch,
    BatchStatus,
    Clock,
    Delivery,
    DeliveryStatus,
    Environment,
    Event,
    Kind,
    Line,
    ParcelStatus,
    StoredFile,
)
from declarations.operations import Action, Alarm, Decision, Pause, Verdict
from declarations.sla import due

NOW = datetime(2026, 4, 28, 13, 30, tzinfo=UTC)
SHA = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
RECIPIENTS = {
    "pensions": ("990001", "Pensions"),
    "unemployment": ("990002", "Unemployment"),
    "sickness-insurance": ("990003", "Sickness insurance"),
    "annual-holidays": ("990004", "Annual holidays"),
    "construction-fund": ("990007", "Construction fund"),
}
NAMES = Names(
    {"000101": "Payroll Office North", "000102": "Payroll Office South"}
    | dict(RECIPIENTS.values())
    | {id_: name for id_, (_, name) in RECIPIENTS.items()},
    {id_: number for id_, (number, _) in RECIPIENTS.items()},
    frozenset({"construction-fund", "pensions", "annual-holidays"}),
)


def frame(token: str | None = None, user: str = "ann") -> Frame:
    """Where a page stands; with a token its user may act."""
    return Frame("/board", user, NOW, token)


def ago(**span: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(**span)


def row(number: int, status: BatchStatus = BatchStatus.ACCEPTED, **changes: object) -> Row:
    """A batch of North that arrived an hour ago."""
    start = changes.pop("arrived_at", ago(hours=1))
    if not isinstance(start, datetime):
        raise TypeError(start)
    made = Row(
        id=number,
        kind=Kind.BATCH,
        reference=f"DMFA.000101.{start:%Y%m%d}.{number:05d}.R",
        occurrence=1,
        folder="000101",
        environment=Environment.PRODUCTION,
        status=status,
        since=ago(minutes=20),
        arrived_at=start,
        due_at=due(start),
        ended_at=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


URGENT = (
    row(11, BatchStatus.HELD, arrived_at=ago(days=4, hours=6), last_error="control: Invariant: no schema DmfA_20251"),
    row(12, BatchStatus.DISTRIBUTED, arrived_at=ago(days=3, hours=2), folder="000102"),
    row(13, BatchStatus.SPLIT, arrived_at=ago(days=2, hours=5)),
    row(14, BatchStatus.NORMALIZED, arrived_at=ago(hours=3)),
)
NEWEST = (
    row(21, BatchStatus.RECEIVED, arrived_at=ago(seconds=40)),
    row(20, BatchStatus.REFUSED, arrived_at=ago(minutes=4), ended_at=ago(minutes=3), codes=("312",)),
    row(19, BatchStatus.ACCEPTED, arrived_at=ago(minutes=9), occurrence=2, folder="000102"),
    row(18, BatchStatus.CLOSED, arrived_at=ago(minutes=50), environment=Environment.CIRCUIT, ended_at=ago(minutes=45)),
    row(17, BatchStatus.CLOSED, arrived_at=ago(hours=30), ended_at=ago(hours=2)),
)
BUSY = Overview(
    open=(
        Standing(BatchStatus.RECEIVED, 3, ago(minutes=2)),
        Standing(BatchStatus.ACCEPTED, 1204, ago(minutes=44), tests=2),
        Standing(BatchStatus.NORMALIZED, 12, ago(hours=3)),
        Standing(BatchStatus.SPLIT, 310, ago(days=2, hours=5)),
        Standing(BatchStatus.DISTRIBUTED, 2077, ago(days=3, hours=2)),
        Standing(BatchStatus.HELD, 1, ago(days=4, hours=6)),
    ),
    ended=(
        Standing(BatchStatus.CLOSED, 18422, ago(days=6), tests=31),
        Standing(BatchStatus.REFUSED, 88, ago(days=6)),
        Standing(BatchStatus.REJECTED, 5, ago(days=6)),
    ),
    ended_since=ago(days=7),
    marks=Marks(overdue=1, three_quarters=1, half=1),
    urgent=URGENT,
    held=URGENT[:1],
    newest=NEWEST,
    down=(Line("990007", 4, ago(minutes=50), NOW + timedelta(minutes=8), ago(hours=2), "connection refused"),),
    alarms=(Alarm(7, "line:construction-fund", "line", "construction-fund", "990007 since 14:40", ago(minutes=50)),),
)
CALM = Overview(
    open=(), ended=(), ended_since=ago(days=7), marks=Marks(), urgent=(), held=(), newest=(), down=(), alarms=()
)
QUEUES = (
    Queue("construction-fund", waiting=310, waiting_since=ago(hours=5), sent=2, unconfirmed_since=ago(hours=7)),
    Queue("pensions", sent=1, unconfirmed_since=ago(minutes=12), last_receipt_at=ago(minutes=31)),
    Queue("sickness-insurance", contested=1, unconfirmed_since=ago(days=1), last_receipt_at=ago(days=1)),
    Queue("unemployment", waiting=4, waiting_since=ago(minutes=3), withheld=17, last_receipt_at=ago(minutes=30)),
)
LINES = (
    *BUSY.down,
    Line("990001", last_ok_at=ago(minutes=1)),
    Line("000102", 2, ago(minutes=3), None, None, "timed out"),
)


def delivery(number: int, recipient: str, status: DeliveryStatus, **changes: object) -> Delivery:
    """A delivery of that recipient."""
    made = Delivery(
        id=number,
        recipient=recipient,
        number=number,
        message="DmfA_20231",
        status=status,
        rows=120,
        size=40_000,
        authorizations=("pensions-careers",),
        manifest=SHA,
        created_at=ago(hours=3),
        sent_at=ago(hours=3) if status is not DeliveryStatus.PENDING else None,
        confirmed_at=ago(hours=2) if status is DeliveryStatus.CONFIRMED else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def tale(status: BatchStatus = BatchStatus.DISTRIBUTED, **changes: object) -> Tale:
    """A batch that was held, released by two operators, and waits for its receipts."""
    seen = row(17, status, arrived_at=ago(days=1, hours=5))
    files = tuple(
        StoredFile(kind, f"{kind}.{seen.reference}.1.1", 1, size, SHA, 0)
        for kind, size in (("FI", 1_240_000), ("FS", 900))
    )
    batch = Batch(
        id=17,
        kind=Kind.BATCH,
        folder=seen.folder,
        environment=seen.environment,
        reference=seen.reference,
        occurrence=1,
        name=f"GO.{seen.reference}.1",
        status=status,
        first_seen_at=seen.arrived_at,
        received_at=seen.arrived_at,
        files=files,
        replaces=9,
        held_from=BatchStatus.NORMALIZED if status is BatchStatus.HELD else None,
    )
    told = Tale(
        row=seen,
        batch=batch,
        clock=Clock(seen.arrived_at, seen.due_at),
        forms=Forms(1180, 20, ("0A7BCDEFGHI12", "0A7BCDEFGHI13")),
        counts=(AnomalyCount("00024-004", "B", 14), AnomalyCount("90012-212", "NP", 9)),
        events=_events(seen),
        crossings=(
            Crossing(files[0].name, False, 1_240_000, SHA, seen.arrived_at, seen.arrived_at, None),
            Crossing("FO.ACRF.999999.20260427.00004.R", True, 1204, SHA, ago(days=1), ago(days=1), None),
        ),
        shipments=(
            Shipment("pensions", ParcelStatus.PACKED, 1180, None, delivery(31, "pensions", DeliveryStatus.CONFIRMED)),
            Shipment("unemployment", ParcelStatus.WITHHELD, 240, "no authorization in force", None),
            Shipment(
                "sickness-insurance",
                ParcelStatus.PACKED,
                77,
                None,
                delivery(32, "sickness-insurance", DeliveryStatus.CONTESTED, last_error="312"),
            ),
        ),
        decisions=(
            Decision(
                1, 17, Action.RELEASE, "schema added", "ann", ago(hours=8), "bob", ago(hours=7.5), Verdict.APPROVED
            ),
        ),
        pauses=(Pause(17, "000101", "power cut at the sender", ago(hours=20), ago(hours=18), "bob", ago(hours=6)),),
        alarms=(Alarm(3, "sla50:17", "sla50", "17", f"{seen.reference} distributed", ago(hours=5)),),
        replaced_by=(44,),
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def _events(seen: Row) -> tuple[Event, ...]:
    start, name = seen.arrived_at, seen.reference
    return (
        Event(start, "received", f"GO.{name}.1"),
        *(Event(start, "exchange received", f"{kind}.{name}.1.1") for kind in ("FI", "FS", "GO")),
        Event(start + timedelta(seconds=20), "accepted", ""),
        Event(start + timedelta(seconds=20), "exchange decided", "ACRF.999999.20260427.00004.R"),
        Event(start + timedelta(seconds=21), "exchange sent", "ACRF.999999.20260427.00004.R"),
        Event(start + timedelta(minutes=2), "normalized", "1200 forms"),
        Event(start + timedelta(minutes=3), "attempt failed", "control: Invariant: the schema DmfA_20251 is missing"),
        Event(start + timedelta(minutes=9), "held", "control: Invariant: the schema DmfA_20251 is missing"),
        Event(ago(hours=7, minutes=29), "freed", "to normalized by bob"),
        Event(ago(hours=7), "controlled", "forms accepted: 1180 of 1200; controls 2e7a1c55"),
        Event(ago(hours=6, minutes=50), "split", "3 parcels"),
        Event(ago(hours=3), "delivery decided", "pensions-000031: DMFAE.999999.20260428.00012.R"),
        Event(ago(hours=3), "exchange sent", "pensions-000031: DMFAE.999999.20260428.00012.R"),
        Event(ago(hours=2), "delivery confirmed", "pensions-000031"),
    )


class Sample:
    """A source that always tells the same, as the ledger would in one moment."""

    def __init__(self, seen: Overview = BUSY, story: Tale | None = None) -> None:
        self.seen = seen
        self.story = story or tale()

    def overview(self, now: datetime) -> Overview:
        return self.seen

    def batches(self, wanted: Wanted, now: datetime) -> Found:
        fit = [each for each in (*URGENT, *NEWEST) if wanted.status in (None, each.status)]
        return Found(tuple(fit), more=11 if wanted.before is None else None)

    def chosen(self, ids: object) -> tuple[Row, ...]:
        return NEWEST[:2] if ids else ()

    def search(self, text: str) -> Found:
        return Found(tuple(each for each in NEWEST if text in each.reference))

    def queues(self) -> tuple[Queue, ...]:
        return QUEUES

    def lines(self) -> tuple[Line, ...]:
        return LINES

    def tale(self, batch_id: int) -> Tale | None:
        return self.story if batch_id == self.story.batch.id else None


def desk(source: Sample | None = None) -> Desk:
    """A desk over a source that always tells the same."""
    return Desk(source or Sample(), lambda: NAMES, lambda: NOW)
