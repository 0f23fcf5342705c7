"""Reading a batch: every form judged, the good ones as typed blocks, the findings of schema and controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from declarations.families import Version
from declarations.frames import schema_of
from declarations.stages.control import Found, Opener, control, located, schema_anomalies
from declarations.stages.normalize import Blocks
from declarations.stages.validate import judged_forms
from declarations.stages.verdict import Diagnosis, Share, diagnoses
from validators.anomaly import Anomaly
from validators.rules import Rules


@dataclass(frozen=True, slots=True)
class PartSource:
    """One file of declarations that passed the gate, with the schema it names."""

    part: int
    version: Version
    open: Opener


@dataclass(frozen=True, slots=True)
class FormHead:
    """What identifies one form, refused ones included: `number` counts in the batch from 0, `ordinal` in its part."""

    number: int
    part: int
    ordinal: int
    schema_valid: bool
    zones: dict[str, str]  # by tag, as written


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass over a batch gives. `blocks` hold the schema-valid forms only."""

    version: Version
    blocks: dict[str, pl.DataFrame]
    heads: tuple[FormHead, ...]
    found: tuple[Found, ...]  # the schema's findings, not located yet


def read(parts: Sequence[PartSource], progress: Callable[[int], None] = lambda forms: None) -> Reading:
    """Validate and normalize in one pass, form by form.

    The blocks follow the newest schema among the parts; `progress` is told of each form read.
    """
    gathered = _Gathered(max((part.version for part in parts), key=lambda each: each.name))
    for part in parts:
        gathered.take(part, progress)
    return gathered.reading()


def read_part(part: PartSource, version: Version, first_number: int) -> Reading:
    """The same for one part of a batch: with the blocks of that version, its forms counted from that number."""
    gathered = _Gathered(version, first_number)
    gathered.take(part, lambda forms: None)
    return gathered.reading()


class _Gathered:
    """What was read so far."""

    def __init__(self, version: Version, first_number: int = 0) -> None:
        self.version = version
        self.blocks = Blocks(version.plan)
        self.heads: list[FormHead] = []
        self.found: list[Found] = []
        self.first_number = first_number

    def take(self, part: PartSource, progress: Callable[[int], None]) -> None:
        with part.open() as source:
            for form in judged_forms(source, part.version):
                number = self.first_number + len(self.heads)
                self.heads.append(FormHead(number, part.part, form.ordinal, not form.faults, form.head))
                if form.faults:
                    self.found += [(part.part, anomaly) for anomaly in schema_anomalies(form, part.version)]
                else:
                    self.blocks.add(form.element, number, part.part, form.ordinal)
                progress(1)

    def reading(self) -> Reading:
        return Reading(self.version, self.blocks.frames(), tuple(self.heads), tuple(self.found))


@dataclass(frozen=True, slots=True)
class JudgedHead:
    """The verdict on one form with all its findings, in document order; without a diagnosis it is accepted."""

    head: FormHead
    diagnoses: tuple[Diagnosis, ...]
    anomalies: tuple[Anomaly, ...]

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses it."""
        return not self.diagnoses


Locating = Callable[[Sequence[Found]], list[Found]]
"""Gives findings their lines and columns."""


def judge(reading: Reading, controls: Rules, today: date, openers: Mapping[int, Opener]) -> tuple[JudgedHead, ...]:
    """Run the controls and give each form its verdict; every finding knows its line and column."""
    return judged(reading, controls, today, lambda found: located(found, openers, reading.version.family.form))


def judged(reading: Reading, controls: Rules, today: date, locate: Locating) -> tuple[JudgedHead, ...]:
    """The same, the findings located as wanted."""
    controlled = control(_with_blocks_of_later_quarters(reading), reading.version, controls, today)
    tolerance = reading.version.family.tolerance
    by_form: dict[tuple[int, int], list[Anomaly]] = {}
    for part, anomaly in locate([*reading.found, *controlled.found]):
        by_form.setdefault((part, anomaly.form), []).append(anomaly)
    verdicts = []
    for head in reading.heads:
        anomalies = sorted(by_form.get((head.part, head.ordinal), ()), key=lambda each: (each.location, each.code))
        share = controlled.shares.get(head.number, Share())
        diagnosed = diagnoses(anomalies, share, tolerance.percentage, head.schema_valid)
        verdicts.append(JudgedHead(head, diagnosed, tuple(anomalies)))
    return tuple(verdicts)


def _with_blocks_of_later_quarters(reading: Reading) -> dict[str, pl.DataFrame]:
    """The blocks, and empty ones and columns that only the newest schema has: a control may name any of them."""
    newest = reading.version.family.versions()[-1]
    if newest is reading.version:
        return reading.blocks
    empty = {block.name: pl.DataFrame(schema=schema_of(block)) for block in newest.plan.blocks}
    return {
        name: pl.concat([empty[name], frame], how="diagonal") if name in empty else frame
        for name, frame in (empty | reading.blocks).items()
    }
