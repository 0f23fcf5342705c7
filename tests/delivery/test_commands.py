"""`declarations deliveries`: what recipients got, and how one of them is sent again."""

from __future__ import annotations

from pathlib import Path

from declarations.demo.home import RECIPIENTS
from declarations.settings import Limits
from tests.commands.test_commands import run
from tests.worlds import document, place, write_settings

NUMBER = RECIPIENTS["pensions"]


def test_a_delivery_is_listed_shown_and_sent_again(tmp_path: Path) -> None:
    here = place(tmp_path)
    write_settings(here.root, Limits())
    reference = here.drop(document())
    here.run()
    assert "pensions-000001 sent" in " ".join(run("deliveries", "list", home=here.root).stdout.split())
    shown = run("deliveries", "show", "pensions-000001", home=here.root).stdout
    assert reference in shown
    assert "DMFA-2023-01: career and pension rights" in shown
    assert "natural_person (3): inss" in shown
    here.confirm()
    here.run()
    sent = run("deliveries", "resend", "pensions-000001", "--reason", "lost", "--operator", "jan", home=here.root)
    assert (sent.returncode, sent.stderr) == (0, "")
    again = run("deliveries", "resend", "pensions-000001", "--reason", "lost", home=here.root)
    assert (again.returncode, "still on its way" in again.stderr) == (1, True)
    assert here.box(NUMBER) == []
    here.run()
    assert [name.partition(".")[0] for name in here.box(NUMBER)] == ["FO", "FS", "GO"]
    assert "by jan: lost" in run("deliveries", "show", "pensions-000001", home=here.root).stdout


def test_a_delivery_that_is_not_there_is_said_to_be_none(tmp_path: Path) -> None:
    here = place(tmp_path)
    write_settings(here.root, Limits())
    for name in ("pensions-000009", "nobody-000001", "what", "pensions-²"):
        done = run("deliveries", "show", name, home=here.root)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"there is no delivery {name}" in done.stderr
