"""What was derived from a batch and is kept in the archive: its blocks slice by slice, its findings, its cuts."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import polars as pl

from declarations.model import Artifact, Batch
from declarations.steps.world import World

CUT = "cut"
"""The kind of table that holds all recipients' rows of one block and slice."""


def keep(world: World, kind: str, name: str, frame: pl.DataFrame) -> Artifact:
    """A table, small on disk, to be read whole."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    buffer.seek(0)
    return Artifact(kind, name, world.archive.put(buffer).sha256, len(frame))


def keep_open(world: World, kind: str, name: str, frame: pl.DataFrame) -> Artifact:
    """A table laid out so that any range of its rows is read without the rest."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="uncompressed")
    buffer.seek(0)
    return Artifact(kind, name, world.archive.put(buffer).sha256, len(frame))


def kept(world: World, artifact: Artifact) -> pl.DataFrame:
    """A table that `keep` kept. Most blocks of a small batch are empty, and one empty block is like the other."""
    path = world.archive.local(artifact.sha256)
    return _read(path) if artifact.rows else _empty(path)


def _read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path, hive_partitioning=False)


_empty = lru_cache(maxsize=512)(_read)


def kept_rows(world: World, artifact: Artifact, offset: int, length: int) -> pl.DataFrame:
    """A range of a table that `keep_open` kept."""
    return pl.scan_ipc(world.archive.local(artifact.sha256)).slice(offset, length).collect()


def tables(world: World, batch_id: int, kind: str) -> dict[str, Artifact]:
    """The tables of that kind of a batch, by name."""
    return {each.name: each for each in world.ledger.artifacts(batch_id) if each.kind == kind}


def slices(world: World, batch: Batch) -> Iterator[tuple[str, Mapping[str, pl.DataFrame]]]:
    """The blocks of a batch, some whole forms at a time: the slice's name and its frames by block."""
    names: dict[str, dict[str, Artifact]] = {}
    for name, artifact in tables(world, batch.id, "block").items():
        number, _, block = name.partition("/")
        names.setdefault(number, {})[block] = artifact
    for number, blocks in sorted(names.items()):
        yield number, {block: kept(world, artifact) for block, artifact in blocks.items()}


def block_of(world: World, batch_id: int, block: str) -> pl.DataFrame | None:
    """One block of all slices; None where the batch was never read."""
    known = {name: each for name, each in tables(world, batch_id, "block").items() if name.endswith(f"/{block}")}
    return pl.concat([kept(world, known[name]) for name in sorted(known)]) if known else None


def slice_name(number: int) -> str:
    """The name of a batch's slice of that number, from 0."""
    return f"{number:04d}"
