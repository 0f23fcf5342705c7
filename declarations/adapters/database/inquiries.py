"""The record of questions about persons: who asked, when, why, and how much was found."""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select

from declarations.adapters.database.engine import reading, writing
from declarations.adapters.database.registers import inquiry


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question. `subject` is a digest of the person that only the holder of the key can repeat."""

    asked_at: datetime
    officer: str
    kind: str  # "person", "row"
    subject: str
    reason: str
    found: int  # exchanges or cells told


class InquiryBook:
    """Entries are added and never changed."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def enter(self, asked: Inquiry) -> None:
        """Write one down; durable when this returns."""
        row = {name: getattr(asked, name) for name in asked.__slots__}
        with writing(self._database) as connection:
            connection.execute(insert(inquiry).values(row))

    def newest(self, limit: int) -> list[Inquiry]:
        """The last questions, newest first."""
        columns = [inquiry.c[name] for name in Inquiry.__slots__]
        with reading(self._database) as connection:
            rows = connection.execute(select(*columns).order_by(inquiry.c.id.desc()).limit(limit))
            return [Inquiry(*row) for row in rows]


def subject(person: str, key: Path) -> str:
    """The keyed digest of a number: equal for equal persons, and nothing to look up. The key is made where missing."""
    return hmac.digest(_secret(key), person.encode("ascii"), "sha256").hex()


def _secret(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    secret = secrets.token_bytes(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex())
        file.flush()
        os.fsync(file.fileno())
    return secret
