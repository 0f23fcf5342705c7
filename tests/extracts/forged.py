"""Extracts as somebody might tamper with them, every hash and count in the manifest mended to match."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.extracts import opened

Members = dict[str, bytes]
Said = dict[str, Any]
Planting = Callable[[Members, Said], None]
"""Changes members, and what the manifest says beyond hashes and sizes."""


def planted(path: Path, planting: Planting) -> Path:
    """The file with that change, hashes mended, in its place."""
    files = opened.members(path)
    said = json.loads(files.pop("manifest.json"))
    planting(files, said)
    _mend(said, files)
    return written(path, {**files, "manifest.json": (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()})


def _mend(said: Said, files: Members) -> None:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    said["members"] = [{"name": name, "size": len(files[name]), "sha256": hashes[name]} for name in files]
    for block in said["blocks"]:
        block["sha256"] = hashes.get(block["file"], block["sha256"])


def written(path: Path, files: Members) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return path


def block(said: Said, name: str) -> Said:
    """What the manifest says of that block."""
    found: Said = next(each for each in said["blocks"] if each["block"] == name)
    return found
