"""The part of the ledger that figures are made of: each method is one transaction that only reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from declarations.adapters.database import facts, measures, overviews
from declarations.adapters.database.engine import reading
from declarations.adapters.database.facts import Genuine
from declarations.adapters.database.tables import exchange
from declarations.adapters.database.values import chunks
from declarations.kpi.facts import Fact
from declarations.kpi.overview import OwnBatch, OwnDelivery
from declarations.metrics import Reading


class RecordLedger:
    """What reports, overviews and measures are made of, as `declarations.ledger.Record` says it."""

    _database: Engine

    def facts(self, start: datetime, end: datetime, as_of: datetime, genuine: Genuine) -> Iterator[Fact]:
        """The facts of the batches whose four days began between these moments, as known at `as_of`; then outages."""
        with reading(self._database) as connection:
            yield from facts.of_batches(connection, start, end, as_of, genuine)
            yield from facts.outages(connection, start, end, as_of)

    def entrusted(self, keys: Collection[str]) -> set[str]:
        """Those of the keys under which a file was entrusted."""
        wanted, found = sorted(keys), set[str]()
        with reading(self._database) as connection:
            for some in chunks(wanted):
                found.update(connection.scalars(select(exchange.c.key).where(exchange.c.key.in_(some))))
        return found

    def own_batches(self, folder: str, since: datetime) -> tuple[OwnBatch, ...]:
        """That folder's batches whose four days began since then or have not ended, newest first."""
        with reading(self._database) as connection:
            return overviews.batches_of(connection, folder, since)

    def own_deliveries(self, recipient: str, since: datetime) -> tuple[OwnDelivery, ...]:
        """That recipient's deliveries made since then or not confirmed, newest first."""
        with reading(self._database) as connection:
            return overviews.deliveries_of(connection, recipient, since)

    def parcels_waiting(self, recipient: str) -> int:
        """How many parcels wait for that recipient's next delivery."""
        with reading(self._database) as connection:
            return overviews.waiting_for(connection, recipient)

    def measured(self, now: datetime, recently: timedelta) -> list[Reading]:
        """What is measured of the flow; throughput over that time."""
        with reading(self._database) as connection:
            return measures.measured(connection, now, recently)
