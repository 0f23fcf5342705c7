"""Documents put in a folder as a sender drops them: the parts first, the GO last; unsigned."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from declarations.errors import Configuration
from declarations.filenames import FileKind, FileName
from declarations.model import Environment


def envelope(
    folder: Path,
    sender: str,
    day: date,
    sequence: str,
    environment: Environment,
    object: str,
    documents: Sequence[Path | bytes],
) -> list[Path]:
    """Write the documents as the parts of one batch, and its empty GO; give back the paths in that order.

    Configuration where there is not one document or more than nine.
    """
    if not 1 <= len(documents) <= 9:
        raise Configuration(f"an envelope of {len(documents)} documents: expected 1 to 9")
    parts = len(documents)
    paths: list[Path] = []
    for part, document in enumerate(documents, 1):
        name = FileName(FileKind.DECLARATION, object, sender, day, sequence, environment, parts, part)
        path = folder / str(name)
        if isinstance(document, bytes):
            path.write_bytes(document)
        else:
            shutil.copyfile(document, path)
        paths.append(path)
    go = folder / str(FileName(FileKind.START, object, sender, day, sequence, environment, parts))
    go.write_bytes(b"")
    return [*paths, go]
