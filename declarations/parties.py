"""Who drops batches and who gets extracts: `parties.toml`."""

from __future__ import annotations

import hashlib
import ssl
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from declarations.errors import Configuration
from validators.catalogue import Language


@dataclass(frozen=True, slots=True)
class Sender:
    """A payroll office or an employer's own software."""

    number: str  # 6 digits; its folder has the same name
    name: str
    families: frozenset[str]  # names of the families it may send
    certificates: frozenset[str]  # SHA-256 fingerprints registered for it
    language: Language = Language.ENGLISH  # of the texts in its answers


@dataclass(frozen=True, slots=True)
class Recipient:
    """An institution that gets extracts; routes and authorizations call it by its id."""

    id: str
    number: str
    name: str
    certificates: frozenset[str]


@dataclass(frozen=True, slots=True)
class Parties:
    """Everybody we exchange files with."""

    senders: dict[str, Sender]  # by number
    recipients: dict[str, Recipient]  # by id

    def certificates(self, number: str) -> frozenset[str]:
        """The fingerprints registered for whoever has that number; none where nobody has."""
        if number in self.senders:
            return self.senders[number].certificates
        recipient = self.recipient_numbered(number)
        return recipient.certificates if recipient else frozenset()

    def recipient_numbered(self, number: str) -> Recipient | None:
        """The recipient with that number."""
        return next((each for each in self.recipients.values() if each.number == number), None)


def load(path: Path) -> Parties:
    """The parties of that file, whole or not at all. Raises Configuration."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        senders = [_sender(path.parent, each) for each in given.get("sender", ())]
        recipients = [_recipient(path.parent, each) for each in given.get("recipient", ())]
    except FileNotFoundError as fault:
        raise Configuration(f"{path}: {fault.filename} does not exist") from fault
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as fault:
        raise Configuration(f"{path}: {fault!r}; expected [[sender]] and [[recipient]] tables") from fault
    numbers = [each.number for each in senders] + [each.number for each in recipients]
    twice = sorted({each for each in numbers if numbers.count(each) > 1})
    if twice:
        raise Configuration(f"{path}: numbers given to two parties: {', '.join(twice)}")
    return Parties({each.number: each for each in senders}, {each.id: each for each in recipients})


def _sender(base: Path, given: dict[str, Any]) -> Sender:
    return Sender(
        number=_number(given["number"]),
        name=given["name"],
        families=frozenset(given["families"]),
        certificates=_fingerprints(base, given.get("certificates", ())),
        language=Language(given.get("language", Language.ENGLISH)),
    )


def _recipient(base: Path, given: dict[str, Any]) -> Recipient:
    return Recipient(
        id=given["id"],
        number=_number(given["number"]),
        name=given["name"],
        certificates=_fingerprints(base, given.get("certificates", ())),
    )


def _number(text: str) -> str:
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        raise ValueError(f"a party's number has 6 digits, not {text!r}")
    return text


def _fingerprints(base: Path, certificates: list[str]) -> frozenset[str]:
    """Certificates are named by their PEM file, relative to the list of parties."""
    texts = [(base / each).read_text(encoding="ascii") for each in certificates]
    return frozenset(hashlib.sha256(ssl.PEM_cert_to_DER_cert(each)).hexdigest() for each in texts)
