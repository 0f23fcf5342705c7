"""A family that is wrong somewhere is told where, and what to do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from declarations.cli import app
from declarations.families import family, root
from declarations.lint import Problem, problems
from declarations.lint.controls import code_lists, controls
from declarations.lint.folder import Folder
from declarations.lint.recipients import granted, routed
from declarations.lint.schemas import versions

NEWEST = "DmfAOriginal_20231.xsd"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the DmfA with its newest schema alone: it is the quicker one."""
    shutil.copytree(root() / "dmfa", tmp_path / "dmfa", ignore=shutil.ignore_patterns("*_2022*.xsd"))
    return tmp_path / "dmfa"


def changed(file: Path, old: str, new: str) -> None:
    """Replace the first occurrence of a text."""
    text = file.read_text(encoding="utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def appended(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def control(**given: str) -> str:
    """A control with something else than usual."""
    usual = {
        "id": '"ours"',
        "code": '"00024-004"',
        "class": '"B"',
        "block": '"natural_person"',
        "sql": '"SELECT row FROM natural_person"',
        "source": '"a test"',
        "breaks": '[["EmployerDeclaration/Quarter", "20231"]]',
    }
    return "\n[[control]]\n" + "\n".join(f"{key} = {value}" for key, value in (usual | given).items()) + "\n"


def test_the_families_that_we_ship_have_no_problems() -> None:
    assert [str(problem) for card in root().glob("*/family.toml") for problem in problems(card.parent)] == []


Break = Callable[[Path], None]
BREAKS: dict[str, tuple[str, str, Break]] = {
    "card": ("family.toml", "title", lambda f: changed(f / "family.toml", "title =", "titel =")),
    "period": ("family.toml", "no column year", lambda f: changed(f / "family.toml", "tion.quarter", "tion.year")),
    "head": ("family.toml", "zone Quartre", lambda f: changed(f / "family.toml", '"Quarter",', '"Quartre",')),
    "identifier": ("family.toml", "zone ShipIds", lambda f: changed(f / "family.toml", "ShipId =", "ShipIds =")),
    "counted": ("family.toml", "block records", lambda f: changed(f / "family.toml", '"worker_record"', '"records"')),
    "key-block": (
        "family.toml",
        "block persons",
        lambda f: changed(f / "family.toml", "natural_person =", "persons ="),
    ),
    "key-zone": ("family.toml", "no zone INNS", lambda f: changed(f / "family.toml", '"INSS"]', '"INNS"]')),
    "error-type": ("family.toml", "block 99999", lambda f: changed(f / "family.toml", '"01092"', '"99999"')),
    "no-schema": ("dmfa", "no schema", lambda f: (f / NEWEST).unlink()),
    "no-xml": (NEWEST, "not readable", lambda f: (f / NEWEST).write_text("none")),
    "one-engine": (
        NEWEST,
        "xmlschema refuses it",
        lambda f: changed(
            f / NEWEST, '<xs:maxLength value="7"/>', '<xs:maxLength value="7"/><xs:pattern value="\\p{IsX}"/>'
        ),
    ),
    "number": (NEWEST, "INSS has no number", lambda f: changed(f / NEWEST, ">00024<", "><")),
    "nested": (NEWEST, "any number of times", lambda f: changed(f / NEWEST, 'value="\\d{11}"', 'value="(\\d+)+"')),
    "unbounded": (NEWEST, "has no bound", lambda f: changed(f / NEWEST, 'value="\\d{11}"', 'value="\\d+"')),
    "counting": (NEWEST, "counts to 1001", lambda f: changed(f / NEWEST, 'value="\\d{11}"', 'value="\\d{11,1001}"')),
    "control": ("controls", "is missing", lambda f: appended(f / "controls/keys.toml", '[[control]]\nid = "x"\n')),
    "block": ("keys.toml", "block person", lambda f: appended(f / "controls/keys.toml", control(block='"person"'))),
    "column": ("keys.toml", "column age", lambda f: appended(f / "controls/keys.toml", control(column='"age"'))),
    "sample": ("keys.toml", "no sample", lambda f: appended(f / "controls/keys.toml", control(breaks="[]"))),
    "query": (
        "keys.toml",
        "age",
        lambda f: appended(f / "controls/keys.toml", control(sql='"SELECT row FROM natural_person WHERE age > 1"')),
    ),
    "unique": (
        "keys.toml",
        "no column age",
        lambda f: appended(f / "controls/keys.toml", re.sub("sql.*", 'unique = ["row", "age"]', control())),
    ),
    "two-ways": (
        "controls",
        "one of `check`, `sql` and `unique`",
        lambda f: appended(f / "controls/keys.toml", control(unique='["inss"]')),
    ),
    "no-row": (
        "keys.toml",
        "does not return `row`",
        lambda f: appended(f / "controls/keys.toml", control(sql='"SELECT inss FROM natural_person"')),
    ),
    "list": (
        "keys.toml",
        "no code list",
        lambda f: appended(
            f / "controls/keys.toml",
            re.sub("sql.*", 'check = "known_code"\ncodes = "sexes"\ncolumn = "inss"', control()),
        ),
    ),
    "code": ("keys.toml", "not in codes", lambda f: appended(f / "controls/keys.toml", control(code='"00024-999"'))),
    "class": (
        "keys.toml",
        "has class W, and B",
        lambda f: appended(f / "controls/keys.toml", control(**{"class": '"W"'})),
    ),
    "validity": (
        "keys.toml",
        "ends before it starts",
        lambda f: appended(f / "controls/keys.toml", control(**{"from": '"20231"', "until": '"20224"'})),
    ),
    "overlap": (
        "worker_codes.csv",
        "twice",
        lambda f: appended(f / "codes/worker_codes.csv", "010,20231,20232,occupation\n"),
    ),
    "columns": (
        "worker_codes.csv",
        "valid_from",
        lambda f: (f / "codes/worker_codes.csv").write_text("code\n010\n") and None,
    ),
    "route": (
        "routes.toml",
        "block persons",
        lambda f: appended(f / "routes.toml", '[[route]]\nrecipient = "pensions"\nblock = "persons"\n'),
    ),
    "route-query": (
        "routes.toml",
        "inss",
        lambda f: appended(
            f / "routes.toml",
            '[[route]]\nrecipient = "pensions"\nblock = "natural_person"\n'
            "sql = \"SELECT row FROM natural_person WHERE inss LIKE '8%'\"\n",
        ),
    ),
    "route-recipient": (
        "routes.toml",
        "recipient",
        lambda f: appended(f / "routes.toml", '[[route]]\nblock = "form"\n'),
    ),
    "granted-block": (
        "authorizations.toml",
        "block scale_pay",
        lambda f: changed(f / "authorizations.toml", "\nscale_salary = [", "\nscale_pay = ["),
    ),
    "granted-column": (
        "authorizations.toml",
        "column inns",
        lambda f: changed(f / "authorizations.toml", '"inss"', '"inns"'),
    ),
    "authorization": (
        "authorizations.toml",
        "purpose",
        lambda f: changed(f / "authorizations.toml", "purpose =", "goal ="),
    ),
}


CHECKS: dict[str, Callable[[Path], Iterator[Problem]]] = {
    NEWEST: lambda folder: versions(Folder(family(folder))),
    "keys.toml": lambda folder: controls(Folder(family(folder))),
    "controls": lambda folder: controls(Folder(family(folder))),
    "worker_codes.csv": lambda folder: code_lists(Folder(family(folder))),
    "routes.toml": lambda folder: routed(Folder(family(folder))),
    "authorizations.toml": lambda folder: granted(Folder(family(folder))),
}
"""What finds a problem of a file; the whole takes longer."""


@pytest.mark.parametrize("name", BREAKS)
def test_a_problem_is_told_with_its_file_and_what_to_do(folder: Path, name: str) -> None:
    file, told, spoil = BREAKS[name]
    spoil(folder)
    look = CHECKS.get(file, problems)
    found = [problem for problem in look(folder) if told in problem.wrong]
    assert found
    assert found[0].file.name == file
    assert found[0].mend


def test_a_problem_has_the_line_where_it_stands(folder: Path) -> None:
    appended(folder / "controls/keys.toml", control(breaks="[]"))
    (problem,) = CHECKS["controls"](folder)
    lines = (folder / "controls/keys.toml").read_text(encoding="utf-8").splitlines()
    assert problem.line is not None
    assert lines[problem.line - 1] == 'id = "ours"'


def test_the_command_prints_a_problem_a_line_and_exits_with_1(folder: Path) -> None:
    changed(folder / "family.toml", '"01092"', '"99999"')
    done = CliRunner().invoke(app, ["families", "lint", str(folder)])
    assert done.exit_code == 1
    assert done.output.splitlines()[0].startswith(f"{folder / 'family.toml'}:")


def test_the_command_exits_with_2_where_there_is_no_family(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["families", "lint", str(tmp_path)]).exit_code == 2
