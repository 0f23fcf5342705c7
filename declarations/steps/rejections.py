"""A recipient's list of rejected rows: led back to the batches and forms they came from, and told to their senders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from declarations import answers
from declarations.answers import RejectedRow
from declarations.model import Batch, BatchStatus, Outcome, Receipt
from declarations.parties.party import Recipient
from declarations.stages import records
from declarations.stages.control import Found, pointed_at
from declarations.steps.kept import kept, slices, tables
from declarations.steps.process import form_ticket, version_named
from declarations.steps.tracing import NoSuchRowError, Traced, Tracer
from declarations.steps.world import World, outgoing
from validators.anomaly import AnomalyClass
from validators.controls import Control

NO_SUCH_FILE = "166"
NO_SUCH_ROW = "312"
ALWAYS = ("00001", "99994")


def take(world: World, batch: Batch) -> Outcome | tuple[str, ...]:
    """What comes of such a list: who sent the rows is told; or the codes for which the list is refused."""
    part = next(file for file in batch.files if file.kind == "FI")
    with world.archive.open(part.sha256) as source:
        rejection = answers.rejection(source.read())
    if rejection is None:
        return (NO_SUCH_ROW,)
    file = world.ledger.file_named(batch.folder, rejection.name)
    recipient = world.parties.recipient_numbered(batch.folder)
    if file is None or file.delivery_id is None or recipient is None:
        return (NO_SUCH_FILE,)
    try:
        tracer = Tracer(world, file)
        rows = [(row, tracer.trace(row.block, row.number)) for row in rejection.rows]
    except NoSuchRowError:
        return (NO_SUCH_ROW,)
    told = _told(world, batch, recipient, rows)
    counts = ", ".join(f"{code} {count}" for code, count in sorted(Counter(row.code for row in rejection.rows).items()))
    receipt = Receipt(batch.folder, rejection.name, False, rejected=f"{len(rows)} rows: {counts}")
    acrf = outgoing(
        world, "ACRF", batch.folder, batch.environment, answers.acrf(batch.name, batch.ticket, (), world.clock())
    )
    return Outcome(
        BatchStatus.CLOSED, f"rejects {len(rows)} rows, {told} senders told", answers=(acrf,), receipts=(receipt,)
    )


def _told(world: World, drop: Batch, recipient: Recipient, rows: Sequence[tuple[RejectedRow, Traced]]) -> int:
    """A NOTI for each batch whose sender it concerns; how many. What is said once is not said again."""
    by_batch: dict[int, list[tuple[RejectedRow, Traced]]] = {}
    for row, traced in rows:
        if row.concerns_sender:
            by_batch.setdefault(traced.kept.batch_id, []).append((row, traced))
    for batch_id, some in sorted(by_batch.items()):
        batch = world.ledger.batch(batch_id)
        answer = outgoing(world, "NOTI", batch.folder, batch.environment, _noti(world, batch, recipient, some))
        world.ledger.entrust(answer, f"rejected:{drop.id}:{batch_id}", world.clock(), batch_id)
    return len(by_batch)


def _noti(world: World, batch: Batch, recipient: Recipient, rows: Sequence[tuple[RejectedRow, Traced]]) -> bytes:
    labels = {_control(nth, *each).id: f"{recipient.name}: {each[0].label}" for nth, each in enumerate(rows)}
    found = _found(world, batch, rows)
    file = answers.FileAnswer(batch.name, batch.ticket, batch.folder, batch.first_seen_at)
    heads = records.heads(kept(world, tables(world, batch.id, "heads")["heads"]))
    forms = [
        answers.FormAnswer(
            ticket=form_ticket(batch, head.part, head.ordinal),
            diagnoses=(),
            head=head.zones,
            anomalies=tuple(mine),
            schema_valid=True,
        )
        for head in heads
        if (mine := [anomaly for part, anomaly in found if (part, anomaly.form) == (head.part, head.ordinal)])
    ]
    return answers.noti(file, forms, world.clock(), answers.Labels(labels))


def _found(world: World, batch: Batch, rows: Sequence[tuple[RejectedRow, Traced]]) -> list[Found]:
    """The rejected rows as findings on their forms, with place and business keys, in document order."""
    version = version_named(world, rows[0][1].kept.parcel.message)
    found: list[Found] = []
    for name, blocks in slices(world, batch):
        for nth, (row, traced) in enumerate(rows):
            if traced.slice == name:
                here = pl.Series("row", [traced.row], dtype=pl.Int64)
                found += pointed_at(_control(nth, row, traced), here, blocks, version)
    return sorted(found, key=lambda each: (each[0], each[1].location))


def _control(nth: int, row: RejectedRow, traced: Traced) -> Control:
    """A rejected row is said as a finding of a control is: it informs, whatever class the recipient gave it."""
    return Control(
        id=f"rejected-{nth}",
        code=row.code,
        anomaly_class=AnomalyClass.WARNING,
        kind="rejection",
        block=traced.block,
        column=None,
        check=None,
        codes=None,
        sql=None,
        ignore=(),
        source="the recipient",
        assumption=None,
        valid_from=ALWAYS[0],
        valid_until=ALWAYS[1],
        breaks=(),
    )
