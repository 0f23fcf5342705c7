"""A file of parties to begin with, and changes to it."""

from __future__ import annotations

from pathlib import Path

import pyrage  # type: ignore[import-untyped]

from declarations.parties.file import read_list
from declarations.parties.register import Document
from tests.worlds import demo_keys

FAMILIES = ("dmfa",)
SSH_KEY = (demo_keys() / "parties" / "990001" / "id_ed25519.pub").read_text(encoding="ascii").strip()
AGE_KEY = str(pyrage.x25519.Identity.generate().to_public())

SENDER = {
    "number": '"000101"',
    "name": '"Payroll Office North"',
    "families": '["dmfa"]',
    "certificates": '["000101.pem"]',
}
RECIPIENT = {
    "id": '"pensions"',
    "number": '"990001"',
    "name": '"Pensions"',
    "certificates": '["990001.pem"]',
}


def table(kind: str, given: dict[str, str], **changes: str | None) -> str:
    """A table of the file; a change to None leaves the key out. Values are TOML."""
    merged = {key: value for key, value in {**given, **changes}.items() if value is not None}
    return "\n".join([f"[[{kind}]]", *(f"{key} = {value}" for key, value in merged.items())]) + "\n"


def sender(**changes: str | None) -> str:
    """A sender's table."""
    return table("sender", SENDER, **changes)


def recipient(**changes: str | None) -> str:
    """A recipient's table."""
    return table("recipient", RECIPIENT, **changes)


def written(folder: Path, *tables: str) -> Path:
    """A file with these tables, certificates beside it."""
    for number in ("000101", "990001"):
        certificate = (demo_keys() / "parties" / number / "sign.pem").read_bytes()
        (folder / f"{number}.pem").write_bytes(certificate)
    path = folder / "parties.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return path


def read(folder: Path, *tables: str) -> Document:
    """What such a file says."""
    return read_list(written(folder, *tables), FAMILIES)
