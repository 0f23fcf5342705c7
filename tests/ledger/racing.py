"""What two processes do to one ledger at the same moment."""

from __future__ import annotations

from multiprocessing.synchronize import Barrier

from declarations.adapters.database import DatabaseLedger, migrate, open_ledger
from declarations.model import Batch, BatchStatus, KeptParcel, Outcome
from declarations.sla import due
from tests.ledger.given import NOW, answer, drop, packing

_meeting: list[Barrier] = []


def meet_at(barrier: Barrier) -> None:
    """Where the processes wait for each other."""
    _meeting[:] = [barrier]


def wait() -> None:
    """Go on when the other is there."""
    _meeting[0].wait(timeout=60)


def make_tables(url: str) -> None:
    """Migrate an empty database."""
    wait()
    migrate(url)


def advance(url: str, batches: list[Batch]) -> list[bool]:
    """Accept each of the batches, with an answer."""
    ledger = open_ledger(url)
    wait()
    outcome = Outcome(BatchStatus.ACCEPTED, answers=(answer(),))
    return [ledger.advance(batch, outcome, NOW) for batch in batches]


def cancel(url: str, pairs: list[tuple[Batch, Batch]]) -> list[bool]:
    """Close each cancellation, which ends the batch beside it."""
    ledger = open_ledger(url)
    wait()
    return [ledger.advance(td, Outcome(BatchStatus.CLOSED, cancels=batch.id), NOW) for td, batch in pairs]


def control(url: str, batches: list[Batch]) -> list[bool]:
    """Control each of the batches."""
    ledger = open_ledger(url)
    wait()
    return [ledger.advance(batch, Outcome(BatchStatus.CONTROLLED), NOW) for batch in batches]


def record(url: str, holder: str, count: int) -> list[int]:
    """Enter so many drops of one name, whenever the lease on the inbox can be had; their occurrences."""
    ledger = open_ledger(url)
    wait()
    occurrences: list[int] = []
    while len(occurrences) < count:
        if not ledger.acquire("inbox:006400", holder, NOW, 600):
            continue
        batch = ledger.record(drop(), holder, NOW, due(NOW))
        if batch is not None:
            ledger.removed(batch, NOW)
            occurrences.append(batch.occurrence)
        ledger.release("inbox:006400", holder)
    return occurrences


def pack(url: str, kept: list[KeptParcel]) -> list[str | None]:
    """Pack each of the parcels alone, in a delivery of the number that is next; the names."""
    ledger = open_ledger(url)
    wait()
    return [_packed_alone(ledger, each) for each in kept]


def _packed_alone(ledger: DatabaseLedger, kept: KeptParcel) -> str | None:
    delivery = ledger.pack(packing(kept), ledger.next_number(kept.parcel.recipient), NOW)
    return None if delivery is None else delivery.name


def lease(url: str, holder: str, count: int) -> list[bool]:
    """Ask for so many leases."""
    ledger = open_ledger(url)
    wait()
    return [ledger.acquire(f"batch:{number}", holder, NOW, 600) for number in range(count)]


def sight(url: str, count: int) -> int:
    """See so many names; how many are known afterwards."""
    ledger = open_ledger(url)
    wait()
    return len(ledger.sight("006400", "IN", [f"name {number}" for number in range(count)], NOW))
