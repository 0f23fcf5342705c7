"""A ledger on SQLite and one on PostgreSQL, as the ledger's own tests have them."""

from __future__ import annotations

from tests.ledger.conftest import ledger, postgresql, postgresql_shared, shared, sqlite_shared, url

__all__ = ["ledger", "postgresql", "postgresql_shared", "shared", "sqlite_shared", "url"]
