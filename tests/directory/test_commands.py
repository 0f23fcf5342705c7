"""The commands that load the directory and look at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from declarations.cli import app
from declarations.settings import HOME_VARIABLE, Limits
from tests.directory.given import HEADER, A, B, text
from tests.worlds import place, write_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place(tmp_path)
    write_settings(tmp_path, Limits())
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["directory", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def file(home: Path, content: bytes) -> Path:
    path = home / "given.csv"
    path.write_bytes(content)
    return path


def test_a_list_is_loaded_and_shows_in_the_stats(home: Path) -> None:
    path = file(home, text(f"{A},pensioner,2020-01-01,", f"{B},survivor,2020-01-01,"))
    done = run("load", path, "--recipient", "pensions", "--operator", "Anna")
    assert done == (0, "pensions: 2 rows: 2 added, 0 ended\n")
    said = run("stats")[1]
    assert [word in said for word in ("pensions", "pensioner, survivor", "Anna", "given.csv")] == [True] * 4


def test_bad_lines_are_all_named_and_nothing_is_taken(home: Path) -> None:
    path = file(home, text("1,p,2020-01-01,", f"{A},p,2020-01-01,", "2,p,2020-01-01,"))
    code, said = run("load", path, "--recipient", "pensions")
    assert (code, "lines 2 4: expected an INSS" in said) == (1, True)
    assert "pensions" not in run("stats")[1]


def test_a_list_of_an_unknown_recipient_is_not_read(home: Path) -> None:
    code, said = run("load", file(home, text(f"{A},p,2020-01-01,")), "--recipient", "pension")
    assert (code, "no recipient has the id pension" in said) == (2, True)


def test_increments_are_told_by_their_column(home: Path) -> None:
    run("load", file(home, text(f"{A},p,2020-01-01,", f"{B},p,2020-01-01,")), "--recipient", "pensions")
    path = file(home, text(f"{A},p,,2020-12-31,end", header=f"{HEADER},action"))
    assert run("load", path, "--recipient", "pensions") == (0, "pensions: 1 rows: 0 added, 1 ended\n")


def test_replaced_numbers_are_followed_from_then_on(home: Path) -> None:
    assert run("replace", file(home, text(f"{A},{B},2022-01-01", header="old,new,on")))[0] == 0
    assert "1 replaced numbers are followed" in run("stats")[1]


def test_a_circle_is_refused_by_its_lines(home: Path) -> None:
    path = file(home, text(f"{A},{B},2022-01-01", f"{B},{A},2022-01-02", header="old,new,on"))
    code, said = run("replace", path)
    assert (code, "lines 2-3: expected no way back" in said) == (1, True)


def test_a_message_idflux_is_followed_too(home: Path) -> None:
    situations = (
        f"<ValidSituation><INSS>{B}</INSS></ValidSituation><OutdatedSituation><INSS>{A}</INSS></OutdatedSituation>"
    )
    information = f"<EffectiveStartingDate>2022-01-01</EffectiveStartingDate>{situations}"
    content = f"<IDFLUX><Form><IdfluxInformation>{information}</IdfluxInformation></Form></IDFLUX>"
    assert run("replace", file(home, content.encode())) == (0, "replaced numbers: 1 rows: 1 added, 0 ended\n")
