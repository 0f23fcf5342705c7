"""Where an installation keeps things and how strict it is: `settings.toml` in its home folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

from declarations.errors import Configuration

HOME_VARIABLE = "DECLARATIONS_HOME"
FILE = "settings.toml"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long we wait and how much we take."""

    max_age_days: int = 92  # of the date in a file name (ACRF 126; the real window is not published)
    max_parts: int = 9
    max_part_bytes: int = 35 * 1024 * 1024  # ACRF 184; published for DmfAPPL, assumed for DmfA
    incomplete_seconds: float = 300  # a GO waits this long for its files, then 120 or 122
    orphan_seconds: float = 24 * 3600  # files without a GO wait this long, then 130
    lease_seconds: float = 120  # what a process that died keeps others from
    attempts: int = 3  # faults of ours before a batch is held
    retry_first_seconds: float = 60  # a server that fails is left alone so long, then twice as long each time
    retry_most_seconds: float = 3600  # and never longer than this
    retry_ours_seconds: float = 60  # our own server: everybody waits for it
    line_alarm_seconds: float = 3600  # a server that is down for longer raises an alarm
    pushed_at_once: int = 100  # files that a recipient's own server is sent in one go
    pushed_rest_seconds: float = 60  # before the next go
    handed_seconds: float = 600  # a run that is not heard of for so long has lost its batches to another
    in_hand: int = 400  # batches handed to runs at most; the others wait in the ledger
    share_bytes: int = 80 * 1024 * 1024  # of XML that one task reads; a larger batch is shared by several


@dataclass(frozen=True, slots=True)
class SftpSettings:
    """The server that holds all parties' folders, and our account on it."""

    host: str
    port: int
    account: str
    key: Path
    host_key: Path


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """Whom we believe, and what we sign with."""

    roots: tuple[Path, ...] = ()
    revocation_lists: tuple[Path, ...] = ()
    key: Path | None = None
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """Who is told of alarms, besides the log."""

    webhook: str | None = None  # an address that takes JSON by POST
    mail_to: tuple[str, ...] = ()  # by Airflow's SMTP connection `smtp_default`


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Relative paths in the file are relative to its home."""

    home: Path
    database: str
    archive: Path
    mailboxes: Path | SftpSettings  # a local folder, or a server
    trust: TrustSettings = field(default_factory=TrustSettings)
    limits: Limits = field(default_factory=Limits)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)


def load(home: Path | None = None) -> Settings:
    """The settings of that home, else of DECLARATIONS_HOME, else of the current folder. Raises Configuration."""
    home = _home(home)
    path = home / FILE
    if not path.is_file():
        raise Configuration(
            f"{path} does not exist; set {HOME_VARIABLE} to an installation's home folder, "
            "or make a demonstration one with `make up`"
        )
    try:
        return _settings(home, tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as fault:
        raise Configuration(f"{path} is not TOML: {fault}") from fault
    except (KeyError, TypeError, ValueError) as fault:
        raise Configuration(f"{path}: {fault!r} is missing or not of the expected kind; see README.md") from fault


def found() -> Settings | None:
    """What `load` gives; None where there is no installation. Raises Configuration where its file is at fault."""
    return load() if (_home(None) / FILE).is_file() else None


def _home(given: Path | None) -> Path:
    return (given or Path(os.environ.get(HOME_VARIABLE, "."))).resolve()


def _settings(home: Path, given: dict[str, Any]) -> Settings:
    mailboxes = given["mailboxes"]
    return Settings(
        home=home,
        database=_database(home, given.get("database", "sqlite:///ledger.sqlite")),
        archive=home / given.get("archive", "archive"),
        mailboxes=_sftp(home, mailboxes) if "host" in mailboxes else home / mailboxes["folder"],
        trust=_trust(home, given.get("trust", {})),
        limits=_limits(given.get("limits", {})),
        alarms=_alarms(given.get("alarms", {})),
    )


def _limits(given: dict[str, Any]) -> Limits:
    """Counts from 1 on, and seconds from 0 on."""
    for each in fields(Limits):
        value = given.get(each.name, each.default)
        if each.name.endswith("_seconds"):
            fits, what = type(value) in (int, float) and 0 <= value < inf, "number from 0 on"
        else:
            fits, what = type(value) is int and value >= 1, "whole number from 1 on"
        if not fits:
            raise ValueError(f"limits.{each.name} is no {what}")
    return Limits(**_known(given, Limits))


def _alarms(given: dict[str, Any]) -> AlarmSettings:
    known = _known(given, AlarmSettings)
    webhook = known.get("webhook")
    if webhook is not None and not str(webhook).startswith(("https://", "http://")):
        raise ValueError("alarms.webhook is no address that begins with https://")
    return AlarmSettings(webhook, tuple(known.get("mail_to", ())))


def _known(given: dict[str, Any], kind: type) -> dict[str, Any]:
    unknown = set(given) - {each.name for each in fields(kind)}
    if unknown:
        raise ValueError(f"unknown settings {sorted(unknown)}")
    return given


def _database(home: Path, url: str) -> str:
    head = "sqlite:///"
    if not url.startswith(head):
        return url
    return f"{head}{home / url.removeprefix(head)}"


def _sftp(home: Path, given: dict[str, Any]) -> SftpSettings:
    return SftpSettings(
        host=given["host"],
        port=int(given.get("port", 22)),
        account=given["account"],
        key=home / given["key"],
        host_key=home / given["host_key"],
    )


def _trust(home: Path, given: dict[str, Any]) -> TrustSettings:
    return TrustSettings(
        roots=tuple(home / each for each in given.get("roots", ())),
        revocation_lists=tuple(home / each for each in given.get("revocation_lists", ())),
        key=home / given["key"] if "key" in given else None,
        certificate=home / given["certificate"] if "certificate" in given else None,
    )
