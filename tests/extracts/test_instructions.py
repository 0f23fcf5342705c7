"""What an institution is told to type works as it is written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import declarations.extracts
from declarations.adapters.keys import fingerprint, make_demo
from declarations.adapters.sealing import Sealer
from declarations.adapters.signatures import CmsSignatures
from declarations.parties.party import AgeSeal, Format, Seal, X509Seal
from tests.extracts.deliveries import delivered

README = Path(declarations.extracts.__file__).with_name("README.md").read_text(encoding="utf-8")
COMMANDS = dict(re.findall(r"```sh (\w+)\n(.*?)```", README, re.DOTALL))
NUMBER, NAME = "990001", "DMFA.999999.20260423.00001.R"


def typed(*sections: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What comes of typing the commands of those sections, one after the other."""
    for tool in ("openssl", "unzip", "jq", "sha256sum", "xmllint", *({"age"} & set(sections))):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    script = "set -eu\n" + "\n".join(COMMANDS[section] for section in sections)
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=os.environ | {"NAME": NAME}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good today: the commands ask openssl, which has no other clock."""
    folder = tmp_path_factory.mktemp("keys")
    make_demo(folder, ["000101"], [NUMBER], datetime.now(UTC) - timedelta(days=1))
    return folder


@pytest.fixture
def desk(keys: Path, tmp_path: Path) -> Path:
    """An institution's folder, with its keys and what it knows of the authority."""
    own = keys / "parties" / NUMBER
    for source, name in ((own / "sign.pem", "own.pem"), (own / "sign.key", "own.key"), (own / "id_ed25519", None)):
        shutil.copy(source, tmp_path / (name or source.name))
    for name in ("root.pem", "crl.pem"):
        shutil.copy(keys / "authority" / name, tmp_path)
    return tmp_path


def arrived(desk: Path, keys: Path, format: Format, seal: Seal | None) -> None:
    """An extract on the desk, sealed as asked for and signed."""
    (part,) = delivered("pensions", format, desk / "made")
    to = desk / f"FO.{NAME}"
    if seal is None:
        shutil.copy(part.path, to)
    else:
        Sealer().seal(part.path, to, seal)
    authority, ours = keys / "authority", keys / "ours"
    signatures = CmsSignatures([authority / "root.pem"], [authority / "crl.pem"], ours / "sign.key", ours / "sign.pem")
    with to.open("rb") as content:
        (desk / f"FS.{NAME}").write_bytes(signatures.sign(content))


@pytest.mark.parametrize("format", [Format.CSV, Format.XML])
def test_an_extract_sealed_to_a_certificate_is_verified_opened_and_checked(
    format: Format, desk: Path, keys: Path
) -> None:
    arrived(desk, keys, format, X509Seal((desk / "own.pem").read_text()))
    sections = ["verify", "cms", "check", *(["xml"] if format is Format.XML else [])]
    done = typed(*sections, folder=desk)
    assert done.returncode == 0, done.stderr


def test_an_extract_sealed_to_an_ssh_key_is_verified_opened_and_checked(desk: Path, keys: Path) -> None:
    public = (keys / "parties" / NUMBER / "id_ed25519.pub").read_text().strip()
    arrived(desk, keys, Format.XML, AgeSeal(public))
    done = typed("verify", "age", "check", "xml", folder=desk)
    assert done.returncode == 0, done.stderr


def test_the_fingerprint_told_is_that_of_our_certificate(desk: Path, keys: Path) -> None:
    arrived(desk, keys, Format.CSV, None)
    told = typed("verify", folder=desk).stdout.partition("=")[2].strip().replace(":", "").lower()
    assert told == fingerprint(keys / "ours" / "sign.pem")


def test_a_changed_extract_is_not_verified(desk: Path, keys: Path) -> None:
    arrived(desk, keys, Format.CSV, None)
    with (desk / f"FO.{NAME}").open("ab") as content:
        content.write(b"x")
    assert typed("verify", folder=desk).returncode != 0


def test_a_changed_member_is_found(desk: Path, keys: Path) -> None:
    arrived(desk, keys, Format.CSV, None)
    shutil.copy(desk / f"FO.{NAME}", desk / "extract.zip")
    assert typed("check", folder=desk).returncode == 0
    with (desk / "extract" / "remun.csv").open("ab") as member:
        member.write(b"\n")
    command = COMMANDS["check"].splitlines()[-1]
    assert subprocess.run(["bash", "-c", command], cwd=desk / "extract", capture_output=True, check=False).returncode
