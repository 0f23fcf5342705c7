"""Documents dropped as a sender drops them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from declarations.errors import Configuration
from declarations.generate import envelope
from declarations.model import Environment

DAY = date(2026, 4, 23)


def drop(folder: Path, documents: list[Path | bytes]) -> list[Path]:
    return envelope(folder, "000101", DAY, "00001", Environment.PRODUCTION, "DMFA", documents)


def test_parts_and_go_are_named_by_the_grammar(tmp_path: Path) -> None:
    names = [path.name for path in drop(tmp_path, [b"one", b"two"])]
    assert names == [
        "FI.DMFA.000101.20260423.00001.R.2.1",
        "FI.DMFA.000101.20260423.00001.R.2.2",
        "GO.DMFA.000101.20260423.00001.R.2",
    ]


def test_documents_are_copied_byte_for_byte_and_the_go_is_empty(tmp_path: Path) -> None:
    source = tmp_path / "declaration.xml"
    source.write_bytes(b"<a/>\r\n")
    inbox = tmp_path / "IN"
    inbox.mkdir()
    first, second, go = drop(inbox, [source, b"<b/>"])
    assert (first.read_bytes(), second.read_bytes(), go.read_bytes()) == (b"<a/>\r\n", b"<b/>", b"")


@pytest.mark.parametrize("count", [0, 10])
def test_an_envelope_has_one_to_nine_parts(tmp_path: Path, count: int) -> None:
    with pytest.raises(Configuration, match="1 to 9"):
        drop(tmp_path, [b"part"] * count)
    assert list(tmp_path.iterdir()) == []
