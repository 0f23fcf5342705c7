"""What `pip install` gives: the core with its families, and no Airflow."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DECLARATIONS_HOME")}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an empty environment into which the wheel was installed, at the versions tested here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = run(
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder
    )
    assert build.returncode == 0, build.stderr
    (wheel,) = folder.glob("declarations-*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pinned = [
        f"{each.name}=={each.version}" for each in importlib.metadata.distributions() if each.name != "declarations"
    ]
    (folder / "constraints.txt").write_text("\n".join(sorted(set(pinned))) + "\n", encoding="utf-8")
    install = run(python, "-m", "pip", "install", "-q", "-c", folder / "constraints.txt", wheel, cwd=folder)
    assert install.returncode == 0, install.stderr
    return python


def test_the_installed_command_judges_a_file_from_any_folder(installed: Path, tmp_path: Path) -> None:
    command = installed.parent / "declarations"
    good = next(ROOT.glob("sample_batches/accepted/in/*/IN/FI.*"))
    bad = next(ROOT.glob("sample_batches/wrong-check-digit/in/*/IN/FI.*"))
    accepted = run(command, "check", good, cwd=tmp_path)
    refused = run(command, "check", "--json", bad, cwd=tmp_path)
    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert refused.returncode == 1
    assert '"code": "00024-004"' in refused.stdout


def test_the_installed_core_has_no_airflow_and_migrates_its_own_ledger(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "-c", "import airflow", cwd=tmp_path).returncode != 0
    script = "from declarations.adapters.database import migrate; migrate('sqlite:///ledger.sqlite')"
    migrated = run(installed, "-c", script, cwd=tmp_path)
    assert (migrated.returncode, migrated.stderr) == (0, "")
