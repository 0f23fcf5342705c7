"""The home folder of a demonstration: keys, parties, settings, and everybody's mailboxes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from declarations.adapters.keys import make_demo
from declarations.demo.server import Account
from declarations.families import families
from declarations.model import Environment
from declarations.parties.file import read_list
from declarations.settings import load
from declarations.world import register

SENDERS = {"000101": "Payroll Office North", "000102": "Payroll Office South"}
RECIPIENTS = {
    "pensions": "990001",
    "unemployment": "990002",
    "sickness-insurance": "990003",
    "annual-holidays": "990004",
    "occupational-risks": "990005",
    "family-benefits": "990006",
    "construction-fund": "990007",
    "statistics": "990008",
}
"""Id of each institution, as routes and authorizations call it, and its number."""

ACCOUNT = "exchange"
"""Our own account on the SFTP server: it sees every party's folder."""

ANY_AGE = {"max_age_days": 36500}
"""The samples carry a fixed date; production refuses a file whose date lies too far back."""


def lay_out(home: Path, samples: Path, sftp_port: int, limits: Mapping[str, float], now: datetime) -> None:
    """Make that home, or bring it up to date; keys, files and what is in the ledger stay."""
    make_demo(keys(home), list(SENDERS), list(RECIPIENTS.values()), now)
    for number in numbers():
        for environment in Environment:
            for box in (environment.inbox, environment.outbox):
                (mailboxes(home) / number / box).mkdir(parents=True, exist_ok=True)
    authority = samples.resolve() / "authority"
    (home / "parties.toml").write_text(_parties(home, authority), encoding="utf-8")
    (home / "settings.toml").write_text(_settings(home, authority, sftp_port, limits), encoding="utf-8")
    (home / "known_hosts").write_text(f"[127.0.0.1]:{sftp_port} {host_key(home)}\n", encoding="ascii")
    load_parties(home, now)


def load_parties(home: Path, now: datetime) -> None:
    """Put the list of parties of that home in force, where it is not yet."""
    listed = read_list(home / "parties.toml", [each.name for each in families()])
    register(load(home)).load(listed, "demonstration", now)


def numbers() -> tuple[str, ...]:
    """Every party's number."""
    return (*SENDERS, *RECIPIENTS.values())


def keys(home: Path) -> Path:
    """Where all private keys of the demonstration lie: a real installation has only its own."""
    return home / "keys"


def party_keys(home: Path, number: str) -> Path:
    """The folder of one party's keys."""
    return keys(home) / "parties" / number


def mailboxes(home: Path) -> Path:
    """The root of the SFTP server: one folder per party."""
    return home / "mailboxes"


def accounts(home: Path) -> dict[str, Account]:
    """Who may come in to the SFTP server: each party to its own folder, and we to all of them."""
    parties = {number: Account((_text(party_keys(home, number) / "id_ed25519.pub"),), number) for number in numbers()}
    return {**parties, ACCOUNT: Account((_text(keys(home) / "exchange" / "id_ed25519.pub"),), None)}


def host_key_file(home: Path) -> Path:
    """The SFTP server's private key."""
    return keys(home) / "host" / "ssh_host_ed25519_key"


def host_key(home: Path) -> str:
    """The SFTP server's public key, as `ssh` writes it: kind and key."""
    return " ".join(_text(host_key_file(home).with_suffix(".pub")).split()[:2])


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii")


def _parties(home: Path, authority: Path) -> str:
    tables = []
    for number, name in SENDERS.items():
        certificates = [party_keys(home, number) / "sign.pem", authority / f"{number}.pem"]
        tables.append(_table("[[sender]]", number=number, name=name, families=["dmfa"], certificates=certificates))
    for recipient, number in RECIPIENTS.items():
        name = recipient.replace("-", " ").capitalize()
        certificates = [party_keys(home, number) / "sign.pem"]
        fields = {"id": recipient, "number": number, "name": name, "certificates": certificates}
        tables.append(_table("[[recipient]]", **fields, **_wishes(home, recipient, number)))
    return "\n".join(tables)


def _wishes(home: Path, recipient: str, number: str) -> dict[str, object]:
    """How an institution wants its extracts: each in another way, so that all of them are seen."""
    age = {"seal.age": " ".join(_text(party_keys(home, number) / "id_ed25519.pub").split()[:2])}
    match recipient:
        case "pensions":
            return {"format": "parquet", **age}
        case "unemployment":
            return {"format": "xml"}
        case "sickness-insurance":
            return {"format": "ndjson", **age}
        case "annual-holidays":
            return {"seal.x509": party_keys(home, number) / "sign.pem"}
        case "occupational-risks":
            return {"format": "xml", **age}
        case "construction-fund":
            return {"most_bytes": 4_000}
        case _:
            return {}


def _settings(home: Path, authority: Path, sftp_port: int, limits: Mapping[str, float]) -> str:
    folder = keys(home)
    mailbox = {
        "host": "127.0.0.1",
        "port": sftp_port,
        "account": ACCOUNT,
        "key": folder / "exchange" / "id_ed25519",
        "host_key": host_key_file(home).with_suffix(".pub"),
    }
    trust = {
        "roots": [folder / "authority" / "root.pem", authority / "root.pem"],
        "revocation_lists": [folder / "authority" / "crl.pem", authority / "crl.pem"],
        "key": folder / "ours" / "sign.key",
        "certificate": folder / "ours" / "sign.pem",
    }
    return "\n".join(
        (_table("[mailboxes]", **mailbox), _table("[trust]", **trust), _table("[limits]", **{**ANY_AGE, **limits}))
    )


def _table(head: str, **values: object) -> str:
    """A TOML table of texts, numbers and lists of texts; files that do not exist are left out of a list."""
    lines = [f"{key} = {_value(value)}" for key, value in values.items()]
    return "\n".join((head, *lines, ""))


def _value(value: object) -> str:
    """JSON's texts, numbers and lists are TOML's too."""
    if isinstance(value, list):
        kept = [str(each) for each in value if not isinstance(each, Path) or each.exists()]
        return json.dumps(kept)
    return json.dumps(str(value) if isinstance(value, Path) else value)
