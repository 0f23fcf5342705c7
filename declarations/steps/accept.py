"""accept: received -> accepted, refused, or closed (a cancellation, a receipt, a directory); the answer is an ACRF."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from declarations import answers
from declarations.model import (
    CANCELABLE,
    Batch,
    BatchStatus,
    Kind,
    Outcome,
    Outgoing,
    Receipt,
)
from declarations.stages import accept as accepting
from declarations.steps import directory, rejections
from declarations.steps.world import World, outgoing

log = logging.getLogger(__name__)


def accept(world: World, batch: Batch) -> Outcome:
    """Decide whether a drop can be processed, and answer it with an ACRF."""
    desk = accepting.Desk(
        world.parties,
        world.families,
        world.limits,
        lambda file: world.archive.open(file.sha256),
        world.signatures.verify,
    )
    codes = accepting.envelope_codes(batch, desk, world.today().date())
    if not codes and batch.kind is Kind.CANCELLATION:
        return _cancellation(world, batch)
    codes = codes or accepting.part_codes(batch, desk)
    if not codes and accepting.parsed_object(batch) == accepting.RECEIPT:
        return _receipt(world, batch)
    if not codes and accepting.parsed_object(batch) == accepting.REJECTION:
        taken = rejections.take(world, batch)
        return taken if isinstance(taken, Outcome) else _refusal(world, batch, taken)
    if not codes and accepting.parsed_object(batch) == accepting.DIRECTORY:
        return directory.take(world, batch)
    if codes:
        return _refusal(world, batch, codes)
    return Outcome(BatchStatus.ACCEPTED, answers=(_acrf(world, batch, ()),))


def _refusal(world: World, batch: Batch, codes: tuple[str, ...]) -> Outcome:
    return Outcome(BatchStatus.REFUSED, f"refused: {', '.join(codes)}", codes, (_acrf(world, batch, codes),))


def _acrf(world: World, batch: Batch, codes: Sequence[str]) -> Outgoing:
    content = answers.acrf(batch.name, batch.ticket, codes, world.clock())
    return outgoing(world, "ACRF", batch.folder, batch.environment, content)


def _cancellation(world: World, batch: Batch) -> Outcome:
    """A TD ends the batch it names while that is not controlled yet; files without a GO end with it."""
    targets = [each for each in world.ledger.namesakes(batch) if each.occurrence == 1]
    target = targets[0] if targets else None
    if target is None:
        codes = () if any(file.kind == "FI" for file in batch.files) else ("142",)
    else:
        stands = target.held_from if target.status is BatchStatus.HELD else target.status
        codes = () if stands in CANCELABLE else ("181",)
    if codes:
        return _refusal(world, batch, codes)
    answer = (_acrf(world, batch, ()),)
    return Outcome(BatchStatus.CLOSED, "canceled what it names", answers=answer, cancels=target.id if target else None)


def _receipt(world: World, batch: Batch) -> Outcome:
    """A recipient's ACRF on an extract of ours: it is not answered unless it cannot be understood."""
    part = next(file for file in batch.files if file.kind == "FI")
    with world.archive.open(part.sha256) as source:
        said = answers.acknowledged(source.read())
    codes = ("312",) if said is None else ()
    if said is not None and world.ledger.file_named(batch.folder, said.name) is None:
        codes = ("166",)
    if said is None or codes:
        return _refusal(world, batch, codes)
    receipt = Receipt(batch.folder, said.name, said.accepted, said.codes)
    note = "confirms an extract" if said.accepted else f"contests an extract: {', '.join(said.codes)}"
    return Outcome(BatchStatus.CLOSED, note, receipts=(receipt,))
