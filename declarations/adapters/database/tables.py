"""The ledger's tables: their unique constraints carry the truth, their partial indexes the queues."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from declarations.adapters.database.kinds import ForeignText, Moment, Words, one_of
from declarations.model import BatchStatus, DeliveryStatus, Environment, Kind


class Direction(StrEnum):
    """Which way a file crossed our border."""

    IN = "in"
    OUT = "out"


ID = BigInteger().with_variant(Integer, "sqlite")
SHA256 = String(64)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
    }
)


def _of_batch(*, primary_key: bool = False) -> Column[int]:
    return Column("batch_id", ForeignKey("batch.id"), primary_key=primary_key, nullable=False)


lease = Table(
    "lease",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

sighting = Table(
    "sighting",
    metadata,
    Column("folder", Text, primary_key=True),
    Column("box", Text, primary_key=True),
    Column("name", ForeignText, primary_key=True),
    Column("first_seen_at", Moment, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", one_of(Kind), nullable=False),
    Column("folder", Text, nullable=False),
    Column("environment", one_of(Environment), nullable=False),
    Column("reference", ForeignText, nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("name", ForeignText, nullable=False),
    Column("status", one_of(BatchStatus), nullable=False),
    Column("status_since", Moment, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("reason", Text),
    Column("codes", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", ForeignText),
    Column("held_from", one_of(BatchStatus)),
    Column("removed_at", Moment),
    UniqueConstraint("kind", "folder", "reference", "occurrence"),
)
Index("batch_queue", batch.c.status, batch.c.id)
Index(
    "batch_unremoved",
    batch.c.folder,
    postgresql_where=batch.c.removed_at.is_(None),
    sqlite_where=batch.c.removed_at.is_(None),
)

stored_file = Table(
    "stored_file",
    metadata,
    _of_batch(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", ForeignText, nullable=False),
    Column("part", Integer),
    Column("size", BigInteger, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("modified", BigInteger, nullable=False),
)

clock = Table(
    "clock",
    metadata,
    _of_batch(primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("ended_at", Moment),
)
Index(
    "clock_running",
    clock.c.due_at,
    postgresql_where=clock.c.ended_at.is_(None),
    sqlite_where=clock.c.ended_at.is_(None),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", ID, primary_key=True),
    _of_batch(),
    Column("recipient", Text, nullable=False),
    Column("status", one_of(DeliveryStatus), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("authorizations", Words, nullable=False),
    Column("extract", SHA256),
    Column("size", BigInteger, nullable=False),
    Column("stem", Text, unique=True),
    Column("sent_at", Moment),
    Column("confirmed_at", Moment),
    Column("last_error", ForeignText),
    UniqueConstraint("batch_id", "recipient"),
)
Index(
    "delivery_waiting",
    delivery.c.status,
    delivery.c.id,
    postgresql_where=delivery.c.stem.is_(None),
    sqlite_where=delivery.c.stem.is_(None),
)

exchange = Table(
    "exchange",
    metadata,
    Column("id", ID, primary_key=True),
    Column("direction", one_of(Direction), nullable=False),
    Column("name", ForeignText, nullable=False),  # of an outgoing one its stem
    Column("object", Text),  # of an outgoing one
    Column("folder", Text, nullable=False),
    Column("environment", one_of(Environment), nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("signature", SHA256),  # of an outgoing one
    _of_batch(),
    Column("delivery_id", ForeignKey("delivery.id"), unique=True),
    Column("decided_at", Moment, nullable=False),
    Column("sent_at", Moment),  # when it had crossed the border
)
Index("exchange_batch", exchange.c.batch_id)
Index(
    "exchange_stem",
    exchange.c.name,
    unique=True,
    postgresql_where=exchange.c.object.is_not(None),
    sqlite_where=exchange.c.object.is_not(None),
)
Index(
    "exchange_unsent",
    exchange.c.folder,
    exchange.c.id,
    postgresql_where=exchange.c.sent_at.is_(None),
    sqlite_where=exchange.c.sent_at.is_(None),
)

numbering = Table(
    "numbering",
    metadata,
    Column("day", Date, primary_key=True),
    Column("environment", one_of(Environment), primary_key=True),
    Column("last", Integer, nullable=False),
)

artifact = Table(
    "artifact",
    metadata,
    _of_batch(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sha256", SHA256, nullable=False),
    Column("rows", BigInteger, nullable=False),
)

form = Table(
    "form",
    metadata,
    _of_batch(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("anomalies", Integer, nullable=False),
)

anomaly_count = Table(
    "anomaly_count",
    metadata,
    _of_batch(primary_key=True),
    Column("code", Text, primary_key=True),
    Column("anomaly_class", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", ID, primary_key=True),
    _of_batch(),
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", ForeignText, nullable=False),
)
Index("event_batch", event.c.batch_id, event.c.id)
