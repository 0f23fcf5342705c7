"""The commands that load and show the parties, and what a home without a list says."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from declarations.cli import app
from declarations.errors import Configuration
from declarations.settings import HOME_VARIABLE, Limits
from declarations.world import opened
from tests.parties.given import recipient, sender, written
from tests.worlds import write_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose ledger knows no parties."""
    write_settings(tmp_path, Limits())
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["parties", *arguments], input=answer)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_an_installation_without_parties_does_not_start(home: Path) -> None:
    with pytest.raises(Configuration, match="declarations parties load"), opened():
        pass


def test_what_would_change_is_shown_before_it_is_asked_for(home: Path) -> None:
    path = written(home, sender(), recipient())
    code, said = run("load", str(path), answer="n\n")
    assert code == 1
    assert said.index("recipient pensions") < said.index("Put this list in force?")
    assert run("show")[0] == 1


def test_a_list_that_was_agreed_to_is_in_force(home: Path) -> None:
    run("load", str(written(home, sender(), recipient())), answer="y\n")
    with opened() as world:
        assert (set(world.parties.senders), set(world.parties.recipients)) == ({"000101"}, {"pensions"})


def test_loading_the_same_list_again_asks_nothing(home: Path) -> None:
    path = str(written(home, sender(), recipient()))
    run("load", path, "--yes")
    assert run("load", path) == (0, "the list in force says the same; nothing was changed\n")


def test_a_file_with_a_fault_leaves_the_list_in_force_as_it_is(home: Path) -> None:
    run("load", str(written(home, sender())), "--yes")
    with pytest.raises(Configuration, match="families that exist"):
        run("load", str(written(home, sender(families='["x"]'))), "--yes")
    assert "families: dmfa" in run("show", "000101")[1]


def test_history_names_the_operator_and_the_changes(home: Path) -> None:
    run("load", str(written(home, sender())), "--yes", "--operator", "Anna")
    said = run("history")[1]
    assert "Anna" in said
    assert "sender 000101: added: 000101 Payroll Office North" in said


def test_showing_a_party_that_is_not_there_says_so(home: Path) -> None:
    run("load", str(written(home, sender())), "--yes")
    code, said = run("show", "123456")
    assert (code, "123456" in said) == (1, True)


def test_the_example_says_everything_that_a_list_may_say_and_is_taken(home: Path) -> None:
    code, text = run("example")
    path = written(home)
    path.write_text(text, encoding="utf-8")
    run("load", str(path), "--yes")
    with opened() as world:
        (sender,), (recipient,) = world.parties.senders.values(), world.parties.recipients.values()
    said = [getattr(each, field.name) for each in (sender, recipient) for field in fields(each)]
    assert (code, [value for value in said if value in (None, "")]) == (0, [])
