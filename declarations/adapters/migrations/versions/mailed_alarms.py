"""Version 0003: when an alarm went by mail, apart from when a webhook took it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what stands now has been mailed."""
    op.add_column("alarm", sa.Column("mailed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE alarm SET mailed_at = raised_at")
