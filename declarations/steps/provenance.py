"""Where a row that a recipient got came from: file, form, line by line, under which controls and authorizations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from declarations.entitlement.authorizations import Authorization, authorizations
from declarations.entitlement.entitlements import AUTHORIZATIONS
from declarations.families import Version
from declarations.model import Batch, Delivery
from declarations.stages.control import Found, located, pointed_at
from declarations.steps.kept import slices
from declarations.steps.process import form_ticket, version_named
from declarations.steps.tracing import Traced, Tracer
from declarations.steps.world import World
from validators.anomaly import AnomalyClass
from validators.controls import Control


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the row: the zone it was read from, where that stands in the file, and who granted it."""

    column: str
    tag: str
    line: int | None
    position: int | None  # on the line
    authorizations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that stands behind one row. It quotes no value."""

    delivery: str
    batch: str
    sender: str
    file: str  # the FI
    form: int  # in that file, from 1
    ticket: str
    message: str  # the schema's version
    controls: str  # what the ledger says of the controls it passed
    cells: tuple[Cell, ...]


def provenance(world: World, delivery: Delivery, part: int, block: str, row: int) -> Provenance:
    """Where that row of a block in that file of a delivery came from. Raises NoSuchRowError (`steps.tracing`)."""
    file = world.ledger.files_of(delivery.id)[part - 1]
    traced = Tracer(world, file).trace(block, row)
    batch = world.ledger.batch(traced.kept.batch_id)
    story = world.ledger.story(batch.id)
    form = next(each for each in story.forms if each.number == traced.form)
    version = version_named(world, traced.kept.parcel.message)
    source = next(each for each in batch.files if each.kind == "FI" and each.part == form.part)
    return Provenance(
        delivery=delivery.name,
        batch=batch.reference,
        sender=batch.folder,
        file=source.name,
        form=form.ordinal,
        ticket=form_ticket(batch, form.part, form.ordinal),
        message=version.name,
        controls=next((event.detail for event in story.events if event.what == "controlled"), ""),
        cells=_cells(world, batch, traced, version, _granted(version, delivery)),
    )


def _granted(version: Version, delivery: Delivery) -> list[Authorization]:
    """The authorizations that the delivery was made under, as they are written today."""
    known = authorizations(version.family.folder / AUTHORIZATIONS)
    return [each for each in known if each.id in delivery.authorizations]


def _cells(
    world: World, batch: Batch, traced: Traced, version: Version, granted: Sequence[Authorization]
) -> tuple[Cell, ...]:
    basis = {
        column.name: tuple(each.id for each in granted if column.name in each.columns.get(traced.block, ()))
        for column in version.plan.block(traced.block).columns
    }
    wanted = [name for name, ids in basis.items() if ids]
    found = _located(world, batch, traced, version, wanted)
    return tuple(
        Cell(name, anomaly.tag, anomaly.line, anomaly.column, basis[name])
        for name, (_, anomaly) in zip(wanted, found, strict=True)
    )


def _located(world: World, batch: Batch, traced: Traced, version: Version, columns: Sequence[str]) -> list[Found]:
    blocks = dict(slices(world, batch))[traced.slice]
    rows = pl.Series("row", [traced.row], dtype=pl.Int64)
    found = [each for name in columns for each in pointed_at(_asking(traced.block, name), rows, blocks, version)]
    openers = {
        file.part: partial(world.archive.open, file.sha256)
        for file in batch.files
        if file.kind == "FI" and file.part is not None
    }
    return located(found, openers, version.family.form)


def _asking(block: str, column: str) -> Control:
    """A question about a zone is put as a control is: it has a place and no verdict."""
    return Control(
        id=column,
        code="",
        anomaly_class=AnomalyClass.INVESTIGATION,
        kind="question",
        block=block,
        column=column,
        check=None,
        codes=None,
        sql=None,
        ignore=(),
        source="",
        assumption=None,
        valid_from="00001",
        valid_until="99994",
        breaks=(),
    )
