"""What a report tells: the files judged, what became of their forms, and the findings by their causes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from declarations.checking import Finding, RefusedForm, Verdict
from validators.anomaly import AnomalyClass
from validators.catalogue import Explanation

SEVERITY = {str(each): rank for rank, each in enumerate(AnomalyClass)}


class Outcome(StrEnum):
    """What became of files. Received and accepted are two things: an ACRF tells the one, a NOTI the other."""

    ACCEPTED = "accepted"  # every form
    PARTLY = "partly"  # some forms
    REFUSED = "refused"  # every form
    RECEIVED = "received"
    UNPROCESSED = "unprocessed"


class Origin(StrEnum):
    """Who judged: ourselves before sending, or the authority in its answer."""

    CHECK = "check"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to tell.

    subjects  the files judged, or the file that an answer is about
    refusals  the forms refused, with their diagnoses
    untold    findings that an answer counts and does not list
    """

    origin: Origin
    outcome: Outcome
    subjects: tuple[str, ...]
    forms: int
    accepted: int
    findings: Collection[Finding]
    refusals: tuple[RefusedForm, ...]
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings that are wrong in the same way and are mended in the same way."""

    code: str
    anomaly_class: str
    explanation: Explanation
    findings: tuple[Finding, ...]

    @property
    def forms(self) -> int:
        """In how many forms it occurs."""
        return len({(each.file, each.form) for each in self.findings})


def checked(verdicts: Sequence[Verdict]) -> Report:
    """What `check` found in files, batch by batch."""
    forms = sum(each.forms for each in verdicts)
    accepted = sum(each.accepted for each in verdicts)
    unprocessed = any(not each.forms for each in verdicts)
    return Report(
        origin=Origin.CHECK,
        outcome=Outcome.UNPROCESSED if unprocessed else outcome(forms, accepted),
        subjects=tuple(str(file) for each in verdicts for file in each.files),
        forms=forms,
        accepted=accepted,
        findings=_all(verdicts),
        refusals=tuple(form for each in verdicts for form in each.refusals),
    )


def _all(verdicts: Sequence[Verdict]) -> Collection[Finding]:
    """Findings of one batch may be too many for memory: they stay where they are."""
    if len(verdicts) == 1:
        return verdicts[0].findings
    return tuple(finding for each in verdicts for finding in each.findings)


def outcome(forms: int, accepted: int) -> Outcome:
    """What became of files that were processed."""
    if accepted == forms:
        return Outcome.ACCEPTED
    return Outcome.PARTLY if accepted else Outcome.REFUSED


def causes(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """The findings by cause: those that refuse first, then the most frequent."""
    groups: dict[tuple[str, str, Explanation], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.anomaly_class, finding.explanation), []).append(finding)
    found = [Cause(*key, tuple(group)) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda each: (_severity(each), -len(each.findings), each.code)))


def _severity(cause: Cause) -> int:
    return SEVERITY.get(cause.anomaly_class, len(SEVERITY))
