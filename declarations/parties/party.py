"""Who drops batches and who gets extracts: what we know of each party, and when one may be delivered to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from declarations.sla import BRUSSELS, brussels_date
from validators.catalogue import Language

RECEIPT_HOURS = 24
"""After so long without a receipt we worry, where a recipient says nothing else."""


class Format(StrEnum):
    """How a recipient wants the blocks of its extracts."""

    CSV = "csv"
    XML = "xml"
    PARQUET = "parquet"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class AgeSeal:
    """Extracts are encrypted with age, to this key."""

    key: str  # `ssh-ed25519 AAAA...`, `ssh-rsa AAAA...` or `age1...`


@dataclass(frozen=True, slots=True)
class X509Seal:
    """Extracts are encrypted as CMS, to the key of this certificate."""

    certificate: str  # PEM


Seal = AgeSeal | X509Seal


@dataclass(frozen=True, slots=True)
class Window:
    """When deliveries may leave, by the clock of Brussels; where `until` is not after `at`, it ends the next day."""

    days: frozenset[int]  # on which it opens, Monday is 0
    at: time
    until: time  # exclusive

    def open_at(self, now: datetime) -> bool:
        """Whether it is open at that moment.

        An hour that the clocks skip is not waited for; in one that they repeat it is open twice.
        """
        here = now.astimezone(BRUSSELS)
        day, moment = here.weekday(), here.time()
        if self.at < self.until:
            return day in self.days and self.at <= moment < self.until
        return (day in self.days and moment >= self.at) or ((day - 1) % 7 in self.days and moment < self.until)


@dataclass(frozen=True, slots=True)
class Push:
    """The SFTP server of a recipient that does not fetch."""

    host: str
    port: int
    account: str
    key: str  # file with our private key for it, relative to the installation's home
    host_key: str  # `ssh-ed25519 AAAA...`
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """What senders and recipients have in common."""

    number: str  # 6 digits; its folder has the same name
    name: str
    certificates: frozenset[str]  # SHA-256 fingerprints registered for it
    language: Language = Language.ENGLISH  # of the texts in its answers
    contact: str = ""
    valid_from: date | None = None  # None: always was
    valid_until: date | None = None  # inclusive; None while it runs on

    def valid_on(self, day: date) -> bool:
        """Whether we exchange files with it on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(Party):
    """A payroll office or an employer's own software."""

    families: frozenset[str]  # names of the families it may send


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient(Party):
    """An institution that gets extracts; routes and authorizations call it by its id."""

    id: str
    format: Format = Format.CSV
    seal: Seal | None = None  # None: not encrypted
    window: Window | None = None  # None: whenever there is something
    most_bytes: int | None = None  # of one file; above it a delivery is cut in numbered parts
    receipt_hours: int = RECEIPT_HOURS
    push: Push | None = None  # None: it fetches from its folder


@dataclass(frozen=True, slots=True)
class Parties:
    """Everybody we exchange files with."""

    senders: Mapping[str, Sender]  # by number
    recipients: Mapping[str, Recipient]  # by id
    _numbered: Mapping[str, Recipient] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Recipients are asked for by number too, once for each file that is dropped."""
        object.__setattr__(self, "_numbered", {each.number: each for each in self.recipients.values()})

    def certificates(self, number: str) -> frozenset[str]:
        """The fingerprints registered for whoever has that number; none where nobody has."""
        party = self.senders.get(number) or self.recipient_numbered(number)
        return party.certificates if party else frozenset()

    def recipient_numbered(self, number: str) -> Recipient | None:
        """The recipient with that number."""
        return self._numbered.get(number)


def open_window(recipient: Recipient, now: datetime) -> bool:
    """Whether deliveries may leave for that recipient at that moment: within its validity, and its window."""
    if not recipient.valid_on(brussels_date(now)):
        return False
    return recipient.window is None or recipient.window.open_at(now)
