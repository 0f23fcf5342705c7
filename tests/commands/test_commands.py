"""The command line, as people and scripts use it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from declarations import pipeline
from declarations.model import BatchStatus
from declarations.settings import Limits
from tests.worlds import Place, document, place, write_settings

ROOT = Path(__file__).parents[2]
KEYS = {"file", "form", "check", "code", "class", "path", "line", "column", "value", "text"}


def run(*arguments: object, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"DECLARATIONS_HOME": str(home)} if home else {})
    command = [sys.executable, "-m", "declarations", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.xml"
    path.write_bytes(document(employers=4, persons=9, faults=(("wrong-inss-check-digit", 1), ("too-long", 1))))
    return path


@pytest.fixture
def here(tmp_path: Path) -> Place:
    limits = Limits(max_age_days=36500)
    write_settings_in = place(tmp_path, limits)
    write_settings(tmp_path, limits)
    return write_settings_in


def test_check_accepts_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(document())
    done = run("check", tmp_path / "good.xml")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{tmp_path}/good.xml: accepted, 1 of 1 forms")


def test_check_prints_findings_as_lines_that_editors_jump_to(bad: Path) -> None:
    done = run("check", bad)
    assert done.returncode == 1
    assert re.search(rf"^{re.escape(str(bad))}:\d+:\d+: 00024-004 B .*\(INSS\).* Found: \d{{11}}$", done.stdout, re.M)
    assert done.stdout.splitlines()[-1].endswith("refused, 2 of 4 forms")


def test_check_as_json_gives_one_finding_a_line_with_its_keys(bad: Path) -> None:
    done = run("check", "--json", bad)
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert [set(finding) >= KEYS for finding in findings] == [True, True]
    assert {(finding["check"], finding["code"]) for finding in findings} == {
        ("identifiers", "00024-004"),
        ("schema", "00615-093"),
    }
    lines = bad.read_text().splitlines()
    for finding in findings:
        assert finding["value"] in lines[finding["line"] - 1][finding["column"] - 1 :]


def test_check_tells_a_file_that_cannot_be_read_from_one_that_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.xml").write_bytes(b"<DmfAOriginal>")
    assert run("check", tmp_path / "broken.xml").returncode == 1
    assert run("check", tmp_path / "absent.xml").returncode == 2


def test_check_judges_the_parts_of_a_batch_together(tmp_path: Path) -> None:
    for part in (1, 2):
        (tmp_path / f"FI.DMFA.000101.20260423.00001.R.2.{part}").write_bytes(document())
    done = run("check", *sorted(tmp_path.iterdir()))
    assert "90017-006" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("refused, 0 of 2 forms")


def test_read_writes_typed_blocks(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(document())
    assert run("read", tmp_path / "good.xml", "--out", tmp_path / "blocks").returncode == 0
    persons = pl.read_parquet(tmp_path / "blocks" / "natural_person.parquet")
    assert persons.schema["inss"] == pl.String
    assert len(persons) == 3


def test_generate_gives_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("generate", "--out", tmp_path / name, "--seed", 5, "--persons", 20).returncode == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_generate_keys_sign_and_run_make_a_batch_that_is_accepted(here: Place) -> None:
    inbox = here.root / "parties" / "000101" / "IN"
    generated = run("generate", "--out", inbox, "--sender", "000101", "--environment", "S", "--persons", 5)
    assert generated.returncode == 0, generated.stderr
    (inbox.parent / "INTEST-S").mkdir()
    for path in inbox.iterdir():
        path.rename(inbox.parent / "INTEST-S" / path.name)
    assert run("run", home=here.root).returncode == 0
    shown = run("status", home=here.root)
    assert "closed" in shown.stdout


def test_status_tells_when_a_used_name_came_first_and_whether_the_bytes_are_the_same(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    here.drop(document())
    here.run()
    shown = run("status", reference, home=here.root)
    assert "ACRF-133" in shown.stdout
    assert "the name came first on 2026-04-23 22:00:00, with the same bytes" in shown.stdout


def test_a_held_batch_is_released_by_two_persons_and_goes_on(here: Place) -> None:
    reference = here.drop(document())
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)
    part = next(file for file in here.batch(reference).files if file.kind == "FI")
    lost = here.world.archive.local(part.sha256)
    lost.rename(here.root / "mislaid")
    for _ in range(here.world.limits.attempts):
        here.run()
    held = here.batch(reference)
    assert (held.status, held.attempts) == (BatchStatus.HELD, here.world.limits.attempts)
    assert here.answers("NOTI") == []
    (here.root / "mislaid").rename(lost)
    told = [run("release", reference, "--operator", name, home=here.root).returncode for name in ("jan", "Jan ", "els")]
    assert told == [0, 1, 0]
    here.run()
    assert here.batch(reference).status is BatchStatus.DISTRIBUTED
    assert "by els, proposed by jan" in run("status", reference, home=here.root).stdout


def test_a_batch_that_is_not_held_is_not_released(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    assert run("release", reference, "--operator", "jan", home=here.root).returncode == 1


def test_run_without_a_home_says_what_to_do(tmp_path: Path) -> None:
    done = run("run", home=tmp_path)
    assert done.returncode == 2
    assert "DECLARATIONS_HOME" in done.stderr


def test_run_refuses_a_step_that_does_not_exist(here: Place) -> None:
    done = run("run", "digest", home=here.root)
    assert done.returncode == 2
    assert "receive accept normalize control split" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        *("check", "read", "run", "status", "hold", "release", "cancel", "pause", "alarms"),
        *("generate", "sign", "keys", "families", "faults"),
    ],
)
def test_every_command_explains_itself_and_stands_in_the_readme(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"declarations {command}" in (ROOT / "README.md").read_text(encoding="utf-8")
