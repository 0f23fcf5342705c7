"""The file in which people write the parties: what it may say, and every fault of it."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from declarations.adapters.keys import fingerprint
from declarations.errors import Configuration
from declarations.parties.file import read_list
from declarations.parties.party import AgeSeal, Format, Push, Recipient, Sender, Window, X509Seal
from tests.parties.given import AGE_KEY, SSH_KEY, read, recipient, sender, written
from validators.catalogue import Language

PUSH = f'{{host = "sftp.example.org", account = "us", key = "keys/push", host_key = "{SSH_KEY}", folder = "/in"}}'


def faults(folder: Path, *tables: str) -> list[str]:
    """The lines in which the file is refused."""
    with pytest.raises(Configuration) as refused:
        read(folder, *tables)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


def one(folder: Path, **changes: str | None) -> Recipient:
    """The recipient of a good file."""
    return read(folder, recipient(**changes)).parties().recipients["pensions"]


def test_a_sender_says_who_it_is_and_what_it_may_send(tmp_path: Path) -> None:
    (found,) = read(tmp_path, sender(language='"nl"', contact='"it@north.example"')).parties().senders.values()
    assert found == Sender(
        number="000101",
        name="Payroll Office North",
        families=frozenset({"dmfa"}),
        certificates=frozenset({fingerprint(tmp_path / "000101.pem")}),
        language=Language.DUTCH,
        contact="it@north.example",
    )


def test_a_recipient_that_says_little_gets_plain_csv_at_any_time(tmp_path: Path) -> None:
    assert one(tmp_path) == Recipient(
        id="pensions",
        number="990001",
        name="Pensions",
        certificates=frozenset({fingerprint(tmp_path / "990001.pem")}),
        format=Format.CSV,
        receipt_hours=24,
    )


def test_a_recipient_says_how_and_when_it_wants_its_extracts(tmp_path: Path) -> None:
    window = '{days = ["mon", "fri"], at = "22:00", until = "06:00"}'
    found = one(tmp_path, format='"parquet"', window=window, most_bytes="1_000_000", receipt_hours="48")
    assert (found.format, found.most_bytes, found.receipt_hours) == (Format.PARQUET, 1_000_000, 48)
    assert found.window == Window(frozenset({0, 4}), time(22), time(6))


@pytest.mark.parametrize("key", [SSH_KEY, AGE_KEY, SSH_KEY.rsplit(" ", 1)[0]], ids=["ssh", "age", "bare"])
def test_extracts_are_sealed_to_an_ssh_key_or_an_age_key(tmp_path: Path, key: str) -> None:
    assert one(tmp_path, seal=f'{{age = "{key}"}}').seal == AgeSeal(key)


def test_extracts_are_sealed_to_a_certificate_beside_the_file(tmp_path: Path) -> None:
    pem = (written(tmp_path).parent / "990001.pem").read_text(encoding="ascii")
    assert one(tmp_path, seal='{x509 = "990001.pem"}').seal == X509Seal(pem)


def test_a_recipient_with_a_server_of_its_own_is_pushed_to(tmp_path: Path) -> None:
    assert one(tmp_path, push=PUSH).push == Push("sftp.example.org", 22, "us", "keys/push", SSH_KEY, "/in")


def test_validity_has_a_first_and_a_last_day(tmp_path: Path) -> None:
    found = one(tmp_path, valid_from="2026-01-01", valid_until="2026-12-31")
    assert (found.valid_from, found.valid_until) == (date(2026, 1, 1), date(2026, 12, 31))


def test_a_number_given_twice_refuses_the_file(tmp_path: Path) -> None:
    assert faults(tmp_path, sender(), recipient(number='"000101"')) == ["number 000101: given to 2 parties"]


def test_an_id_given_twice_refuses_the_file(tmp_path: Path) -> None:
    assert faults(tmp_path, recipient(), recipient(number='"990002"')) == ["id pensions: given to 2 recipients"]


def test_our_own_number_is_nobodys(tmp_path: Path) -> None:
    assert faults(tmp_path, sender(number='"999999"')) == ["number 999999: it is our own"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": '"00101"'}, "sender 00101: number: expected 6 digits"),
        ({"number": "101"}, "sender (the 1. in the file): number: expected 6 digits"),
        ({"name": None}, "name: expected a text"),
        ({"name": '" "'}, "name: expected a text"),
        ({"families": None}, "families: expected at least one family"),
        ({"families": '["dmfb"]'}, "families: expected families that exist (dmfa), not 'dmfb'"),
        ({"certificates": '["missing.pem"]'}, "missing.pem: No such file"),
        ({"certificates": '["parties.toml"]'}, "parties.toml: no certificate in PEM"),
        ({"certificates": '"000101.pem"'}, "certificates: expected a list of texts"),
        ({"language": '"xx"'}, "language: expected one of de, en, fr, nl"),
        ({"contact": "5"}, "contact: expected a text"),
        ({"valid_from": '"2026-01-01"'}, "valid_from: expected a day such as"),
        ({"valid_from": "2026-01-01T00:00:00"}, "valid_from: expected a day such as"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, "valid_until: expected a day that is not before"),
        ({"langauge": '"nl"'}, "langauge: there is no such key"),
        ({"format": '"csv"'}, "format: there is no such key"),
    ],
)
def test_a_faulty_sender_refuses_the_file(tmp_path: Path, changes: dict[str, str | None], said: str) -> None:
    (fault,) = faults(tmp_path, sender(**changes))
    assert said in fault


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": '"Pensions!"'}, "id: expected small letters, digits and hyphens"),
        ({"format": '"xls"'}, "format: expected one of csv, ndjson, parquet, xml"),
        ({"seal": '"age"'}, "seal: expected a table"),
        ({"seal": "{}"}, "seal: age: expected either `age` with a key, or `x509`"),
        ({"seal": f'{{age = "{AGE_KEY}", x509 = "990001.pem"}}'}, "seal: age: expected either `age` with a key, or"),
        ({"seal": '{age = "ssh-ed25519 AAAA"}'}, "seal: age: expected a public key"),
        ({"seal": f'{{age = "{AGE_KEY[:-1]}"}}'}, "seal: age: expected a public key"),
        ({"seal": '{x509 = "parties.toml"}'}, "seal: x509: expected a certificate"),
        ({"seal": '{pgp = "key"}'}, "seal: age: expected either"),
        ({"window": '{days = [], at = "08:00", until = "18:00"}'}, "window: days: expected some of mon, tue"),
        ({"window": '{days = ["monday"], at = "08:00", until = "18:00"}'}, "window: days: expected some of mon"),
        ({"window": '{days = ["mon"], at = "8:00", until = "18:00"}'}, "window: at: expected a time of day"),
        ({"window": '{days = ["mon"], at = "08:00", until = "24:00"}'}, "window: until: expected a time of day"),
        ({"window": '{days = ["mon"], at = "08:00"}'}, "window: until: expected a time of day"),
        ({"most_bytes": "0"}, "most_bytes: expected a number from 1"),
        ({"most_bytes": "true"}, "most_bytes: expected a number from 1"),
        ({"receipt_hours": "-1"}, "receipt_hours: expected a number from 1"),
        ({"push": PUSH.replace(SSH_KEY, "ssh-ed25519 AAAA")}, "push: host_key: expected the server's public key"),
        ({"push": '{host = "h", account = "a", key = "k", folder = "/"}'}, "push: host_key: expected the server's"),
        ({"push": PUSH.replace("host =", "port = 70000, host =")}, "push: port: expected a number from 1 to 65535"),
        ({"families": '["dmfa"]'}, "families: there is no such key"),
    ],
)
def test_a_faulty_recipient_refuses_the_file(tmp_path: Path, changes: dict[str, str | None], said: str) -> None:
    told = faults(tmp_path, recipient(**changes))
    assert any(said in fault for fault in told)
    assert all(fault.startswith("recipient ") for fault in told)


def test_every_fault_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, sender(name=None, families='["x"]'), recipient(format='"xls"', number='"000101"'))
    assert [each.split(":")[0] for each in told] == ["sender 000101"] * 2 + ["recipient pensions", "number 000101"]


def test_a_table_of_another_kind_refuses_the_file(tmp_path: Path) -> None:
    assert faults(tmp_path, '[[institution]]\nid = "x"') == ["institution: only [[sender]] and [[recipient]] are known"]


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(Configuration, match="line 2"):
        read(tmp_path, "[[sender]]\nnumber = x\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Configuration, match=r"parties\.toml: No such file"):
        read_list(tmp_path / "parties.toml", ["dmfa"])
