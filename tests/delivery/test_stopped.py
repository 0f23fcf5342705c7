"""What was written and is not what may leave: the delivery is stopped, somebody is told, and nothing is lost."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from declarations.demo.home import RECIPIENTS
from declarations.extracts.values import Part
from declarations.extracts.write import write_delivery
from declarations.steps import distribute
from tests.worlds import Place, document, place

LEAKING = "family-benefits"


def leaky(label, *arguments, **more) -> list[Part]:  # type: ignore[no-untyped-def]
    """A writer with a fault: for one recipient it adds a column that nobody granted."""
    parts = write_delivery(label, *arguments, **more)
    for part in parts if label.recipient == LEAKING else ():
        with zipfile.ZipFile(part.path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        lines = members["occupation.csv"].decode().splitlines()
        leaked = [f"{lines[0]},retired", *(f"{line},1" for line in lines[1:])]
        members["occupation.csv"] = "".join(f"{line}\n" for line in leaked).encode()
        with zipfile.ZipFile(part.path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    return parts


def delivered_by(here: Place, writer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a batch be distributed with that writer in the place of ours."""
    with monkeypatch.context() as patched:
        patched.setattr(distribute, "write_delivery", writer)
        here.drop(document())
        here.run()


def test_a_leak_in_the_writer_is_stopped_before_it_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = place(tmp_path)
    delivered_by(here, leaky, monkeypatch)
    assert here.box(RECIPIENTS[LEAKING]) == []
    assert here.box(RECIPIENTS["pensions"]) != []
    (alarm,) = here.world.ledger.alarms()
    assert alarm.key == f"stopped:{LEAKING}-000001"
    assert alarm.detail.startswith("part 1: ")
    here.run()
    assert [name.partition(".")[0] for name in here.box(RECIPIENTS[LEAKING])] == ["FO", "FS", "GO"]
    assert here.world.ledger.alarms() == []


def test_a_writer_that_fails_for_one_recipient_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(label, *arguments, **more) -> list[Part]:  # type: ignore[no-untyped-def]
        if label.recipient == LEAKING:
            raise OSError("63050991576 does not fit")
        return write_delivery(label, *arguments, **more)

    here = place(tmp_path)
    delivered_by(here, failing, monkeypatch)
    assert here.box(RECIPIENTS[LEAKING]) == []
    assert here.box(RECIPIENTS["statistics"]) != []
    told = [record for record in caplog.records if record.message == "delivery failed"]
    assert "63050991576" not in str([vars(each) for each in told])
    assert {vars(each)["recipient"] for each in told} == {LEAKING}
