"""The ledger as the flow knows it: each method is one transaction on one database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine, select

from declarations.adapters.database import deliveries, intake, moves, stories
from declarations.adapters.database.engine import Conflict, engine, reading, writing
from declarations.adapters.database.tables import clock as clock_table
from declarations.adapters.database.tables import delivery as delivery_table
from declarations.adapters.database.tables import exchange as exchange_table
from declarations.adapters.database.values import ALL_DELIVERIES, ALL_OUTGOING, exchanges
from declarations.adapters.database.values import deliveries as fetched
from declarations.model import (
    Artifact,
    Batch,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    Drop,
    Exchange,
    Outcome,
    Outgoing,
    Parcel,
    Story,
)


def open_ledger(url: str) -> DatabaseLedger:
    """The ledger at that URL: `sqlite:///` and a path, or `postgresql+psycopg://`; migrated by `migrate` before.

    Nothing is connected yet. A ledger is used by the process that opened it, in any of its threads.
    """
    return DatabaseLedger(engine(url))


class DatabaseLedger:
    """The record of everything, as `declarations.ports.Ledger` says it.

    A method that raises Retryable did all of its work or nothing: an answer that was lost on the way back looks
    the same as none. Every method may be called again; what it did already is not done twice.
    """

    def __init__(self, database: Engine) -> None:
        self._database = database

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._database.dispose()

    def acquire(self, resource: str, holder: str, now: datetime, seconds: float) -> bool:
        """Take or prolong a lease; False where another holder's runs on."""
        with writing(self._database) as connection:
            return intake.acquire(connection, resource, holder, now, seconds)

    def release(self, resource: str, holder: str) -> None:
        """Give a lease back."""
        with writing(self._database) as connection:
            intake.release(connection, resource, holder)

    def sight(self, folder: str, box: str, names: Collection[str], now: datetime) -> dict[str, datetime]:
        """When each name was first seen there; names no longer listed are forgotten."""
        with writing(self._database) as connection:
            return intake.sight(connection, folder, box, names, now)

    def record(self, drop: Drop, holder: str, now: datetime, due: datetime) -> Batch | None:
        """Enter a drop as `received`; None where the lease on its inbox is no longer the holder's.

        What was recorded before and still lies in the inbox is given back, not entered again.
        """
        try:
            with writing(self._database) as connection:
                return intake.record(connection, drop, holder, now, due)
        except Conflict:
            return None

    def unremoved(self, folder: str) -> list[Batch]:
        """Batches of that folder whose files may still lie in the inbox, oldest first."""
        with reading(self._database) as connection:
            return stories.unremoved(connection, folder)

    def removed(self, batch: Batch, now: datetime) -> None:
        """Note that the inbox is clear of it."""
        with writing(self._database) as connection:
            intake.removed(connection, batch.id, now)

    def standing(self, status: BatchStatus, limit: int) -> list[Batch]:
        """Batches in that status, oldest first; of the received, cancellations first."""
        with reading(self._database) as connection:
            return stories.standing(connection, status, limit)

    def batch(self, batch_id: int) -> Batch:
        """That batch. Raises Invariant where there is none."""
        with reading(self._database) as connection:
            return stories.one(connection, batch_id)

    def find(self, text: str) -> list[Batch]:
        """Batches whose reference or name contains the text in either case, newest first."""
        with reading(self._database) as connection:
            return stories.find(connection, text)

    def namesakes(self, batch: Batch) -> list[Batch]:
        """Batches (kind GO) of the same folder and reference, first occurrence first."""
        with reading(self._database) as connection:
            return stories.namesakes(connection, batch)

    def advance(self, batch: Batch, outcome: Outcome, now: datetime) -> bool:
        """Take the outcome whole; False, and nothing done, where the batch or the one it cancels has moved on.

        A receipt on a file that we never sent to its folder is noted in the story and changes nothing. Raises
        Invariant for a status that does not follow, and for an outcome that contradicts itself.
        """
        try:
            with writing(self._database) as connection:
                moves.advance(connection, batch, outcome, now)
        except moves.MovedOn:
            return False
        return True

    def stumbled(self, batch: Batch, error: str, now: datetime, hold: bool) -> None:
        """Count a failed attempt where the batch still stands there; with `hold` it is `held` until freed."""
        failed = moves.hold if hold else moves.stumble
        with writing(self._database) as connection:
            failed(connection, batch, error, now)

    def free(self, batch: Batch, operator: str, now: datetime) -> bool:
        """Put a held batch back where it stood; False where it is not held, or held from elsewhere."""
        with writing(self._database) as connection:
            return moves.free(connection, batch, operator, now)

    def artifacts(self, batch_id: int) -> list[Artifact]:
        """What was derived from it so far, by kind and name."""
        with reading(self._database) as connection:
            return stories.artifacts(connection, batch_id)

    def outboxes(self) -> list[str]:
        """The folders for which outgoing files are decided and not yet noted as sent, sorted."""
        waiting = select(exchange_table.c.folder).distinct().where(exchange_table.c.sent_at.is_(None))
        with reading(self._database) as connection:
            return list(connection.scalars(waiting.order_by(exchange_table.c.folder)))

    def unsent(self, folder: str, limit: int) -> list[Exchange]:
        """Outgoing files for that folder decided and not yet noted as sent, oldest first."""
        waiting = ALL_OUTGOING.where(exchange_table.c.folder == folder, exchange_table.c.sent_at.is_(None))
        with reading(self._database) as connection:
            return exchanges(connection, waiting.order_by(exchange_table.c.id).limit(limit))

    def sent(self, exchange: Exchange, now: datetime) -> None:
        """Note that it lies in the outbox; its delivery becomes `sent`. Nothing happens the second time."""
        with writing(self._database) as connection:
            deliveries.sent(connection, exchange.id, now)

    def undispatched(self, limit: int) -> list[Delivery]:
        """Pending deliveries without an exchange, oldest first."""
        waiting = ALL_DELIVERIES.where(
            delivery_table.c.status == DeliveryStatus.PENDING, delivery_table.c.stem.is_(None)
        )
        with reading(self._database) as connection:
            return fetched(connection, waiting.order_by(delivery_table.c.id).limit(limit))

    def dispatch(self, delivery: Delivery, outgoing: Outgoing, now: datetime) -> Exchange | None:
        """Give a pending delivery its numbered exchange; None where it has one, or is no longer that parcel."""
        try:
            with writing(self._database) as connection:
                return deliveries.dispatch(connection, delivery, outgoing, now)
        except Conflict:
            return None

    def delivery_named(self, folder: str, name: str) -> Delivery | None:
        """The delivery to that folder whose GO has that name; None where we never sent it there."""
        with reading(self._database) as connection:
            return deliveries.named(connection, folder, name)

    def withheld(self) -> list[Delivery]:
        """Deliveries that wait for an authorization, oldest first."""
        waiting = ALL_DELIVERIES.where(
            delivery_table.c.status == DeliveryStatus.WITHHELD, delivery_table.c.stem.is_(None)
        )
        with reading(self._database) as connection:
            return fetched(connection, waiting.order_by(delivery_table.c.id))

    def grant(self, delivery: Delivery, parcel: Parcel, now: datetime) -> bool:
        """Turn a withheld delivery into that pending parcel; False where it is not withheld."""
        with writing(self._database) as connection:
            return deliveries.grant(connection, delivery, parcel, now)

    def withhold(self, delivery: Delivery, reason: str, now: datetime) -> bool:
        """Turn a pending delivery without an exchange into a withheld one; False where it is not pending."""
        with writing(self._database) as connection:
            return deliveries.withhold(connection, delivery, reason, now)

    def distributed(self) -> list[Batch]:
        """Batches in `split` of which no delivery is pending (withheld ones do not count), oldest first."""
        with reading(self._database) as connection:
            return stories.distributed(connection)

    def finished(self) -> list[tuple[Batch, datetime]]:
        """Batches in `distributed`, or ended with a running clock, for which nothing is awaited any more.

        With each the moment of the last thing awaited. Where nothing was awaited at all, and for a canceled one,
        it is the moment at which it took its status.
        """
        with reading(self._database) as connection:
            return stories.finished(connection)

    def stop_clock(self, batch: Batch, end: datetime) -> None:
        """Write the end of its four days, once."""
        running = (clock_table.c.batch_id == batch.id, clock_table.c.ended_at.is_(None))
        with writing(self._database) as connection:
            connection.execute(clock_table.update().where(*running).values(ended_at=end))

    def overdue(self, now: datetime) -> list[Batch]:
        """Production batches whose clock runs and whose due moment has passed, longest overdue first."""
        with reading(self._database) as connection:
            return stories.overdue(connection, now)

    def recent(self, limit: int) -> list[Story]:
        """The newest batches, newest first, with their clock, anomaly counts and deliveries."""
        with reading(self._database) as connection:
            return stories.recent(connection, limit)

    def story(self, batch_id: int) -> Story:
        """All of one batch. Raises Invariant where there is none."""
        with reading(self._database) as connection:
            return stories.story(connection, batch_id)
