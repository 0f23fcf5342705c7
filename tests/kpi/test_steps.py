"""What parties find in their outboxes, and what the commands write: a small installation, its clock moved by hand."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from typer.testing import CliRunner, Result

from declarations.cli import app
from declarations.demo.home import RECIPIENTS
from declarations.kpi.facts import Fact, Found, Outage, Paused, line
from declarations.kpi.months import Month
from declarations.metrics import prometheus, readings
from declarations.settings import Limits
from declarations.steps import reporting
from declarations.steps.operate import pause
from declarations.steps.post import post
from tests.worlds import OTHER_SENDER, SENDER, Place, demo_keys, document, place, write_settings

APRIL = Month(2026, 4)
PENSIONS = RECIPIENTS["pensions"]
DAY = timedelta(days=1)


@cache
def lived() -> Path:
    """An installation with three batches: accepted with and without a finding, and refused."""
    root = Path(mkdtemp(prefix="declarations-kpi-"))
    given = place(root)
    given.drop(document(2))
    given.drop(document(3), sequence="00002")
    given.drop(b"<x/>", sequence="00003")
    given.run()
    given.clock.pass_(hours=3)
    given.confirm()
    given.run()
    write_settings(root, Limits())
    return root


@pytest.fixture
def april(tmp_path: Path) -> Place:
    """That installation, for one test that changes it, three hours after the drops."""
    return _copied(tmp_path / "home")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """That installation, for tests that only read."""
    return _copied(tmp_path_factory.mktemp("still") / "home")


def _copied(root: Path) -> Place:
    shutil.copytree(lived(), root)
    given = place(root)
    given.clock.pass_(hours=3)
    return given


def facts(given: Place, as_of: datetime = APRIL.final_at) -> list[Fact]:
    return list(reporting.facts(given.world, APRIL, as_of))


def contents(given: Place, object_: str, folder: str) -> dict[str, bytes]:
    """What lies in the newest archive of that object in the outbox."""
    post(given.world)
    with zipfile.ZipFile(io.BytesIO(given.answers(object_, folder)[-1])) as members:
        return {name: members.read(name) for name in members.namelist()}


def told(given: Place, object_: str, folder: str) -> dict[str, object]:
    """The JSON of it."""
    files = contents(given, object_, folder)
    (text,) = [content for name, content in files.items() if name.endswith(".json") and not name.startswith("FS.")]
    found: dict[str, object] = json.loads(text)
    return found


# Every day


def test_each_party_gets_an_overview_a_day_if_there_is_something_to_see(april: Place) -> None:
    concerned = {each.recipient for each in facts(april) if hasattr(each, "recipient")}
    assert reporting.daily(april.world) == 1 + len(concerned)
    assert reporting.daily(april.world) == 0
    april.clock.pass_(days=1)
    assert reporting.daily(april.world) == 1 + len(concerned)


def test_a_sender_sees_its_batches(april: Place) -> None:
    reporting.daily(april.world)
    batches = told(april, "OVRV", SENDER)["batches"]
    assert isinstance(batches, list)
    assert [(each["stage"], each["codes"]) for each in batches] == [
        ("refused", ["ACRF-136"]),
        ("closed", []),
        ("closed", []),
    ]


def test_a_recipient_sees_its_deliveries(april: Place) -> None:
    reporting.daily(april.world)
    found = told(april, "OVRV", PENSIONS)["deliveries"]
    assert isinstance(found, list)
    (delivery,) = found
    assert delivery["status"] == "confirmed"
    assert not delivery["awaits_receipt"]


def test_every_file_of_ours_bears_our_signature(april: Place) -> None:
    reporting.daily(april.world)
    files = contents(april, "OVRV", SENDER)
    signatures = april.world.signatures
    plain = [name for name in files if not name.startswith("FS.")]
    assert len(plain) == 2
    for name in plain:
        signed = io.BytesIO(files[name])
        assert signatures.verify(signed, files[f"FS.{name}"], signatures.ours, april.clock.now) is None


# Every month


def test_nothing_is_told_of_a_month_that_is_not_final(april: Place) -> None:
    april.clock.now = APRIL.final_at - timedelta(seconds=1)
    assert reporting.monthly(april.world) == 0


def test_each_party_of_the_month_gets_its_figures_once_they_are_final(april: Place) -> None:
    april.clock.now = APRIL.final_at
    assert reporting.monthly(april.world) > 1
    assert reporting.monthly(april.world) == 0
    own = told(april, "KPIM", SENDER)
    assert (own["reader"], own["party"], own["month"], own["final"]) == ("sender", SENDER, "2026-04", True)
    assert "kpi" not in "".join(april.box(OTHER_SENDER)).lower()


def test_the_public_figures_come_to_everybody_ten_days_later(april: Place) -> None:
    april.clock.now = APRIL.public_at - timedelta(seconds=1)
    reporting.monthly(april.world)
    april.clock.now = APRIL.public_at
    assert reporting.monthly(april.world) == 2 + len(RECIPIENTS)
    assert reporting.monthly(april.world) == 0
    assert told(april, "KPIM", OTHER_SENDER)["reader"] == "public"


def test_a_month_that_was_missed_is_told_late_and_the_same(april: Place) -> None:
    april.clock.now = APRIL.final_at + 20 * DAY
    reporting.monthly(april.world)
    assert told(april, "KPIM", SENDER)["as_of"] == "2026-05-03T22:00:00.000000Z"


def test_a_recipient_reads_nothing_of_another_in_its_figures(april: Place) -> None:
    april.clock.now = APRIL.final_at
    reporting.monthly(april.world)
    text = b"".join(contents(april, "KPIM", PENSIONS).values()).decode("ascii", "replace")
    assert "pensions" in text
    assert not [name for name in (*RECIPIENTS, SENDER) if name != "pensions" and name in text]


# The log


def test_the_log_holds_no_personal_data(still: Place) -> None:
    text = "".join(line(each) for each in facts(still)) + prometheus(readings(still.world))
    names = re.findall(rb"<(?:WorkerName|WorkerFirstName)>([^<]+)<", document(3))
    numbers = re.findall(rb"<(?:INSS|CompanyID|NOSSRegistrationNbr)>([^<]+)<", document(3))
    assert numbers
    assert not [each for each in (*names, *numbers) if each.decode() in text]


def test_a_month_is_the_same_whenever_its_log_is_exported(april: Place) -> None:
    first = facts(april)
    april.clock.pass_(days=40)
    reporting.monthly(april.world)
    assert facts(april) == first


def test_codes_are_explained_with_the_controls_that_find_them(still: Place) -> None:
    (told_of,) = reporting.explained(still.world, ["00036-008"])
    assert told_of.text.startswith("Employer class")
    assert told_of.controls == ("employer-class-unknown",)
    assert not [each for each in facts(still) if isinstance(each, Found)]


def test_a_pause_counts_while_its_signature_holds_and_no_longer_once_it_is_changed(april: Place) -> None:
    batch = april.batch(f"DMFA.{SENDER}.20260423.00001.R")
    pause(april.world, batch, april.clock.now - DAY, april.clock.now, "pensions", "its server was down", "jan")
    assert [each.signed for each in facts(april) if isinstance(each, Paused)] == [True]
    with sqlite3.connect(april.root / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE pause SET attributed_to = 'statistics'")
    assert [each.signed for each in facts(april) if isinstance(each, Paused)] == [False]


def test_an_outage_began_with_the_first_failure_and_is_the_recipients(april: Place) -> None:
    outbox = april.root / "parties" / PENSIONS / "OUT"
    shutil.rmtree(outbox, ignore_errors=True)
    outbox.write_text("no folder any more")
    began = april.clock.now
    reporting.daily(april.world)
    for _ in range(8):
        post(april.world)
        april.clock.pass_(hours=2)
    outbox.unlink()
    restored = april.clock.now
    post(april.world)
    (outage,) = [each for each in facts(april) if isinstance(each, Outage)]
    assert (outage.party, outage.until) == ("pensions", restored)
    assert timedelta(0) <= began - outage.start < timedelta(minutes=1)


# Commands


def run(given: Place, *arguments: object, home: bool = True) -> Result:
    surroundings = {"DECLARATIONS_HOME": str(given.root if home else given.root / "nowhere")}
    return CliRunner().invoke(app, [str(each) for each in arguments], env=surroundings, catch_exceptions=False)


def test_a_report_from_an_exported_log_has_the_bytes_of_the_ledgers(still: Place, tmp_path: Path) -> None:
    log, one, other = tmp_path / "april.ndjson", tmp_path / "one", tmp_path / "other"
    assert run(still, "log", "export", "--month", "2026-04", log).exit_code == 0
    assert run(still, "report", "2026-04", "--to", one).exit_code == 0
    assert run(still, "report", "2026-04", "--from", log, "--to", other, home=False).exit_code == 0
    made = {each.name: each.read_bytes() for each in other.iterdir()}
    assert sorted(made) == [f"kpi-2026-04-operator.{kind}" for kind in ("csv", "html", "json")]
    assert made == {name: (one / name).read_bytes() for name in made}
    assert sorted(each.name for each in one.iterdir()) == sorted([*made, *(f"FS.{name}" for name in made)])


def test_the_same_report_has_the_same_signatures(still: Place, tmp_path: Path) -> None:
    for name in ("one", "other"):
        assert run(still, "report", "2026-04", "--view", "pensions", "--to", tmp_path / name).exit_code == 0
    made = {each.name: each.read_bytes() for each in (tmp_path / "one").iterdir()}
    assert made == {each.name: each.read_bytes() for each in (tmp_path / "other").iterdir()}
    assert len(made) == 6


def test_there_is_no_report_for_a_party_that_has_nothing_in_the_log(still: Place, tmp_path: Path) -> None:
    assert run(still, "report", "2026-04", "--view", "000999", "--to", tmp_path).exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_openssl_verifies_a_report(still: Place, tmp_path: Path) -> None:
    run(still, "report", "2026-04", "--to", tmp_path)
    name = "kpi-2026-04-operator.json"
    (tmp_path / "signature").write_bytes(base64.b64decode((tmp_path / f"FS.{name}").read_bytes()))
    verifying = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", name]
    verifying += ["-CAfile", str(demo_keys() / "authority" / "root.pem"), "-purpose", "any", "-out", "verified"]
    subprocess.run(verifying, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "verified").read_bytes() == (tmp_path / name).read_bytes()


def test_a_log_of_another_month_is_refused(still: Place, tmp_path: Path) -> None:
    log = tmp_path / "april.ndjson"
    run(still, "log", "export", "--month", "2026-04", log)
    with pytest.raises(Exception, match="not of 2026-05"):
        run(still, "report", "2026-05", "--from", log, "--to", tmp_path)


def test_an_overview_is_made_by_hand_for_a_party_that_there_is(still: Place, tmp_path: Path) -> None:
    assert run(still, "overview", SENDER, "--to", tmp_path / "made").exit_code == 0
    kinds = sorted(each.name.partition("-")[0] for each in (tmp_path / "made").iterdir())
    assert kinds == ["FS.overview", "FS.overview", "overview", "overview"]
    assert run(still, "overview", "000999").exit_code == 1


def test_measures_are_printed_for_prometheus(still: Place) -> None:
    assert "\ndeclarations_overdue 0\n" in run(still, "metrics").output
