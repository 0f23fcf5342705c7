"""The TOML file in which parties are written by people: every fault of it named, or a document of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from declarations.entries import content
from declarations.errors import Configuration
from declarations.filenames import OUR_NUMBER
from declarations.parties.drafts import Draft
from declarations.parties.party import RECEIPT_HOURS, Format
from declarations.parties.register import DAYS, Document, Entry, document
from validators.catalogue import Language

CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


def read_list(path: Path, families: Collection[str]) -> Document:
    """The parties of that file; `families` are the names that exist. Raises Configuration with every fault."""
    given = content(path)
    faults: list[str] = [f"{key}: only [[sender]] and [[recipient]] are known" for key in _strangers(given)]
    senders = [_sender(each, path.parent, families) for each in _numbered(given, "sender", faults)]
    recipients = [_recipient(each, path.parent) for each in _numbered(given, "recipient", faults)]
    for each in (*senders, *recipients):
        faults += each.finished()
    faults += _collisions([each.made for each in senders], [each.made for each in recipients])
    if faults:
        told = "".join(f"\n  {fault}" for fault in faults)
        raise Configuration(f"{path}: nothing was taken of it; faults: {len(faults)}{told}")
    return document([each.made for each in senders], [each.made for each in recipients])


def _strangers(given: Mapping[str, object]) -> list[str]:
    return sorted(given.keys() - {"sender", "recipient"})


def _numbered(given: Mapping[str, object], kind: str, faults: list[str]) -> Iterator[Draft]:
    tables = given.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        faults.append(f"{kind}: expected tables [[{kind}]]")
        return
    for nth, each in enumerate(tables, start=1):
        name = each.get("id") or each.get("number") or ""
        yield Draft(f"{kind} {name if isinstance(name, str) and name else f'(the {nth}. in the file)'}", each)


def _collisions(senders: list[Entry], recipients: list[Entry]) -> Iterator[str]:
    numbers = Counter(each["number"] for each in (*senders, *recipients) if "number" in each)
    ids = Counter(each["id"] for each in recipients if "id" in each)
    yield from (f"number {each}: given to {count} parties" for each, count in sorted(numbers.items()) if count > 1)
    yield from (f"id {each}: given to {count} recipients" for each, count in sorted(ids.items()) if count > 1)
    if OUR_NUMBER in numbers:
        yield f"number {OUR_NUMBER}: it is our own"


def _party(table: Draft, base: Path) -> None:
    table.text("number", r"[0-9]{6}", "6 digits in quotes")
    table.text("name")
    table.choice("language", [*Language], Language.ENGLISH)
    table.optional_text("contact")
    first, last = table.day("valid_from"), table.day("valid_until")
    if first and last and last < first:
        table.refuse("valid_until", "a day that is not before valid_from")
    named = table.texts("certificates")
    found = {_certificate(table, "certificates", base / each) for each in named}
    table.made["certificates"] = sorted(each for each in found if each)


def _sender(table: Draft, base: Path, families: Collection[str]) -> Draft:
    _party(table, base)
    named = sorted(set(table.texts("families")))
    unknown = [each for each in named if each not in families]
    for each in unknown:
        table.refuse("families", f"families that exist ({', '.join(sorted(families))}), not {each!r}")
    table.keep("families", bool(named), named, "at least one family")
    return table


def _recipient(table: Draft, base: Path) -> Draft:
    _party(table, base)
    table.text("id", r"[a-z][a-z0-9-]*", "small letters, digits and hyphens")
    table.choice("format", [*Format], Format.CSV)
    table.count("most_bytes", None, 1 << 40)
    table.count("receipt_hours", RECEIPT_HOURS, 24 * 366)
    table.table("seal", lambda seal: _seal(seal, base))
    table.table("window", _window)
    table.table("push", _push)
    return table


def _seal(table: Draft, base: Path) -> None:
    age, x509 = table.take("age"), table.take("x509")
    if (age is None) == (x509 is None):
        table.refuse("age", "either `age` with a key, or `x509` with the name of a PEM file")
    elif age is not None:
        table.keep("age", isinstance(age, str) and _is_age_key(age), age, "a public key: ssh-ed25519, ssh-rsa or age1")
    elif not isinstance(x509, str):
        table.refuse("x509", "the name of a PEM file")
    elif pem := _certificate(table, "x509", base / x509):
        table.made["x509"] = pem


def _window(table: Draft) -> None:
    days = table.texts("days")
    good = bool(days) and set(days) <= set(DAYS)
    table.keep("days", good, sorted(set(days) & set(DAYS), key=DAYS.index), f"some of {', '.join(DAYS)}")
    for key in ("at", "until"):
        table.text(key, CLOCK, 'a time of day such as "18:00"')


def _push(table: Draft) -> None:
    for key in ("host", "account", "key", "folder"):
        table.text(key)
    table.count("port", 22, 65535)
    host_key = table.take("host_key")
    good = isinstance(host_key, str) and _is_ssh_key(host_key)
    table.keep("host_key", good, host_key, "the server's public key, such as `ssh-ed25519 AAAA...`")


def _certificate(table: Draft, key: str, path: Path) -> str | None:
    """The one certificate of a PEM file, written as this program writes them."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    try:
        found = load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "no certificate in PEM"
        table.refuse(key, f"a certificate; {path}: {why}")
        return None
    if len(found) == 1:
        return found[0].public_bytes(Encoding.PEM).decode("ascii")
    table.refuse(key, f"one certificate in {path}, not {len(found)}")
    return None


def _is_age_key(text: str) -> bool:
    import pyrage  # type: ignore[import-untyped]

    kind = pyrage.x25519 if text.startswith("age1") else pyrage.ssh
    try:
        kind.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def _is_ssh_key(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        load_ssh_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True
