"""What lies ready in an inbox: envelopes that are complete or have waited long enough, and entries that fit none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from declarations.filenames import Envelope, FileKind, FileName, envelopes, parse
from declarations.model import Environment, Kind
from declarations.settings import Limits


@dataclass(frozen=True, slots=True)
class Ready:
    """Entries to take together, the one that answers quote first among them."""

    kind: Kind
    reference: str
    name: str  # what answers quote
    names: tuple[str, ...]  # in the order in which they leave the inbox: the GO first
    first_seen_at: datetime
    reason: str | None = None


def ready(
    names: Iterable[str], seen: Mapping[str, datetime], environment: Environment, limits: Limits, now: datetime
) -> list[Ready]:
    """What to take now from a listing of plain files; `seen` tells when each name was first seen there.

    A GO with all its files, or a faulty one, is taken at once; one that lacks files waits
    `limits.incomplete_seconds` for them. Files without a GO wait `limits.orphan_seconds`; names that nothing
    explains wait as long as an incomplete GO, since a client may upload under one and rename.
    """
    sorted_out = envelopes(names)
    incomplete = now - timedelta(seconds=limits.incomplete_seconds)
    orphaned = now - timedelta(seconds=limits.orphan_seconds)
    taken = [
        _of(each, seen) for each in sorted_out.complete if _is_whole(each, environment) or seen[each.name] <= incomplete
    ]
    for loose in sorted_out.loose:
        if max(seen[name] for name in loose.files) <= orphaned:
            first = min(seen[name] for name in loose.files)
            taken.append(
                Ready(Kind.ODD, loose.files[0], loose.files[0], loose.files, first, _orphan_codes(loose.files))
            )
    for odd in sorted_out.odd:
        if seen[odd.name] <= incomplete:
            codes = dict.fromkeys(fault.code for fault in odd.faults)
            taken.append(Ready(Kind.ODD, odd.name, odd.name, (odd.name,), seen[odd.name], ",".join(codes)))
    return taken


def _of(envelope: Envelope, seen: Mapping[str, datetime]) -> Ready:
    kind = Kind.BATCH if envelope.kind is FileKind.START else Kind.CANCELLATION
    reference = envelope.reference if envelope.parsed else envelope.name
    return Ready(kind, reference, envelope.name, (envelope.name, *envelope.files), seen[envelope.name])


def _is_whole(envelope: Envelope, environment: Environment) -> bool:
    """Whether waiting cannot make it better: a cancellation, a faulty name, or all parts with their signatures."""
    if envelope.kind is FileKind.CANCELLATION or envelope.parsed is None or envelope.parsed.parts is None:
        return True
    parsed = [each for each in map(parse, envelope.files) if isinstance(each, FileName)]
    wanted = set(range(1, envelope.parsed.parts + 1))
    declared = {each.part for each in parsed if each.kind is FileKind.DECLARATION}
    signed = {each.part for each in parsed if each.kind is FileKind.SIGNATURE}
    return declared >= wanted and (signed >= wanted or (environment is Environment.SIMULATION and not signed))


def _orphan_codes(names: Iterable[str]) -> str:
    """No GO came (130); where the names themselves are wrong, that too."""
    faults = [fault.code for parsed in map(parse, names) if not isinstance(parsed, FileName) for fault in parsed]
    return ",".join(dict.fromkeys(["130", *faults]))
