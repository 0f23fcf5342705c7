"""normalize, control: what is found in the content of one accepted batch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import polars as pl

from declarations import answers
from declarations.errors import Configuration
from declarations.families import Family, Version
from declarations.model import (
    AnomalyCount,
    Artifact,
    Batch,
    BatchStatus,
    FormVerdict,
    Outcome,
    Outgoing,
    ticket,
)
from declarations.reading import slices as slicing
from declarations.reading.stretches import SLICE_BYTES, newest
from declarations.stages import accept as accepting
from declarations.stages import records
from declarations.stages.control import Found
from declarations.stages.name import named_version
from declarations.stages.read import JudgedHead, PartSource, Reading, judge
from declarations.steps import shared
from declarations.steps.kept import keep, kept, slice_name, tables
from declarations.steps.resent import replaced
from declarations.steps.world import World, outgoing
from validators import rules
from validators.catalogue import Language, catalogue

log = logging.getLogger(__name__)


def normalize(world: World, batch: Batch) -> Outcome:
    """Validate form by form and keep the good ones as typed blocks, slice by slice."""
    artifacts: list[Artifact] = []
    heads: list[pl.DataFrame] = []
    found: list[Found] = []
    for number, reading in enumerate(_slices(world, batch)):
        for name, frame in reading.blocks.items():
            artifacts.append(keep(world, "block", f"{slice_name(number)}/{name}", frame))
        heads.append(records.heads_frame(reading.heads).with_columns(slice=pl.lit(number, pl.Int64)))
        found += reading.found
    forms = pl.concat(heads)
    artifacts.append(keep(world, "heads", "heads", forms))
    artifacts.append(keep(world, "findings", "schema", records.found_frame(found)))
    note = f"forms: {len(forms)}, of which {forms['schema_valid'].not_().sum()} break the schema"
    return Outcome(BatchStatus.NORMALIZED, note, artifacts=tuple(artifacts))


def _slices(world: World, batch: Batch) -> Iterator[Reading]:
    """The same slices, whether or not some were read ahead."""
    readers = _readers(world, batch)
    known = None if shared.bytes_of(batch) <= world.limits.share_bytes else readers.known
    if known is None:
        return slicing.slices(readers.sources, readers.size)
    return slicing.gathered(readers.sources, known, readers.ahead)


def _readers(world: World, batch: Batch) -> shared.Readers:
    return shared.Readers(world, batch, _sources(world, batch), min(SLICE_BYTES, world.limits.share_bytes))


def shares(world: World, batch: Batch) -> list[list[int]]:
    """The slices of a large batch, by number, in shares for several tasks; none where one task does a step alone."""
    size, most = shared.bytes_of(batch), world.limits.share_bytes
    if size <= most:
        return []
    if batch.status is BatchStatus.ACCEPTED:
        return shared.shared_out(len(_readers(world, batch).stretches()), size, most)
    if batch.status is BatchStatus.NORMALIZED:
        count, _ = _readings(world, batch, _sources(world, batch))
        return shared.shared_out(count, size, most)
    return []


def read_ahead(world: World, batch: Batch, numbers: Sequence[int]) -> None:
    """Read those slices of an accepted batch, and keep them for `normalize`; nothing is done twice."""
    _readers(world, batch).read(numbers)


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


def message_of(world: World, batch: Batch) -> Version:
    """The version of the message that its blocks follow: the newest among its parts."""
    return newest(source.version for source in _sources(world, batch))


def version_named(world: World, message: str) -> Version:
    """The version of a message by its schema's name. Raises Configuration where no family has it any more."""
    for family in world.families:
        for version in family.versions():
            if version.name == message:
                return version
    raise Configuration(f"no family has the schema {message}, which parcels were cut with; put it back")


def control(world: World, batch: Batch) -> Outcome:
    """Run the business controls and answer each form with a NOTI."""
    sources = _sources(world, batch)
    family = newest(source.version for source in sources).family
    judges = shared.Judges(world, batch, family)
    count, load = _readings(world, batch, sources)
    judged = slicing.judge_slices(count, load, _judged(judges, sources), judges.ahead)
    verdicts = [verdict for each in judged for verdict in each]
    found = [(each.head.part, anomaly) for each in verdicts for anomaly in each.anomalies]
    accepted = sum(each.accepted for each in verdicts)
    return Outcome(
        BatchStatus.CONTROLLED if accepted else BatchStatus.REJECTED,
        f"forms accepted: {accepted} of {len(verdicts)}; controls {family.controls_version()}",
        answers=(_noti(world, batch, verdicts, family),),
        artifacts=(keep(world, "findings", "all", records.found_frame(found)),),
        forms=tuple(_verdict(batch, each) for each in verdicts),
        counts=_counts(verdicts),
        replaces=replaced(world, batch, family),
    )


def judge_ahead(world: World, batch: Batch, numbers: Sequence[int]) -> None:
    """Judge those slices of a normalized batch, each by itself, and keep that for `control`; nothing is done twice."""
    sources = _sources(world, batch)
    judges = shared.Judges(world, batch, newest(source.version for source in sources).family)
    count, load = _readings(world, batch, sources)
    judged = _judged(judges, sources)
    judges.judge([number for number in numbers if number < count], lambda number: judged(load(number)))


def _judged(judges: shared.Judges, sources: Sequence[PartSource]) -> Callable[[Reading], tuple[JudgedHead, ...]]:
    controls = rules.controls(judges.family.folder / "controls")
    openers = {source.part: source.open for source in sources}
    return lambda reading: judge(reading, controls, judges.today, openers)


def _readings(world: World, batch: Batch, sources: Sequence[PartSource]) -> tuple[int, Callable[[int], Reading]]:
    """How many slices `normalize` kept, and what gives each of them."""
    version = newest(source.version for source in sources)
    blocks = tables(world, batch.id, "block")
    heads = kept(world, tables(world, batch.id, "heads")["heads"])
    found = records.found(kept(world, tables(world, batch.id, "findings")["schema"]))

    def load(number: int) -> Reading:
        mine = records.heads(heads.filter(pl.col("slice") == number))
        places = {(head.part, head.ordinal) for head in mine}
        names = {block.name: f"{slice_name(number)}/{block.name}" for block in version.plan.blocks}
        return Reading(
            version,
            {block: kept(world, blocks[name]) for block, name in names.items()},
            mine,
            tuple(each for each in found if (each[0], each[1].form) in places),
        )

    return heads["slice"].n_unique(), load


def form_ticket(batch: Batch, part: int, ordinal: int) -> str:
    """The ticket of a form: its place in its part counts from 1."""
    return ticket(batch.folder, batch.reference, batch.occurrence, part, ordinal)


def _noti(world: World, batch: Batch, verdicts: Sequence[JudgedHead], family: Family) -> Outgoing:
    texts = catalogue(_language(world, batch), family.folder)
    file = answers.FileAnswer(batch.name, batch.ticket, batch.folder, batch.first_seen_at)
    forms = (
        answers.FormAnswer(
            ticket=form_ticket(batch, each.head.part, each.head.ordinal),
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
    named = form_ticket(batch, head.part, head.ordinal)
    return FormVerdict(head.number, head.part, head.ordinal, named, judged.accepted, len(judged.anomalies))


def _counts(verdicts: Sequence[JudgedHead]) -> tuple[AnomalyCount, ...]:
    counts: dict[tuple[str, str], int] = {}
    for each in verdicts:
        for anomaly in each.anomalies:
            key = (anomaly.code, str(anomaly.anomaly_class))
            counts[key] = counts.get(key, 0) + 1
    return tuple(AnomalyCount(code, kind, count) for (code, kind), count in sorted(counts.items()))
