"""A ledger on SQLite and one on PostgreSQL, as the ledger's own tests have them."""

from __future__ import annotations

import pytest

from declarations.adapters.database.board import DatabaseBoard, open_board
from tests.ledger.conftest import ledger, postgresql, postgresql_shared, shared, sqlite_shared, url

__all__ = ["ledger", "postgresql", "postgresql_shared", "shared", "sqlite_shared", "url"]


@pytest.fixture
def board(url: str) -> DatabaseBoard:
    """What the board reads of the ledger of this test."""
    return open_board(url)
