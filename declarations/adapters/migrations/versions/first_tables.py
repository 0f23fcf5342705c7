"""Version 0001: the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
SHA256 = sa.String(64)
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


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, nullable=False)


def _batch_id() -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return sa.Column("batch_id", ID, nullable=False), sa.ForeignKeyConstraint(["batch_id"], ["batch.id"])


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
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "folder", "reference", "occurrence"),
    )
    _index("batch_queue", "batch", "status", "id")
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
        *_batch_id(),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("authorizations", sa.JSON, nullable=False),
        sa.Column("extract", SHA256),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("stem", sa.Text),
        sa.Column("sent_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("batch_id", "recipient"),
        sa.UniqueConstraint("stem"),
    )
    _index("delivery_waiting", "delivery", "status", "id", where="stem IS NULL")


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
        *_batch_id(),
        sa.Column("delivery_id", ID),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"]),
        sa.UniqueConstraint("delivery_id"),
    )
    _index("exchange_batch", "exchange", "batch_id")
    _index("exchange_stem", "exchange", "name", where="object IS NOT NULL", unique=True)
    _index("exchange_unsent", "exchange", "folder", "id", where="sent_at IS NULL")
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
        *_batch_id(),
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
        *_batch_id(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("event_batch", "event", "batch_id", "id")
