"""The ledger in a relational database: SQLite for one machine, PostgreSQL for several."""

from declarations.adapters.database.ledger import DatabaseLedger, open_ledger
from declarations.adapters.database.schema import migrate

__all__ = ["DatabaseLedger", "migrate", "open_ledger"]
