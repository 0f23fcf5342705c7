"""The ledger as the flow knows it: each method is one transaction on one database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine, select

from declarations.adapters.database import deliveries, intake, lines, moves, parcels, stories
from declarations.adapters.database.engine import Conflict, engine, reading, writing
from declarations.adapters.database.operators import OperatorsLedger
from declarations.adapters.database.record import RecordLedger
from declarations.adapters.database.tables import clock as clock_table
from declarations.adapters.database.tables import delivery as delivery_table
from declarations.adapters.database.tables import exchange as exchange_table
from declarations.adapters.database.tables import parcel as parcel_table
from declarations.adapters.database.values import ALL_DELIVERIES, ALL_OUTGOING, ALL_PARCELS, exchanges
from declarations.adapters.database.values import deliveries as fetched
from declarations.adapters.database.values import parcels as kept_parcels
from declarations.model import (
    Artifact,
    Batch,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    Drop,
    Event,
    Exchange,
    FormVerdict,
    KeptParcel,
    Line,
    Outcome,
    Outgoing,
    Packed,
    Parcel,
    Story,
    delivery_called,
)


def open_ledger(url: str) -> DatabaseLedger:
    """The ledger at that URL: `sqlite:///` and a path, or `postgresql+psycopg://`; migrated by `migrate` before.

    Nothing is connected yet. A ledger is used by the process that opened it, in any of its threads.
    """
    return DatabaseLedger(engine(url))


class DatabaseLedger(OperatorsLedger, RecordLedger):
    """The record of everything, as `declarations.ledger.Ledger` says it.

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

    def after(self, batch_id: int, limit: int) -> list[Batch]:
        """The batches that were entered after that one, in order."""
        with reading(self._database) as connection:
            return stories.after(connection, batch_id, limit)

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

    def derived(self, batch: Batch, artifacts: Collection[Artifact]) -> bool:
        """Enter what was derived on the way to the next step, once; False, and nothing entered, where it has moved on.

        What has that kind and name already stays as it is.
        """
        with writing(self._database) as connection:
            return moves.derived(connection, batch, artifacts)

    def stumbled(self, batch: Batch, error: str, now: datetime, hold: bool) -> None:
        """Count a failed attempt where the batch still stands there; with `hold` it is `held` until freed."""
        failed = moves.hold if hold else moves.stumble
        with writing(self._database) as connection:
            failed(connection, batch, error, now)

    def forms(self, batch_id: int) -> list[FormVerdict]:
        """The verdicts on its forms, in order."""
        with reading(self._database) as connection:
            return stories.forms(connection, batch_id)

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

    def entrust(self, outgoing: Outgoing, key: str, now: datetime, batch_id: int | None = None) -> Exchange | None:
        """Enter a file that no step of a batch gives; None where that key was entered before."""
        try:
            with writing(self._database) as connection:
                return deliveries.entrust(connection, outgoing, key, now, batch_id)
        except Conflict:
            return None

    def awaiting(self) -> dict[str, int]:
        """The recipients for which parcels wait, sorted, with how many rows those have."""
        with reading(self._database) as connection:
            return parcels.awaiting(connection)

    def waiting(self, recipient: str, limit: int) -> list[KeptParcel]:
        """That recipient's parcels that wait for a delivery, oldest first."""
        with reading(self._database) as connection:
            return parcels.waiting(connection, recipient, limit)

    def withheld(self) -> list[KeptParcel]:
        """Parcels that wait for an authorization, oldest first."""
        with reading(self._database) as connection:
            return parcels.withheld(connection)

    def recut(self, kept: KeptParcel, new: Parcel, artifacts: Collection[Artifact], now: datetime) -> bool:
        """Put a new cut in the place of one that is in no delivery; False where it is in one or was cut anew."""
        with writing(self._database) as connection:
            return parcels.recut(connection, kept, new, artifacts, now)

    def next_number(self, recipient: str) -> int:
        """The number of that recipient's next delivery."""
        with reading(self._database) as connection:
            return deliveries.next_number(connection, recipient)

    def pack(self, packed: Packed, number: int, now: datetime) -> Delivery | None:
        """Enter a delivery with its named files; None where the number is taken or a parcel no longer waits."""
        try:
            with writing(self._database) as connection:
                return deliveries.pack(connection, packed, number, now)
        except (Conflict, deliveries.PackedAlready):
            return None

    def delivery(self, delivery_id: int) -> Delivery:
        """That delivery. Raises Invariant where there is none."""
        with reading(self._database) as connection:
            return deliveries.one(connection, delivery_id)

    def delivery_named(self, name: str) -> Delivery | None:
        """The delivery that people call so, as in `pensions-000123`; None where there is none."""
        named = delivery_called(name)
        if named is None:
            return None
        recipient, number = named
        wanted = ALL_DELIVERIES.where(delivery_table.c.recipient == recipient, delivery_table.c.number == number)
        with reading(self._database) as connection:
            return next(iter(fetched(connection, wanted)), None)

    def deliveries_of(self, recipient: str, limit: int) -> list[Delivery]:
        """That recipient's deliveries, newest first."""
        mine = ALL_DELIVERIES.where(delivery_table.c.recipient == recipient).order_by(delivery_table.c.number.desc())
        with reading(self._database) as connection:
            return fetched(connection, mine.limit(limit))

    def unconfirmed(self) -> list[Delivery]:
        """Deliveries that lie with their recipient and of which a receipt is awaited, oldest first."""
        sent = (DeliveryStatus.SENT, DeliveryStatus.CONTESTED)
        open_ones = ALL_DELIVERIES.where(delivery_table.c.confirmed_at.is_(None), delivery_table.c.status.in_(sent))
        with reading(self._database) as connection:
            return fetched(connection, open_ones.order_by(delivery_table.c.id))

    def carried(self, delivery_id: int) -> list[KeptParcel]:
        """The parcels in that delivery, in their order."""
        inside = ALL_PARCELS.where(parcel_table.c.delivery_id == delivery_id).order_by(parcel_table.c.id)
        with reading(self._database) as connection:
            return kept_parcels(connection, inside)

    def files_of(self, delivery_id: int) -> list[Exchange]:
        """The files of that delivery, by part."""
        mine = ALL_OUTGOING.where(exchange_table.c.delivery_id == delivery_id).order_by(exchange_table.c.part)
        with reading(self._database) as connection:
            return exchanges(connection, mine)

    def told_of(self, delivery_id: int) -> list[Event]:
        """The story of that delivery."""
        with reading(self._database) as connection:
            return stories.told_of(connection, delivery_id)

    def resend(self, delivery: Delivery, operator: str, now: datetime) -> bool:
        """Let its files be written again, same names and same bytes; False where some still wait to be written."""
        with writing(self._database) as connection:
            return deliveries.resend(connection, delivery, operator, now)

    def file_named(self, folder: str, name: str) -> Exchange | None:
        """The file of a delivery to that folder whose GO has that name; None where we never sent it there."""
        with reading(self._database) as connection:
            return deliveries.named(connection, folder, name)

    def line(self, folder: str) -> Line:
        """How well that folder or server can be reached."""
        with reading(self._database) as connection:
            return lines.one(connection, folder)

    def lines(self) -> list[Line]:
        """Every folder or server of which something was noted."""
        with reading(self._database) as connection:
            return lines.every(connection)

    def unreachable(self, folder: str, error: str, next_try_at: datetime, now: datetime) -> None:
        """Note that it could not be reached, and when it is tried again."""
        with writing(self._database) as connection:
            lines.failed(connection, folder, error, next_try_at, now)

    def rest(self, folder: str, until: datetime) -> None:
        """Leave it alone until then, though nothing is wrong with it."""
        with writing(self._database) as connection:
            lines.rest(connection, folder, until)

    def reached(self, folder: str, now: datetime) -> None:
        """Note that it could be reached."""
        with writing(self._database) as connection:
            lines.answered(connection, folder, now)

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
