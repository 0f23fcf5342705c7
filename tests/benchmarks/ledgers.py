"""How fast a real PostgreSQL takes what is decided on a batch of a million forms."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from pathlib import Path

from declarations.adapters.database import DatabaseLedger, migrate
from declarations.adapters.database.engine import engine
from declarations.model import BatchStatus, FormVerdict, Outcome, Parcel, ParcelStatus
from tests.ledger.conftest import _made, _programs, _server
from tests.ledger.given import MESSAGE, NOW, brought_to, drop, recorded


def rates(rows: int, runs: int) -> dict[str, float] | None:
    """Rows a second of forms and of parcels, medians; None where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        return None
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder, _server(programs, Path(folder)):
        url = _made(Path(folder), itertools.count(1))
        migrate(url)
        ledger = DatabaseLedger(engine(url))
        return {
            "forms": statistics.median(rows / _forms(ledger, number, rows) for number in range(runs)),
            "parcels": statistics.median(rows / _parcels(ledger, runs + number, rows) for number in range(runs)),
        }


def _forms(ledger: DatabaseLedger, number: int, rows: int) -> float:
    verdicts = tuple(FormVerdict(each, 1, each + 1, f"{each:016}", each % 9 > 0, each % 9) for each in range(rows))
    batch = brought_to(ledger, recorded(ledger, drop(number)), BatchStatus.NORMALIZED)
    started = time.perf_counter()
    ledger.advance(batch, Outcome(BatchStatus.CONTROLLED, forms=verdicts), NOW)
    return time.perf_counter() - started


def _parcels(ledger: DatabaseLedger, number: int, rows: int) -> float:
    given = tuple(
        Parcel(f"recipient-{each}", MESSAGE, ParcelStatus.PENDING, 7, "digest", {"0000/form": (each, 3)})
        for each in range(rows)
    )
    batch = brought_to(ledger, recorded(ledger, drop(number)), BatchStatus.CONTROLLED)
    started = time.perf_counter()
    ledger.advance(batch, Outcome(BatchStatus.SPLIT, parcels=given), NOW)
    return time.perf_counter() - started
