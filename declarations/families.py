"""Families of declarations: folders of data, each with its schemas by version and the tables they give."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from declarations.blocks import Plan
from declarations.entitlement.routes import Subject
from declarations.entries import Entry, parsed, text_of
from declarations.errors import Configuration
from declarations.plans import Overrides, plan
from validators.anomaly import AnomalyClass
from validators.schema import NO_INSTEAD, Schema, UnusableSchema

CARD = "family.toml"
ANOMALIES = "codes/anomalies.csv"
CHANNEL = "channel"
"""The folder of the messages that answers are written in; no family."""

_MOST_DIGITS = 38

ErrorTypes = Mapping[tuple[str, str], str]
"""By number and error type, the error type that the authority has for it."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a form may have wrong, beside findings that block, and how much of it an answer tells.

    counted       the block that the percentage is taken of; the empty text where there is no percentage
    percentage    a form is refused where more than these of its counted elements have a finding of class P
    most_reports  findings of one form that an answer tells one by one
    """

    counted: str = ""
    percentage: float = 100.0
    most_reports: int = 1000


class Message:
    """One version of a message: its schema, compiled when first asked for."""

    def __init__(self, path: Path, error_types: ErrorTypes = NO_INSTEAD) -> None:
        """Take note of a schema file; nothing is read yet."""
        self.name = path.stem
        self.path = path
        self._error_types = error_types

    @cached_property
    def schema(self) -> Schema:
        """The schema. Raises Configuration where the file cannot be used."""
        try:
            return Schema(self.path, self._error_types)
        except UnusableSchema as fault:
            raise Configuration(
                f"{self.path}: {fault}; expected an XML schema of this folder, mend or remove it"
            ) from fault


class Version(Message):
    """One version of a family's message: `DmfAOriginal_20231`."""

    def __init__(self, family: Family, path: Path) -> None:
        """Take note of a schema file of that family."""
        super().__init__(path, family.error_types)
        self.family = family

    @cached_property
    def plan(self) -> Plan:
        """The tables it gives. Raises Configuration where the schema gives none."""
        try:
            return plan(self.schema.shape, self.family.form, self.family.overrides)
        except UnusableSchema as fault:
            raise Configuration(f"{self.path}: {fault}; no tables can be derived from it") from fault


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A kind of declaration, as its family.toml says.

    folder          where its data lies; its name is the family's
    object          the code in file names: DMFA
    title           for people
    identification  what `Identification` says in its forms
    form            the tag of its forms
    period          the column with the period declared: `employer_declaration.quarter`
    together        columns of one block, written alike; controls see forms that agree in all of them at once, and no
                    other forms. None: each form alone
    person          the column with the number of a person, `natural_person.inss`: what the reference directory knows
                    people by; None where forms are not about persons
    head            tags of the zones that identify a form in answers
    keys            by block, the tags that answers quote on the way to a finding, in the answer's order
    overrides       widths of identifiers and scales of decimals
    error_types     where the authority's error type is another than the usual one
    tolerance       what a form may have wrong and still be accepted
    """

    folder: Path
    name: str
    object: str
    title: str
    identification: str
    form: str
    period: str
    together: tuple[str, ...]
    person: str | None
    head: frozenset[str]
    keys: Mapping[str, tuple[str, ...]]
    overrides: Overrides
    error_types: ErrorTypes
    tolerance: Tolerance
    _versions: dict[tuple[str, int, int], Version] = field(init=False, default_factory=dict, repr=False)

    @property
    def subject(self) -> Subject | None:
        """What the reference directory is asked with; None where forms are not about persons."""
        return None if self.person is None else Subject(self.person, self.period)

    def anomaly_class(self, code: str) -> AnomalyClass:
        """The class that the authority gives an anomaly; blocking where its list does not have the code."""
        return self.listed_class(code) or AnomalyClass.BLOCKING

    def listed_class(self, code: str) -> AnomalyClass | None:
        """The class in the authority's list of anomalies; None where the list, if any, does not have the code."""
        return _classes(self.folder / ANOMALIES).get(code)

    def controls_version(self) -> str:
        """A short name for the controls and code lists as they are now: another one where a byte of them differs."""
        return _named_after(
            [*sorted((self.folder / "controls").glob("*.toml")), *sorted((self.folder / "codes").glob("*.csv"))]
        )

    def schemas_version(self) -> str:
        """The same for the card and the schemas: what forms are read by."""
        return _named_after([self.folder / CARD, *sorted(self.folder.rglob("*.xsd"))])

    def versions(self) -> tuple[Version, ...]:
        """Its versions by name, the newest last: every schema file that lies in the folder now."""
        found = []
        for path in sorted(self.folder.glob("*.xsd")):
            now = path.stat()
            found.append(self._versions.setdefault((path.stem, now.st_mtime_ns, now.st_size), Version(self, path)))
        return tuple(found)

    def version(self, name: str) -> Version | None:
        """The version of that name, exactly, with or without `.xsd`; None where the folder has no such file."""
        wanted = name.removesuffix(".xsd")
        return next((version for version in self.versions() if version.name == wanted), None)


def root() -> Path:
    """The folder of families: inside an installed wheel, else at the top of the checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "xsd"
    return installed if installed.is_dir() else here.parent / "xsd"


def families(folder: Path | None = None) -> tuple[Family, ...]:
    """Every family of that folder (`root()` by default), by name. Raises Configuration where one is malformed.

    One process reads a card once, and again only where its text has changed.
    """
    return tuple(family(card.parent) for card in sorted((folder or root()).glob(f"*/{CARD}")))


def family(folder: Path) -> Family:
    """The family in that folder. Raises Configuration where its card is malformed."""
    card = folder / CARD
    return _family(card, text_of(card))


@cache
def message(name: str) -> Message:
    """A message of the channel, `ACRF_20231` or `NOTIFICATION_20223`. Raises Configuration where it is not there."""
    path = root() / CHANNEL / f"{name}.xsd"
    if path not in root().glob(f"{CHANNEL}/*.xsd"):
        raise Configuration(f"{root() / CHANNEL} has no schema {name}.xsd: install the package again")
    return Message(path)


@cache
def _family(card: Path, text: str) -> Family:
    given = Entry(str(card), parsed(card, text))
    if not given.has("head"):
        given.refuse("head", "a list of tags")
    family = Family(
        folder=card.parent,
        name=given.text("name"),
        object=given.text("object"),
        title=given.text("title"),
        identification=given.text("identification"),
        form=given.text("form"),
        period=given.text("period"),
        together=_together(given),
        person=given.optional("person"),
        head=frozenset(given.texts("head")),
        keys=given.lists("keys"),
        overrides=Overrides(given.counts("identifiers", _MOST_DIGITS), given.counts("scales", _MOST_DIGITS)),
        error_types={pair: instead for each in given.tables("error_type") for pair, instead in _error_types(each)},
        tolerance=_tolerance(given.table("verdict")),
    )
    given.done()
    if family.name != card.parent.name:
        given.refuse("name", "the folder's own name")
    return family


def _together(given: Entry) -> tuple[str, ...]:
    named = given.texts("together")
    if len({name.partition(".")[0] for name in named}) > 1:
        given.refuse("together", "columns of one block: `block.column`")
    return named


def _error_types(given: Entry) -> list[tuple[tuple[str, str], str]]:
    usual, instead, numbers = given.text("usual"), given.text("instead"), given.texts("numbers")
    given.done()
    return [((number, usual), instead) for number in numbers]


def _tolerance(given: Entry | None) -> Tolerance:
    if given is None:
        return Tolerance()
    counted, percentage, most = (given.take(each) for each in ("counted", "percentage", "most_reports"))
    given.done()
    if not isinstance(counted, str):
        given.refuse("counted", "the name of a block")
    if isinstance(percentage, bool) or not isinstance(percentage, int | float) or not 0 <= percentage <= 100:
        given.refuse("percentage", "a number from 0 to 100")
    if type(most) is not int or most < 1:
        given.refuse("most_reports", "a number from 1 on")
    return Tolerance(counted, float(percentage), most)


@cache
def _classes(path: Path) -> Mapping[str, AnomalyClass]:
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as source:
            return {line["code"]: AnomalyClass(line["class"]) for line in csv.DictReader(source)}
    except (KeyError, ValueError) as fault:
        raise Configuration(f"{path}: {fault}; expected the columns code and class, B, P, NP, D, W or I") from fault


def _named_after(files: Iterable[Path]) -> str:
    return _digest(tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


@cache
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for file, _, _ in files:
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:12]
