"""The names of exchanged files: one strict grammar, every fault with its ACRF code, and which files belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from declarations.errors import Invariant
from declarations.model import Environment

OUR_NUMBER = "999999"


class FileKind(StrEnum):
    """The first token of a name."""

    DECLARATION = "FI"
    SIGNATURE = "FS"
    START = "GO"
    CANCELLATION = "TD"
    OUTGOING = "FO"
    COMPRESSED = "CO"


@dataclass(frozen=True, slots=True)
class NameFault:
    """One thing wrong with a name: the code of annex 30, and what was expected. Quotes nothing of the name."""

    code: str  # three digits
    text: str


@dataclass(frozen=True, slots=True)
class FileName:
    """A name that obeys the grammar; its text is the name again.

    `FI|FS.<object>.<sender>.<date>.<sequence>.<environment>.<parts>.<part>`, `GO|TD` without the part, and
    `FO|CO` (with the FS and GO beside them, from 999999) without either.
    """

    kind: FileKind
    object: str
    sender: str  # 6 digits
    date: date
    sequence: str  # 5 digits or capitals
    environment: Environment
    parts: int | None = None  # None in what we send
    part: int | None = None  # of an FI or FS, from 1

    def __str__(self) -> str:
        numbers = "".join(f".{each}" for each in (self.parts, self.part) if each is not None)
        return f"{self.kind}.{self.reference}{numbers}"

    @property
    def reference(self) -> str:
        """What the files of one batch share: `DMFA.006400.20260423.00001.R`."""
        return _stem(self.object, self.sender, self.date, self.sequence, self.environment)


_STRUCTURE = {
    FileKind.DECLARATION: "131",
    FileKind.SIGNATURE: "132",
    FileKind.START: "107",
    FileKind.CANCELLATION: "107",  # annex 30 has no code of its own for TD, which has GO's grammar
    FileKind.OUTGOING: "131",
    FileKind.COMPRESSED: "131",
}
_LENGTHS = {
    FileKind.DECLARATION: 8,
    FileKind.SIGNATURE: 8,
    FileKind.START: 7,
    FileKind.CANCELLATION: 7,
    FileKind.OUTGOING: 6,
    FileKind.COMPRESSED: 6,
}
_HEAD = 6  # tokens up to the environment: what every kind has
_PAIRED = frozenset({FileKind.DECLARATION, FileKind.SIGNATURE})
_BARE_FROM_US = frozenset({FileKind.SIGNATURE, FileKind.START})  # beside an FO they carry no parts
_NUMBERING = {FileKind.DECLARATION: "123", FileKind.SIGNATURE: "124"}
_MISPLACED = {Environment.PRODUCTION: "118", Environment.CIRCUIT: "119", Environment.SIMULATION: "257"}


def parse(name: str) -> FileName | tuple[NameFault, ...]:
    """The name's parts, or everything that is wrong with it: never nothing, never an exception."""
    tokens = name.split(".")
    kind = _kind(tokens[0])
    faults = tuple(_faults(kind, tokens))
    if kind is None or faults:
        return faults
    _, object_, sender, day, sequence, environment, *numbers = tokens
    return FileName(
        kind, object_, sender, date.fromisoformat(day), sequence, Environment(environment), *map(int, numbers)
    )


def check(
    name: FileName, *, sender: str, environment: Environment, today: date, max_age_days: int, max_parts: int
) -> tuple[NameFault, ...]:
    """What is wrong with a well-formed name in that sender's box of that environment, today in Brussels."""
    return (
        *_direction_faults(name),
        *_place_faults(name, sender, environment),
        *_age_faults(name, today, max_age_days),
        *_size_faults(name, max_parts),
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """A GO or TD and the files that are its own; it is one too where its name is faulty."""

    kind: FileKind  # START or CANCELLATION
    name: str
    reference: str  # the tokens after the kind, without the parts
    files: tuple[str, ...]  # names of FI and FS, sorted
    parsed: FileName | None  # None where the name has faults
    faults: tuple[NameFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Loose:
    """FI and FS that no GO or TD explains, by what they share."""

    reference: str
    files: tuple[str, ...]  # sorted


@dataclass(frozen=True, slots=True)
class Odd:
    """A name that is none of FI, FS, GO and TD."""

    name: str
    faults: tuple[NameFault, ...]


@dataclass(frozen=True, slots=True)
class Envelopes:
    """A listing, sorted out: each name of it occurs exactly once."""

    complete: tuple[Envelope, ...]  # by name; those that have their GO or TD, whether or not all files are there
    loose: tuple[Loose, ...]  # by reference
    odd: tuple[Odd, ...]  # by name


def envelopes(names: Iterable[str]) -> Envelopes:
    """Which files of a listing belong together.

    Files go to the GO that has all their tokens, else to one with their reference, else to a TD with it.
    """
    starts: list[str] = []
    files: list[str] = []
    odd: list[Odd] = []
    for name in sorted(set(names)):
        kind = _kind(name.split(".")[0])
        if kind in (FileKind.START, FileKind.CANCELLATION):
            starts.append(name)
        elif kind in _PAIRED:
            files.append(name)
        else:
            odd.append(Odd(name, _odd_faults(name)))
    owned, loose = _shared_out(starts, files)
    return Envelopes(tuple(_envelope(each, owned[each]) for each in starts), loose, tuple(odd))


def outgoing(object_: str, day: date, sequence: int, environment: Environment) -> str:
    """The name of a file of ours without its kind: `ACRF.999999.20260423.00001.R`.

    Sequences from 1 print as 5 digits; after 99999 as capitals and digits in order, from A0000 to ZZZZZ. Raises
    Invariant outside that.
    """
    return _stem(object_, OUR_NUMBER, day, _sequence(sequence), environment)


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMERIC = 100_000
_FIRST_LETTERED = 10 * 36**4  # A0000 in base 36


def _sequence(number: int) -> str:
    if number < 1:
        raise Invariant(f"sequence {number} of a file of ours: they count from 1")
    if number < _NUMERIC:
        return f"{number:05}"
    rest = number - _NUMERIC + _FIRST_LETTERED
    if rest >= 36**5:
        raise Invariant(f"sequence {number} of a file of ours: the names of that day are exhausted")
    places = []
    for _ in range(5):
        rest, digit = divmod(rest, 36)
        places.append(_DIGITS[digit])
    return "".join(reversed(places))


def _stem(object_: str, sender: str, day: date, sequence: str, environment: Environment) -> str:
    # isoformat and not strftime: %Y does not pad years
    return f"{object_}.{sender}.{day.isoformat().replace('-', '')}.{sequence}.{environment}"


def _kind(token: str) -> FileKind | None:
    return FileKind(token) if token in _STRUCTURE else None


def _faults(kind: FileKind | None, tokens: list[str]) -> Iterator[NameFault]:
    if kind is None:
        yield NameFault("129", "the name does not start with FI, FS, GO or TD and a dot")
    elif len(tokens) != _length(kind, tokens):
        yield NameFault(_STRUCTURE[kind], f"the name has {len(tokens)} elements; {_length(kind, tokens)} are expected")
    yield from _head_faults(kind, tokens)
    if kind is not None and len(tokens) == _length(kind, tokens) > _HEAD:
        yield from _number_faults(kind, *tokens[_HEAD:])


def _length(kind: FileKind, tokens: list[str]) -> int:
    if kind in _BARE_FROM_US and len(tokens) == _HEAD and tokens[2] == OUR_NUMBER:
        return _HEAD
    return _LENGTHS[kind]


def _head_faults(kind: FileKind | None, tokens: list[str]) -> Iterator[NameFault]:
    """Faults of object to environment. Where elements are missing or too many, they are judged only if the sender
    stands in its place: else one missing element would show as four wrong ones."""
    if len(tokens) < _HEAD:
        return
    _, object_, sender, day, sequence, environment, *_ = tokens
    placed = re.fullmatch(r"[0-9]{6}", sender) is not None
    if kind is not None:
        yield from _structure_faults(kind, object_, placed)
    if placed or (kind is not None and len(tokens) == _length(kind, tokens)):
        yield from _date_faults(day)
        yield from _sequence_faults(sequence)
        if re.fullmatch(r"[RTS]", environment) is None:
            yield NameFault("117", "the environment is none of R, T and S")


def _structure_faults(kind: FileKind, object_: str, placed: bool) -> Iterator[NameFault]:
    if re.fullmatch(r"[A-Z0-9]{4}", object_) is None:
        yield NameFault(_STRUCTURE[kind], "the object is not 4 capitals or digits")
    if not placed:
        yield NameFault(_STRUCTURE[kind], "the sender is not 6 digits")


def _date_faults(day: str) -> Iterator[NameFault]:
    if len(day) != 8:
        yield NameFault("109", f"the date has {len(day)} positions; 8 are expected, as YYYYMMDD")
    elif not _is_date(day):
        yield NameFault("110", "the date is not a day of the calendar, as YYYYMMDD")


def _is_date(day: str) -> bool:
    # fromisoformat also reads 2026W171, which is a week
    if re.fullmatch(r"[0-9]{8}", day) is None:
        return False
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _sequence_faults(sequence: str) -> Iterator[NameFault]:
    """Letters are allowed since numbers ran out, so 367 takes the place of 113 ("not numeric")."""
    if len(sequence) != 5:
        yield NameFault("112", f"the sequence number has {len(sequence)} positions; 5 are expected")
    if re.fullmatch(r"[0-9A-Z]*", sequence) is None:
        yield NameFault("367", "the sequence number holds other characters than 0-9 and A-Z")
    if re.fullmatch(r"0+", sequence) is not None:
        yield NameFault("127", "the sequence number is zero; numbers start at 00001")


def _number_faults(kind: FileKind, parts: str, part: str | None = None) -> Iterator[NameFault]:
    if len(parts) != 1:
        yield NameFault("114", f"the number of parts has {len(parts)} positions; 1 is expected")
    if re.fullmatch(r"[0-9]*", parts) is None:
        yield NameFault("115", "the number of parts is not a digit")
    if re.fullmatch(r"0+", parts) is not None:
        yield NameFault("116", "the number of parts is zero")
    if part is not None and not _numbers(part, parts):
        yield NameFault(_NUMBERING[kind], "the part's number does not lie between 1 and the number of parts")


def _numbers(part: str, parts: str) -> bool:
    if re.fullmatch(r"[1-9]", part) is None:
        return False
    return re.fullmatch(r"[1-9]", parts) is None or part <= parts


def _direction_faults(name: FileName) -> Iterator[NameFault]:
    if name.kind in (FileKind.OUTGOING, FileKind.COMPRESSED):
        yield NameFault("129", "FO and CO are files that you receive; FI, FS, GO and TD are expected here")
    elif name.parts is None:
        yield NameFault(_STRUCTURE[name.kind], f"the number of parts is missing in the name of the {name.kind} file")


def _place_faults(name: FileName, sender: str, environment: Environment) -> Iterator[NameFault]:
    if name.sender != sender:
        yield NameFault("108", "the sender in the name is not the one whose folder this is")
    if name.environment is not environment:
        expected = f"names with {name.environment} belong in {name.environment.inbox}, not in {environment.inbox}"
        yield NameFault(_MISPLACED[name.environment], expected)


def _age_faults(name: FileName, today: date, max_age_days: int) -> Iterator[NameFault]:
    if name.date > today:
        yield NameFault("111", "the date lies in the future (days are those of Brussels)")
    if (today - name.date).days > max_age_days:
        yield NameFault("126", f"the date lies more than {max_age_days} days back")


def _size_faults(name: FileName, max_parts: int) -> Iterator[NameFault]:
    if name.parts is not None and name.parts > max_parts:
        yield NameFault("128", f"the number of parts is above the maximum, {max_parts}")


def _odd_faults(name: str) -> tuple[NameFault, ...]:
    parsed = parse(name)
    return tuple(_direction_faults(parsed)) if isinstance(parsed, FileName) else parsed


def _reference(name: str) -> str:
    return ".".join(name.split(".")[1:_HEAD])


def _keys(name: str) -> tuple[str, ...]:
    """What an FI or FS may share with its GO or TD, the closest first: all tokens but the part, or the reference."""
    tokens = name.split(".")[1:]
    return ".".join(tokens[:-1]), ".".join(tokens), _reference(name)


def _owners(starts: list[str]) -> dict[str, str]:
    """Which of them a key leads to: a well-formed name before a faulty one."""
    owners: dict[str, str] = {}
    for start in sorted(starts, key=lambda each: not isinstance(parse(each), FileName)):
        owners.setdefault(start.partition(".")[2], start)
        owners.setdefault(_reference(start), start)
    return owners


def _shared_out(starts: list[str], files: list[str]) -> tuple[dict[str, list[str]], tuple[Loose, ...]]:
    go = _owners([each for each in starts if _kind(each[:2]) is FileKind.START])
    td = _owners([each for each in starts if _kind(each[:2]) is FileKind.CANCELLATION])
    owned: dict[str, list[str]] = {each: [] for each in starts}
    loose: dict[str, list[str]] = {}
    for file in files:
        candidates = [owners[key] for owners in (go, td) for key in _keys(file) if key in owners]
        if candidates:
            owned[candidates[0]].append(file)
        else:
            loose.setdefault(_reference(file), []).append(file)
    return owned, tuple(Loose(reference, tuple(loose[reference])) for reference in sorted(loose))


def _envelope(name: str, files: list[str]) -> Envelope:
    parsed = parse(name)
    kind = FileKind(name.split(".")[0])
    if isinstance(parsed, FileName):
        return Envelope(kind, name, parsed.reference, tuple(files), parsed)
    return Envelope(kind, name, _reference(name), tuple(files), None, parsed)


def decoded(raw: bytes) -> str:
    """A name as text that is always printable to UTF-8, and that `encoded` turns back into the same bytes.

    Bytes that are not UTF-8 become characters of the private use area, U+F780 to U+F7FF; so do the bytes of such
    characters themselves.
    """
    if raw.isascii():
        return raw.decode("ascii")
    text = raw.decode("utf-8", "surrogateescape")
    return "".join(_escaped(each) for each in text)


def encoded(name: str) -> bytes:
    """The bytes of a name that `decoded` gave, or of any other text."""
    if name.isascii():
        return name.encode("ascii")
    return b"".join(
        bytes([ord(each) - _PRIVATE]) if each in _ESCAPES else each.encode("utf-8", "surrogatepass") for each in name
    )


_PRIVATE = 0xF700
_ESCAPES = frozenset(map(chr, range(_PRIVATE + 0x80, _PRIVATE + 0x100)))


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return chr(ord(character) - 0xDC00 + _PRIVATE)
    if character in _ESCAPES:
        return "".join(chr(each + _PRIVATE) for each in character.encode())
    return character
