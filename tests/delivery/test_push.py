"""A recipient with a server of its own, OpenSSH's: from the list of parties to the files that lie there."""

from __future__ import annotations

import json
import os
import pwd
from contextlib import ExitStack
from pathlib import Path

import pytest

from declarations.demo.home import RECIPIENTS
from declarations.settings import Limits
from tests.channel.conftest import make_key
from tests.channel.test_mailboxes import SSHD, openssh
from tests.commands.test_commands import run
from tests.worlds import demo_keys, document, party_list, place, write_settings

NUMBER = RECIPIENTS["pensions"]
pytestmark = pytest.mark.skipif(SSHD is None, reason="needs sshd")


def with_push(folder: Path, port: int, inside: Path, keys: Path) -> Path:
    """The list of parties in which the pensions have a server of their own."""
    party_list()
    text = (demo_keys() / "parties.toml").read_text(encoding="utf-8").replace('"parties/', f'"{demo_keys()}/parties/')
    push = {
        "host": "127.0.0.1",
        "port": port,
        "account": pwd.getpwuid(os.getuid()).pw_name,
        "key": str(keys / "exchange"),
        "host_key": " ".join((keys / "host.pub").read_text(encoding="ascii").split()[:2]),
        "folder": str(inside),
    }
    lines = "\n".join(f"push.{name} = {json.dumps(value)}" for name, value in push.items())
    path = folder / "parties.toml"
    path.write_text(text.replace('id = "pensions"\n', f'id = "pensions"\n{lines}\n'), encoding="utf-8")
    return path


def test_files_are_pushed_and_wait_while_the_server_is_down(tmp_path: Path) -> None:
    here = place(tmp_path / "here")
    write_settings(here.root, Limits(retry_first_seconds=0, max_age_days=36500))
    keys, root = tmp_path / "keys", tmp_path / "theirs"
    keys.mkdir()
    (root / "incoming").mkdir(parents=True)
    for name in ("host", "exchange"):
        make_key(keys, name)
    with ExitStack() as stack:
        site = stack.enter_context(openssh(root, keys, tmp_path))
        done = run("parties", "load", with_push(tmp_path, site.port, root / "incoming", keys), "--yes", home=here.root)
        assert done.returncode == 0, done.stdout + done.stderr
        here.drop(document())
        assert run("run", home=here.root).returncode == 0
        first = sorted(each.name.partition(".")[0] for each in (root / "incoming").iterdir())
    assert first == ["FO", "FS", "GO"]
    assert here.box(NUMBER) == []
    here.drop(document(seed=9), sequence="00002")
    told = run("run", home=here.root)
    assert (told.returncode, "file not sent" in told.stderr) == (0, True)
    assert len(list((root / "incoming").iterdir())) == 3
    assert here.box(RECIPIENTS["statistics"]) != []
    with openssh(root, keys, tmp_path, site.port):
        assert run("run", home=here.root).returncode == 0
    assert len(list((root / "incoming").iterdir())) == 6
