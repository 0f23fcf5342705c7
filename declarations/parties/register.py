"""The list of parties as one document: read from TOML and judged whole, kept as canonical JSON, compared."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from declarations.errors import Invariant
from declarations.parties.party import AgeSeal, Format, Parties, Push, Recipient, Seal, Sender, Window, X509Seal
from validators.catalogue import Language

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""How a window names the days on which it opens."""

Entry = dict[str, Any]
"""A sender or a recipient with the keys that the TOML file has, certificates as PEM texts, absent keys left out."""

WHOLE = ("added", "removed")
"""What happens to a party as a whole."""

_KINDS = (("sender", "number"), ("recipient", "id"))
_PEM = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Document:
    """A list of parties that was found consistent."""

    text: str  # canonical JSON: the same list gives the same text

    @property
    def sha256(self) -> str:
        """What identifies it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def parties(self) -> Parties:
        """Everybody in it. Raises Invariant where it was not written by this program."""
        try:
            entries = _entries(self)
            senders = [_sender(each) for each in entries["sender"]]
            recipients = [_recipient(each) for each in entries["recipient"]]
        except (KeyError, TypeError, ValueError) as fault:
            raise Invariant(f"the list of parties {self.sha256[:12]} is not as this program writes it") from fault
        return Parties({each.number: each for each in senders}, {each.id: each for each in recipients})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two lists."""

    party: str  # `recipient pensions`
    what: str  # "added", "removed", or the field that differs: `window.at`
    before: str
    after: str

    def __str__(self) -> str:
        """The difference in one line."""
        if self.what in WHOLE:
            return f"{self.party}: {self.what}: {self.before}{self.after}"
        return f"{self.party}: {self.what}: {self.before or '-'} -> {self.after or '-'}"


def document(senders: list[Entry], recipients: list[Entry]) -> Document:
    """These parties as a document."""
    lists = {
        "sender": sorted(senders, key=lambda each: str(each["number"])),
        "recipient": sorted(recipients, key=lambda each: str(each["id"])),
    }
    return Document(json.dumps(lists, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def changes(before: Document | None, after: Document) -> tuple[Change, ...]:
    """What the second list changes in the first, party by party."""
    old = _named(before) if before else {}
    new = _named(after)
    return tuple(
        change
        for party in sorted(old.keys() | new.keys())
        for change in _differences(party, old.get(party), new.get(party))
    )


def described(given: Document, name: str | None = None) -> dict[str, dict[str, str]]:
    """Each party (of that number or id) with its fields as texts."""
    return {
        party: _texts(entry)
        for party, entry in _named(given).items()
        if name is None or name in (entry["number"], entry.get("id"))
    }


def fingerprint(pem: str) -> str:
    """The SHA-256 of a certificate, in hexadecimal."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _entries(given: Document) -> dict[str, list[Entry]]:
    lists: dict[str, list[Entry]] = json.loads(given.text)
    return lists


def _named(given: Document) -> dict[str, Entry]:
    entries = _entries(given)
    return {f"{kind} {entry[key]}": entry for kind, key in _KINDS for entry in entries[kind]}


def _differences(party: str, old: Entry | None, new: Entry | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change(party, WHOLE[new is None], _title(old), _title(new))
        return
    before, after = _texts(old), _texts(new)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield Change(party, key, before.get(key, ""), after.get(key, ""))


def _title(entry: Entry | None) -> str:
    return f"{entry['number']} {entry['name']}" if entry else ""


def _texts(given: Mapping[str, Any], head: str = "") -> dict[str, str]:
    """An entry's fields for people, tables within it as `window.at`."""
    texts: dict[str, str] = {}
    for key, value in given.items():
        if isinstance(value, dict):
            texts |= _texts(value, f"{head}{key}.")
        else:
            texts[head + key] = ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
    return texts


def _text(value: object) -> str:
    text = str(value)
    return f"SHA-256 {fingerprint(text)}" if text.startswith(_PEM) else text


def _common(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry["number"],
        "name": entry["name"],
        "certificates": frozenset(map(fingerprint, entry["certificates"])),
        "language": Language(entry["language"]),
        "contact": entry.get("contact", ""),
        "valid_from": _day(entry.get("valid_from")),
        "valid_until": _day(entry.get("valid_until")),
    }


def _sender(entry: Entry) -> Sender:
    return Sender(**_common(entry), families=frozenset(entry["families"]))


def _recipient(entry: Entry) -> Recipient:
    return Recipient(
        **_common(entry),
        id=entry["id"],
        format=Format(entry["format"]),
        seal=_seal(entry.get("seal")),
        window=_window(entry.get("window")),
        most_bytes=entry.get("most_bytes"),
        receipt_hours=entry["receipt_hours"],
        push=Push(**entry["push"]) if "push" in entry else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _seal(given: dict[str, str] | None) -> Seal | None:
    if given is None:
        return None
    return AgeSeal(given["age"]) if "age" in given else X509Seal(given["x509"])


def _window(given: dict[str, Any] | None) -> Window | None:
    if given is None:
        return None
    days = frozenset(DAYS.index(each) for each in given["days"])
    return Window(days, time.fromisoformat(given["at"]), time.fromisoformat(given["until"]))
