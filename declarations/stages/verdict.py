"""When a form is refused: for one finding that blocks, or for findings of class P in too many of its elements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from validators.anomaly import Anomaly, AnomalyClass


class Diagnosis(StrEnum):
    """Why a form was refused (glossary, zone 00232)."""

    BLOCKING = "3"
    TOO_MANY = "4"


@dataclass(frozen=True, slots=True)
class Share:
    """Of the elements of a form that a percentage is taken of, how many have a finding of class P."""

    marked: int = 0
    of: int = 0

    def exceeds(self, percentage: float) -> bool:
        """Whether more than that percentage is marked; nothing is, where there are no such elements."""
        return self.marked * 100 > percentage * self.of


def diagnoses(
    anomalies: Iterable[Anomaly], share: Share, percentage: float, schema_valid: bool
) -> tuple[Diagnosis, ...]:
    """Why a form with these findings is refused; empty where it is accepted.

    A form that breaks its schema cannot be taken in, whatever the class of what is wrong.
    """
    blocked = not schema_valid or any(anomaly.anomaly_class is AnomalyClass.BLOCKING for anomaly in anomalies)
    found = {Diagnosis.BLOCKING: blocked, Diagnosis.TOO_MANY: share.exceeds(percentage)}
    return tuple(diagnosis for diagnosis, applies in found.items() if applies)
