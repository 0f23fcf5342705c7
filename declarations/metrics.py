"""What is measured of the flow at a moment: queues, ages, throughput, refusals, deliveries, outages, alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from declarations.steps.world import World

PREFIX = "declarations"
RECENTLY = timedelta(hours=1)
"""How far back throughput looks."""

MEASURES: Mapping[str, str] = {
    "batches": "batches that have not ended, by status",
    "oldest_seconds": "how long ago the oldest batch in each of these statuses was complete in its inbox",
    "overdue": "production batches past their fourth day",
    "received_last_hour": "batches received in the last hour",
    "ended_last_hour": "batches that ended in the last hour, by how",
    "parcels_waiting": "parcels that wait for a delivery",
    "parcels_withheld": "parcels that wait for an authorization",
    "deliveries": "deliveries that are not confirmed, by status",
    "delivery_oldest_seconds": "how long ago the oldest of them was made",
    "files_waiting": "files that are decided and not in their outbox",
    "files_oldest_seconds": "how long ago the oldest of them was decided",
    "recipients_down": "recipients whose server cannot be reached",
    "alarms": "alarms that stand, by kind",
}
"""Everything that is measured, by name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure at one moment: `name` without prefix, `tags` that tell readings of one name apart."""

    name: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def dotted(self) -> str:
        """For StatsD, which knows no tags: `declarations.batches.received`."""
        return ".".join((PREFIX, self.name, *(value for _, value in sorted(self.tags.items()))))

    @property
    def flat(self) -> str:
        """For Prometheus: `declarations_batches`."""
        return f"{PREFIX}_{self.name}"


def readings(world: World) -> list[Reading]:
    """Everything that is measured, now; what is zero is told as well."""
    return world.ledger.measured(world.clock(), RECENTLY)


def prometheus(given: Iterable[Reading]) -> str:
    """The readings as Prometheus reads them (text format 0.0.4)."""
    lines: list[str] = []
    told: set[str] = set()
    for each in sorted(given, key=lambda reading: (reading.name, sorted(reading.tags.items()))):
        if each.name not in told:
            told.add(each.name)
            lines += [f"# HELP {each.flat} {MEASURES[each.name]}", f"# TYPE {each.flat} gauge"]
        tags = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(each.tags.items()))
        lines.append(f"{each.flat}{{{tags}}} {each.value:g}" if tags else f"{each.flat} {each.value:g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
