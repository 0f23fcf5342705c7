"""Whether a dropped batch can be processed: names, parts, sender, signatures, bytes, schema; each with its code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from declarations.families import Family, Version
from declarations.filenames import FileName, check, parse
from declarations.model import Batch, Environment, Kind, StoredFile
from declarations.parties.party import Parties
from declarations.settings import Limits
from declarations.stages.name import named_version
from declarations.stages.validate import survey
from validators.envelope import Limits as XmlLimits
from validators.envelope import Refusal, inspect, well_formed

RECEIPT = "ACRF"
"""The object of the files in which a recipient confirms an extract."""

REJECTION = "NOTI"
"""The object of the files in which a recipient lists rows of an extract that it could not use."""

DIRECTORY = "DIRX"
"""The object of the files in which a recipient tells whom it knows: CSV, not XML."""

UNREADABLE_SIGNATURE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Desk:
    """What the decision needs to know of the world.

    open    the archived bytes of a file
    verify  the code for which a detached signature is refused, or None: content, signature, the fingerprints
            registered for the sender, moment of receipt
    """

    parties: Parties
    families: Sequence[Family]
    limits: Limits
    open: Callable[[StoredFile], BinaryIO]
    verify: Callable[[BinaryIO, bytes, frozenset[str], datetime], str | None]


def envelope_codes(batch: Batch, desk: Desk, today: date) -> tuple[str, ...]:
    """ACRF codes that the names and the set of files deserve; none where they are in order.

    `today` is the day in Brussels. A name used before answers 133 and nothing else.
    """
    if batch.reason is not None:
        return tuple(batch.reason.split(","))
    name = parse(batch.name)
    if not isinstance(name, FileName):
        return _codes(fault.code for fault in name)
    if batch.occurrence > 1:
        return ("133",)
    faults = check(
        name,
        sender=batch.folder,
        environment=batch.environment,
        today=today,
        max_age_days=desk.limits.max_age_days,
        max_parts=desk.limits.max_parts,
    )
    return _codes(
        [*(fault.code for fault in faults), *_sender_codes(batch, name, desk, today), *_set_codes(batch, name)]
    )


def _sender_codes(batch: Batch, name: FileName, desk: Desk, today: date) -> list[str]:
    """Whoever is not, not yet, or no longer a sender is unknown; a receipt for what was delivered always counts."""
    sender = desk.parties.senders.get(batch.folder)
    if sender is not None and not sender.valid_on(today):
        sender = None
    recipient = desk.parties.recipient_numbered(batch.folder)
    if sender is None and recipient is None:
        return ["103"]
    if name.object == DIRECTORY and recipient is not None and not recipient.valid_on(today):
        return ["103"]
    if name.object in (RECEIPT, REJECTION, DIRECTORY):
        return [] if recipient else ["154"]
    family = next((each for each in desk.families if each.object == name.object), None)
    allowed = sender is not None and family is not None and family.name in sender.families
    return [] if allowed else ["154"]


def _set_codes(batch: Batch, name: FileName) -> list[str]:
    """Declarations and signatures: as many as the GO says, numbered from 1."""
    if batch.kind is Kind.CANCELLATION:
        return []
    wanted = list(range(1, (name.parts or 0) + 1))
    declared = sorted(file.part or 0 for file in batch.files if file.kind == "FI")
    signed = sorted(file.part or 0 for file in batch.files if file.kind == "FS")
    codes = []
    if not declared:
        codes.append("142")
    elif declared != wanted:
        codes.append("120" if len(declared) != len(wanted) else "123")
    if signed != wanted and (signed or batch.environment is not Environment.SIMULATION):
        codes.append("122" if len(signed) != len(wanted) else "124")
    return codes


def part_codes(batch: Batch, desk: Desk) -> tuple[str, ...]:
    """ACRF codes that the bytes deserve: size, signature, XML, schema; none where all parts can be processed."""
    if parsed_object(batch) == DIRECTORY:
        return _codes(code for part in _parts(batch) for code in _sealed_codes(batch, part, desk))
    codes = [code for part in _parts(batch) for code in _bytes_codes(batch, part, desk)]
    if not codes and parsed_object(batch) not in (RECEIPT, REJECTION):
        codes = _content_codes(batch, desk)
    return _codes(codes)


def _parts(batch: Batch) -> list[StoredFile]:
    return sorted((file for file in batch.files if file.kind == "FI"), key=lambda file: file.part or 0)


def _sealed_codes(batch: Batch, part: StoredFile, desk: Desk) -> list[str]:
    """Size and signature, whatever the bytes say."""
    if part.size == 0:
        return ["134"]
    if part.size > desk.limits.max_part_bytes:
        return ["184"]
    refused = _signature_code(batch, part, desk)
    return [refused] if refused else []


def _bytes_codes(batch: Batch, part: StoredFile, desk: Desk) -> list[str]:
    if codes := _sealed_codes(batch, part, desk):
        return codes
    limits = XmlLimits(max_bytes=desk.limits.max_part_bytes)
    with desk.open(part) as source:
        prolog = inspect(source, limits)
    if isinstance(prolog, Refusal):
        return [prolog.code]
    with desk.open(part) as source:
        broken = well_formed(source, limits)
    return [broken.code] if broken else []


def _signature_code(batch: Batch, part: StoredFile, desk: Desk) -> str | None:
    signature = next((file for file in batch.files if file.kind == "FS" and file.part == part.part), None)
    if signature is None:
        return None
    if signature.size > UNREADABLE_SIGNATURE_BYTES:
        return "125"
    with desk.open(signature) as source:
        text = source.read()
    with desk.open(part) as source:
        return desk.verify(source, text, desk.parties.certificates(batch.folder), batch.first_seen_at)


def _content_codes(batch: Batch, desk: Desk) -> list[str]:
    """The schema that each part names, and what stands under its root."""
    codes: list[str] = []
    forms = 0
    for part in _parts(batch):
        with desk.open(part) as source:
            version = named_version(source, family_of(batch, desk.families))
        if not isinstance(version, Version):
            codes.append(version)
            continue
        with desk.open(part) as source:
            found = survey(source, version.family.form)
        forms += found.forms
        codes += ["205"] if found.strangers else []
        codes += ["158"] if found.identifications - {version.family.identification} and found.forms else []
    return codes or ([] if forms else ["157"])


def parsed_object(batch: Batch) -> str | None:
    """The object in the batch's name; None where the name is not one."""
    name = parse(batch.name)
    return name.object if isinstance(name, FileName) else None


def family_of(batch: Batch, families: Iterable[Family]) -> Family:
    """The family of an accepted batch."""
    object_code = parsed_object(batch)
    return next(family for family in families if family.object == object_code)


def _codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Each code once, in order of first mention."""
    return tuple(dict.fromkeys(codes))
