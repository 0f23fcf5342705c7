"""The tables of what crosses our border: their unique constraints carry the truth, their partial indexes the queues."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    JSON,
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
from declarations.model import BatchStatus, DeliveryStatus, Environment, Kind, ParcelStatus


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
    Column("ticket", Text, nullable=False, server_default=""),  # what its ACRF calls it; empty: entered by no ledger
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
    Column("replaces", ForeignKey("batch.id")),  # the batch that this one, sent again, stands for
    UniqueConstraint("kind", "folder", "reference", "occurrence"),
)
Index("batch_queue", batch.c.status, batch.c.id)
Index("batch_ticket", batch.c.ticket)
Index(  # what the board counts, without a look at the rows
    "batch_board",
    batch.c.status,
    batch.c.environment,
    batch.c.first_seen_at,
    batch.c.kind,
    batch.c.reference,
)
Index(
    "batch_replaces",
    batch.c.replaces,
    postgresql_where=batch.c.replaces.is_not(None),
    sqlite_where=batch.c.replaces.is_not(None),
)
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

parcel = Table(
    "parcel",
    metadata,
    Column("id", ID, primary_key=True),
    _of_batch(),
    Column("recipient", Text, nullable=False),
    Column("message", Text, nullable=False),  # the version of the message: parcels of one version travel together
    Column("status", one_of(ParcelStatus), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("cut_under", Text, nullable=False),  # digest of the routes and authorizations it was cut under
    Column("ranges", JSON, nullable=False),  # slice/block -> [offset, length] in the kept file of that block
    Column("delivery_id", ForeignKey("delivery.id")),
    Column("reason", Text),  # why it is withheld
    UniqueConstraint("batch_id", "recipient"),
)
Index(
    "parcel_waiting",
    parcel.c.status,
    parcel.c.recipient,
    parcel.c.id,
    postgresql_where=parcel.c.delivery_id.is_(None),
    sqlite_where=parcel.c.delivery_id.is_(None),
)
Index("parcel_delivery", parcel.c.delivery_id)

delivery = Table(
    "delivery",
    metadata,
    Column("id", ID, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("number", Integer, nullable=False),  # counts a recipient's deliveries from 1
    Column("message", Text, nullable=False),
    Column("status", one_of(DeliveryStatus), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes of all its files
    Column("authorizations", Words, nullable=False),
    Column("manifest", SHA256, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("confirmed_at", Moment),
    Column("last_error", ForeignText),
    Column("resent", Integer, nullable=False),  # how often it was sent again
    UniqueConstraint("recipient", "number"),
)
Index(
    "delivery_open",
    delivery.c.status,
    delivery.c.id,
    postgresql_where=delivery.c.confirmed_at.is_(None),
    sqlite_where=delivery.c.confirmed_at.is_(None),
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
    Column("batch_id", ForeignKey("batch.id")),  # of what was dropped, and of its answers
    Column("delivery_id", ForeignKey("delivery.id")),
    Column("part", Integer),  # of a delivery, from 1
    Column("key", Text, unique=True),  # of a file that belongs to neither: what it is, said once
    Column("decided_at", Moment, nullable=False),
    Column("sent_at", Moment),  # when it had crossed the border
    Column("confirmed_at", Moment),  # of a delivery's file: when its receipt came
    UniqueConstraint("delivery_id", "part"),
)
Index("exchange_batch", exchange.c.batch_id)
Index(
    "exchange_stem",
    exchange.c.name,
    exchange.c.folder,
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

line = Table(
    "line",
    metadata,
    Column("folder", Text, primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row
    Column("down_since", Moment),
    Column("next_try_at", Moment),
    Column("last_ok_at", Moment),
    Column("last_error", ForeignText),
)

numbering = Table(
    "numbering",
    metadata,
    Column("day", Date, primary_key=True),
    Column("environment", one_of(Environment), primary_key=True),
    Column("folder", Text, primary_key=True),
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

form = Table(  # no foreign key: it would be looked up for each of a million rows, five times the cost of entering them
    "form",
    metadata,
    Column("batch_id", ID, primary_key=True, autoincrement=False),
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
    Column("batch_id", ForeignKey("batch.id")),
    Column("delivery_id", ForeignKey("delivery.id")),
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", ForeignText, nullable=False),
)
Index("event_batch", event.c.batch_id, event.c.id)
Index(
    "event_delivery",
    event.c.delivery_id,
    event.c.id,
    postgresql_where=event.c.delivery_id.is_not(None),
    sqlite_where=event.c.delivery_id.is_not(None),
)
