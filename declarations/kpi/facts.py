"""The log that every figure is rebuilt from: one fact a line, in canonical JSON, without personal data.

A fact names batches and deliveries by our own numbers, parties by theirs. File names appear only where they follow
the grammar of names: others choose what stands in a faulty one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import get_type_hints

from declarations.errors import Configuration

VERSION = 1
"""Of this format; a log of another one is refused."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the log is of: the batches whose four days began in that month, as known at that moment."""

    month: str
    as_of: datetime
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Received:
    """A batch came: its four days begin."""

    batch: int
    sender: str  # the number of the party whose folder it lay in
    environment: str
    family: str  # the object in its name; the empty text where its name is faulty
    reference: str  # the empty text where its name is faulty
    start: datetime
    replaces: int | None  # the batch that this one, sent again, stands for
    duplicate_of: int | None  # the earlier batch with the same reference and the same bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer lay in the sender's outbox."""

    batch: int
    object: str  # ACRF or NOTI
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The batch could not be processed."""

    batch: int
    codes: tuple[str, ...]  # of the ACRF
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """Its forms were accepted or refused, one by one."""

    batch: int
    forms: int
    accepted: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """How often one anomaly occurred in the batch."""

    batch: int
    code: str
    anomaly_class: str
    count: int


@dataclass(frozen=True, slots=True)
class Parcelled:
    """A recipient gets a part of the batch; what had not happened yet is absent."""

    batch: int
    recipient: str
    delivery: int | None
    sent: datetime | None
    confirmed: datetime | None


@dataclass(frozen=True, slots=True)
class Paused:
    """Somebody is said to have kept the batch waiting; `signed` where our signature on that holds."""

    batch: int
    attributed_to: str
    start: datetime
    until: datetime
    signed: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The four days of the batch ended."""

    batch: int
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """A server or folder could not be written to; without an end where it still could not."""

    party: str  # whose it is: a recipient by its id, a sender by its number, `ours` for the server that holds all
    start: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Code:
    """What an anomaly is called, and the controls that find it."""

    code: str
    text: str
    controls: tuple[str, ...]


Fact = Header | Received | Answered | Refused | Judged | Found | Parcelled | Paused | Ended | Outage | Code

KINDS: Mapping[str, type[Fact]] = {
    "log": Header,
    "received": Received,
    "answered": Answered,
    "refused": Refused,
    "judged": Judged,
    "found": Found,
    "parcel": Parcelled,
    "pause": Paused,
    "ended": Ended,
    "outage": Outage,
    "code": Code,
}
"""What a line calls its fact."""

_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_NAMES = {kind: name for name, kind in KINDS.items()}


def line(fact: Fact) -> str:
    """The fact as a line of canonical JSON (RFC 8785), with its end."""
    told: dict[str, object] = {"fact": _NAMES[type(fact)]}
    for name in _readers(_NAMES[type(fact)]):
        value = getattr(fact, name)
        told[name] = written(value) if isinstance(value, datetime) else value
    return _CANONICAL.encode(told) + "\n"


def written(moment: datetime) -> str:
    """A moment as the log writes it: always UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read(lines: Iterable[str]) -> Iterator[Fact]:
    """The facts of a log. Raises Configuration for a line that is no fact, by its number, and for another version."""
    number = 0
    for number, text in enumerate(lines, 1):
        try:
            fact = _fact(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise Configuration(f"line {number} of the log is no fact: {type(fault).__name__}") from fault
        if isinstance(fact, Header) != (number == 1):
            raise Configuration(f"line {number} of the log: its head is expected on the first line, and only there")
        if isinstance(fact, Header) and fact.version != VERSION:
            raise Configuration(f"a log of version {fact.version}; expected version {VERSION}")
        yield fact
    if not number:
        raise Configuration("the log is empty; its first line says what it is of")


def _fact(told: dict[str, object]) -> Fact:
    kind = str(told.pop("fact"))
    readers = _readers(kind)
    if told.keys() != readers.keys():
        raise ValueError("other keys than the fact has")
    return KINDS[kind](**{key: readers[key](value) for key, value in told.items()})  # type: ignore[arg-type]


Reader = Callable[[object], object]


@cache
def _readers(kind: str) -> dict[str, Reader]:
    return {name: READERS[hint] for name, hint in get_type_hints(KINDS[kind]).items()}


def _plain(kind: type) -> Reader:
    def read_plain(value: object) -> object:
        if type(value) is not kind:
            raise TypeError(f"{kind.__name__} expected")
        return value

    return read_plain


MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
"""How a moment is written."""


def _moment(value: object) -> object:
    if not isinstance(value, str) or MOMENT.fullmatch(value) is None:
        raise ValueError("a moment is written in full")
    return datetime.fromisoformat(value)


def _texts(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("a list of texts expected")
    return tuple(value)


def _optional(read_it: Reader) -> Reader:
    return lambda value: None if value is None else read_it(value)


READERS: Mapping[object, Reader] = {
    int: _plain(int),
    str: _plain(str),
    bool: _plain(bool),
    datetime: _moment,
    int | None: _optional(_plain(int)),
    datetime | None: _optional(_moment),
    tuple[str, ...]: _texts,
}
"""How a value of each kind is read back."""
