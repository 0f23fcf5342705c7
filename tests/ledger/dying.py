"""A process that works on a ledger until it is killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from declarations.adapters.database import open_ledger
from declarations.model import BatchStatus, FormVerdict, Outcome
from tests.ledger.given import NOW, answer


class Standstill(tuple[FormVerdict, ...]):
    """Forms that never come to an end: whoever reads them stands in the middle of its transaction."""

    def __iter__(self) -> Iterator[FormVerdict]:
        """One form, then nothing more."""
        yield FormVerdict(0, 1, 1, "T0", True, 0)
        print("in the middle", flush=True)
        sys.stdin.read()


def stand_still(url: str, batch_id: str) -> None:
    """Accept a batch, and never finish doing so."""
    ledger = open_ledger(url)
    outcome = Outcome(BatchStatus.ACCEPTED, answers=(answer(),), forms=Standstill())
    ledger.advance(ledger.batch(int(batch_id)), outcome, NOW)


def go_on(url: str, first: str, last: str) -> None:
    """Accept one batch after the other, and tell of each."""
    ledger = open_ledger(url)
    for batch_id in range(int(first), int(last) + 1):
        ledger.advance(ledger.batch(batch_id), Outcome(BatchStatus.ACCEPTED), NOW)
        print(batch_id, flush=True)


if __name__ == "__main__":
    {"stand_still": stand_still, "go_on": go_on}[sys.argv[1]](*sys.argv[2:])
