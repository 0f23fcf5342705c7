"""Version 0004: files of ours are numbered folder by folder, so that a name tells nobody what others get."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Every folder that has a file of ours goes on where all of them stood together; older days are over."""
    last = sa.text(
        "SELECT day, environment, folder, last FROM numbering, "
        "(SELECT DISTINCT folder FROM exchange WHERE object IS NOT NULL) AS ours "
        "WHERE day = (SELECT MAX(day) FROM numbering)"
    ).columns(day=sa.Date)
    rows = [dict(row) for row in op.get_bind().execute(last).mappings()]
    op.drop_table("numbering")
    made = op.create_table(
        "numbering",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("environment", sa.String(16), primary_key=True),
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.bulk_insert(made, rows)
    op.drop_index("exchange_stem", "exchange")
    written = sa.text("object IS NOT NULL")
    op.create_index(
        "exchange_stem", "exchange", ["name", "folder"], unique=True, postgresql_where=written, sqlite_where=written
    )
