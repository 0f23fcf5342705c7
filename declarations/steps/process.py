"""normalize, control, split: what is done with the content of one accepted batch."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from declarations import answers, authorizations
from declarations.errors import Configuration
from declarations.families import Family, Version
from declarations.model import (
    AnomalyCount,
    Artifact,
    Batch,
    BatchStatus,
    DeliveryStatus,
    Environment,
    FormVerdict,
    Outcome,
    Outgoing,
    Parcel,
)
from declarations.parties import Recipient
from declarations.stages import accept as accepting
from declarations.stages import extract as extracting
from declarations.stages import records
from declarations.stages import split as splitting
from declarations.stages.name import named_version
from declarations.stages.read import JudgedHead, PartSource, Reading, judge, read
from declarations.steps.world import World, outgoing, ticket
from validators import rules
from validators.catalogue import Language, catalogue

log = logging.getLogger(__name__)


def normalize(world: World, batch: Batch) -> Outcome:
    """Validate form by form and keep the good ones as typed blocks."""
    reading = read(_sources(world, batch))
    artifacts = [_kept(world, "block", name, frame) for name, frame in reading.blocks.items()]
    artifacts.append(_kept(world, "heads", "heads", records.heads_frame(reading.heads)))
    artifacts.append(_kept(world, "findings", "schema", records.found_frame(reading.found)))
    note = f"{len(reading.heads)} forms, {sum(not head.schema_valid for head in reading.heads)} break the schema"
    return Outcome(BatchStatus.NORMALIZED, note, artifacts=tuple(artifacts))


def _sources(world: World, batch: Batch) -> list[PartSource]:
    family = accepting.family_of(batch, world.families)
    sources = []
    for file in sorted((file for file in batch.files if file.kind == "FI"), key=lambda file: file.part or 0):
        opened = partial(world.archive.open, file.sha256)
        with opened() as source:
            version = named_version(source, family)
        if not isinstance(version, Version):
            raise Configuration(f"batch {batch.id}: the schema it was accepted with is gone (code {version})")
        sources.append(PartSource(file.part or 1, version, opened))
    return sources


def _kept(world: World, kind: str, name: str, frame: pl.DataFrame) -> Artifact:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    buffer.seek(0)
    return Artifact(kind, name, world.archive.put(buffer).sha256, len(frame))


def control(world: World, batch: Batch) -> Outcome:
    """Run the business controls and answer each form with a NOTI."""
    sources = _sources(world, batch)
    reading = _reading(world, batch, sources)
    family = reading.version.family
    verdicts = judge(
        reading,
        rules.controls(family.folder / "controls"),
        world.today().date(),
        {source.part: source.open for source in sources},
    )
    found = [(each.head.part, anomaly) for each in verdicts for anomaly in each.anomalies]
    accepted = sum(each.accepted for each in verdicts)
    return Outcome(
        BatchStatus.CONTROLLED if accepted else BatchStatus.REJECTED,
        f"{accepted} of {len(verdicts)} forms accepted",
        answers=(_noti(world, batch, verdicts, family),),
        artifacts=(_kept(world, "findings", "all", records.found_frame(found)),),
        forms=tuple(_verdict(batch, each) for each in verdicts),
        counts=_counts(verdicts),
    )


def _reading(world: World, batch: Batch, sources: Sequence[PartSource]) -> Reading:
    frames = _frames(world, batch)
    return Reading(
        version=max((source.version for source in sources), key=lambda version: version.name),
        blocks={name: frame for (kind, name), frame in frames.items() if kind == "block"},
        heads=records.heads(frames["heads", "heads"]),
        found=records.found(frames["findings", "schema"]),
    )


def _frames(world: World, batch: Batch) -> dict[tuple[str, str], pl.DataFrame]:
    return {
        (artifact.kind, artifact.name): pl.read_parquet(world.archive.local(artifact.sha256), hive_partitioning=False)
        for artifact in world.ledger.artifacts(batch.id)
    }


def _form_ticket(batch: Batch, part: int, ordinal: int) -> str:
    return answers.ticket(batch.folder, batch.reference, batch.occurrence, part, ordinal)


def _noti(world: World, batch: Batch, verdicts: Sequence[JudgedHead], family: Family) -> Outgoing:
    texts = catalogue(_language(world, batch), family.folder)
    file = answers.FileAnswer(batch.name, ticket(batch), batch.folder, batch.first_seen_at)
    forms = (
        answers.FormAnswer(
            ticket=_form_ticket(batch, each.head.part, each.head.ordinal),
            diagnoses=each.diagnoses,
            head=each.head.zones,
            anomalies=each.anomalies,
            schema_valid=each.head.schema_valid,
        )
        for each in verdicts
    )
    content = answers.noti(file, forms, world.clock(), texts, family.tolerance.most_reports)
    return outgoing(world, "NOTI", batch.folder, batch.environment, content)


def _language(world: World, batch: Batch) -> Language:
    sender = world.parties.senders.get(batch.folder)
    return Language.ENGLISH if sender is None else sender.language


def _verdict(batch: Batch, judged: JudgedHead) -> FormVerdict:
    head = judged.head
    ticket = _form_ticket(batch, head.part, head.ordinal)
    return FormVerdict(head.number, head.part, head.ordinal, ticket, judged.accepted, len(judged.anomalies))


def _counts(verdicts: Sequence[JudgedHead]) -> tuple[AnomalyCount, ...]:
    counts: dict[tuple[str, str], int] = {}
    for each in verdicts:
        for anomaly in each.anomalies:
            key = (anomaly.code, str(anomaly.anomaly_class))
            counts[key] = counts.get(key, 0) + 1
    return tuple(AnomalyCount(code, kind, count) for (code, kind), count in sorted(counts.items()))


def split(world: World, batch: Batch) -> Outcome:
    """Cut the accepted forms for each recipient; test environments reach none."""
    if batch.environment is not Environment.PRODUCTION:
        return Outcome(BatchStatus.SPLIT, "a test environment reaches no recipient")
    cut = Cut.of(world, batch)
    parcels = [parcel for each in world.parties.recipients.values() if (parcel := cut.parcel(world, each))]
    return Outcome(BatchStatus.SPLIT, f"{len(parcels)} parcels", parcels=tuple(parcels))


@dataclass(frozen=True, slots=True)
class Cut:
    """A batch laid out for cutting: its accepted forms, the routes and authorizations of its family."""

    batch: Batch
    version: Version
    blocks: dict[str, pl.DataFrame]
    routes: tuple[authorizations.Route, ...]
    authorizations: tuple[authorizations.Authorization, ...]

    @classmethod
    def of(cls, world: World, batch: Batch) -> Cut:
        sources = _sources(world, batch)
        blocks = {name: frame for (kind, name), frame in _frames(world, batch).items() if kind == "block"}
        version = max((source.version for source in sources), key=lambda version: version.name)
        accepted = {form.number for form in world.ledger.story(batch.id).forms if form.accepted}
        folder = version.family.folder
        return cls(
            batch,
            version,
            splitting.accepted_only(blocks, accepted),
            authorizations.routes(folder / "routes.toml"),
            authorizations.authorizations(folder / "authorizations.toml"),
        )

    def parcel(self, world: World, recipient: Recipient) -> Parcel | None:
        """Its part as an extract in the archive, withheld without authorization, None where nothing concerns it."""
        routes = [route for route in self.routes if route.recipient == recipient.id]
        if not routes:
            return None
        granted = authorizations.in_force(self.authorizations, recipient.id, world.today().date())
        if not granted:
            return Parcel(recipient.id, DeliveryStatus.WITHHELD, 0, ())
        frames = splitting.parcel(self.blocks, self.version.plan, routes, granted)
        if not frames:
            return None
        label = extracting.Label(
            delivery=f"{self.batch.reference}-{recipient.number}",
            batch=self.batch.reference,
            family=self.version.family.name,
            message=self.version.name,
            recipient=recipient.id,
            number=recipient.number,
        )
        stored = world.archive.put(io.BytesIO(extracting.extract(label, frames, granted)))
        rows = sum(len(frame) for frame in frames.values())
        ids = tuple(each.id for each in granted)
        return Parcel(recipient.id, DeliveryStatus.PENDING, rows, ids, stored.sha256, stored.size)
