"""Version 0002: each batch with its ticket, so that it is found by what its ACRF says."""

import hashlib
import re

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

AT_ONCE = 10_000
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def upgrade() -> None:
    """Add the column, and fill it for the batches that are there."""
    op.add_column("batch", sa.Column("ticket", sa.Text, nullable=False, server_default=""))
    connection, last = op.get_bind(), 0
    some = sa.text(
        "SELECT id, kind, folder, reference, occurrence FROM batch WHERE id > :last ORDER BY id LIMIT :at_once"
    )
    while rows := connection.execute(some, {"last": last, "at_once": AT_ONCE}).all():
        filled = [{"id": row.id, "ticket": _ticket(*row[1:])} for row in rows]
        connection.execute(sa.text("UPDATE batch SET ticket = :ticket WHERE id = :id"), filled)
        last = rows[-1].id
    op.create_index("batch_ticket", "batch", ["ticket"])


def _ticket(kind: str, folder: str, reference: str, occurrence: int) -> str:
    """As `declarations.model.ticket` made it when this version was written; a migration changes no more."""
    named = f"{kind}/{folder}/{ESCAPED.sub(lambda match: chr(int(match[1], 16)), reference)}/{occurrence}"
    number = int.from_bytes(hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest(), "big")
    digits = []
    for _ in range(13):
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    return "".join(digits)
