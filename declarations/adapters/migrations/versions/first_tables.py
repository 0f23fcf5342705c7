"""Version 0001: the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
SHA256 = sa.String(64)
INSS = sa.String(11)
WORD = sa.String(16)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _leases()
    _batches()
    _deliveries()
    _exchanges()
    _derived()
    _events()
    _parties()
    _directory()
    _oversight()


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, nullable=False)


def _batch_id(nullable: bool = False) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return sa.Column("batch_id", ID, nullable=nullable), sa.ForeignKeyConstraint(["batch_id"], ["batch.id"])


def _index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    predicate = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=predicate, postgresql_where=predicate)


def _leases() -> None:
    op.create_table(
        "lease",
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_table(
        "sighting",
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("box", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("first_seen_at", MOMENT, nullable=False),
    )


def _batches() -> None:
    op.create_table(
        "batch",
        _id(),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("environment", WORD, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("occurrence", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("status_since", MOMENT, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("codes", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("held_from", WORD),
        sa.Column("removed_at", MOMENT),
        sa.Column("replaces", ID),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["replaces"], ["batch.id"]),
        sa.UniqueConstraint("kind", "folder", "reference", "occurrence"),
    )
    _index("batch_queue", "batch", "status", "id")
    _index("batch_board", "batch", "status", "environment", "first_seen_at", "kind", "reference")
    _index("batch_replaces", "batch", "replaces", where="replaces IS NOT NULL")
    _index("batch_unremoved", "batch", "folder", where="removed_at IS NULL")
    op.create_table(
        "stored_file",
        *_batch_id(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("part", sa.Integer),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "position"),
    )
    op.create_table(
        "clock",
        *_batch_id(),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("batch_id"),
    )
    _index("clock_running", "clock", "due_at", where="ended_at IS NULL")


def _deliveries() -> None:
    op.create_table(
        "delivery",
        _id(),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("authorizations", sa.JSON, nullable=False),
        sa.Column("manifest", SHA256, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_error", sa.Text),
        sa.Column("resent", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recipient", "number"),
    )
    _index("delivery_open", "delivery", "status", "id", where="confirmed_at IS NULL")
    op.create_table(
        "parcel",
        _id(),
        *_batch_id(),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("cut_under", sa.Text, nullable=False),
        sa.Column("ranges", sa.JSON, nullable=False),
        sa.Column("delivery_id", ID),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"]),
        sa.UniqueConstraint("batch_id", "recipient"),
    )
    _index("parcel_waiting", "parcel", "status", "recipient", "id", where="delivery_id IS NULL")
    _index("parcel_delivery", "parcel", "delivery_id")


def _exchanges() -> None:
    op.create_table(
        "exchange",
        _id(),
        sa.Column("direction", WORD, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("object", sa.Text),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("environment", WORD, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("signature", SHA256),
        *_batch_id(nullable=True),
        sa.Column("delivery_id", ID),
        sa.Column("part", sa.Integer),
        sa.Column("key", sa.Text),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"]),
        sa.UniqueConstraint("delivery_id", "part"),
        sa.UniqueConstraint("key"),
    )
    _index("exchange_batch", "exchange", "batch_id")
    _index("exchange_stem", "exchange", "name", where="object IS NOT NULL", unique=True)
    _index("exchange_unsent", "exchange", "folder", "id", where="sent_at IS NULL")
    op.create_table(
        "line",
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("down_since", MOMENT),
        sa.Column("next_try_at", MOMENT),
        sa.Column("last_ok_at", MOMENT),
        sa.Column("last_error", sa.Text),
    )
    op.create_table(
        "numbering",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("environment", WORD, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )


def _derived() -> None:
    op.create_table(
        "artifact",
        *_batch_id(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "kind", "name"),
    )
    op.create_table(
        "form",
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("anomalies", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number"),
    )
    op.create_table(
        "anomaly_count",
        *_batch_id(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("anomaly_class", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "code", "anomaly_class"),
    )


def _events() -> None:
    op.create_table(
        "event",
        _id(),
        *_batch_id(nullable=True),
        sa.Column("delivery_id", ID),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"]),
    )
    _index("event_batch", "event", "batch_id", "id")
    _index("event_delivery", "event", "delivery_id", "id", where="delivery_id IS NOT NULL")


def _parties() -> None:
    op.create_table(
        "parties_version",
        _id(),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _directory() -> None:
    op.create_table(
        "directory_load",
        _id(),
        sa.Column("recipient", sa.Text),
        sa.Column("batch_id", ID),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.UniqueConstraint("batch_id"),
    )
    op.create_table(
        "known_person",
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("inss", INSS, primary_key=True),
        sa.Column("quality", sa.Text, primary_key=True),
        sa.Column("valid_from", sa.Date, primary_key=True),
        sa.Column("valid_until", sa.Date),
        sa.Column("person", INSS, nullable=False),
    )
    _index("known_person_person", "known_person", "person")
    op.create_table(
        "replaced_inss",
        sa.Column("old", INSS, primary_key=True),
        sa.Column("new", INSS, nullable=False),
        sa.Column("replaced_on", sa.Date),
    )
    _index("replaced_inss_new", "replaced_inss", "new")


def _oversight() -> None:
    op.create_table(
        "alarm",
        _id(),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT),
        sa.Column("cleared_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "decision",
        _id(),
        *_batch_id(),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", MOMENT),
        sa.Column("verdict", sa.Text),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("decision_batch", "decision", "batch_id", "id")
    op.create_table(
        "pause",
        _id(),
        *_batch_id(),
        sa.Column("attributed_to", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("pause_batch", "pause", "batch_id", "id")
    op.create_table(
        "inquiry",
        _id(),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("officer", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
