"""The choices of a running system: ports, login, secrets, and what its processes are told."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from declarations.demo import system
from declarations.errors import Configuration


def test_a_restart_keeps_the_login_and_the_secrets(tmp_path: Path) -> None:
    first = system.prepare(tmp_path)
    assert system.prepare(tmp_path) == first
    assert system.load(tmp_path) == first


def test_two_systems_share_no_secret(tmp_path: Path) -> None:
    one, other = system.prepare(tmp_path / "one"), system.prepare(tmp_path / "other")
    assert one.password != other.password
    assert one.jwt_secret != other.jwt_secret


def test_a_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    with socket.create_server((system.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert system.free_port(port) != port


def test_passwords_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    system.prepare(tmp_path)
    for path in (tmp_path / system.FILE, system.airflow_home(tmp_path) / "passwords.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_home_that_was_never_started_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Configuration, match="make up"):
        system.load(tmp_path)


def test_nothing_listens_beyond_this_machine(tmp_path: Path) -> None:
    made = system.prepare(tmp_path)
    variables = system.environment(tmp_path, made, tmp_path)
    arguments = {each.name: each.arguments for each in system.airflow_components(made, variables)}
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert "127.0.0.1" in arguments["api-server"]
    assert all("--skip-serve-logs" in arguments[name] for name in ("scheduler", "triggerer"))


def test_settings_of_another_airflow_are_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_CONFIG", "/etc/airflow.cfg")
    variables = system.environment(tmp_path, system.prepare(tmp_path), tmp_path)
    assert variables["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW_CONFIG" not in variables


def test_batches_leave_a_place_for_the_inboxes_for_deliveries_and_for_who_watches() -> None:
    assert system.PARALLELISM - system.POOLS["batches"] >= 3
