"""A sender gets its answers in its language."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from declarations.errors import Configuration
from declarations.generate import Request, write
from declarations.parties.file import read_list
from declarations.parties.party import Parties
from tests.worlds import SENDER, demo_keys, place, with_world
from validators.catalogue import Language


def listed(root: Path, language: str) -> Parties:
    """The parties with one sender, of that language."""
    file = root / "parties.toml"
    certificate = demo_keys() / "parties" / SENDER / "sign.pem"
    lines = ["[[sender]]", f'number = "{SENDER}"', 'name = "S"', 'families = ["dmfa"]']
    lines += [f'certificates = ["{certificate}"]', f'language = "{language}"']
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_list(file, ["dmfa"]).parties()


def test_the_labels_of_a_notification_are_in_the_senders_language(tmp_path: Path) -> None:
    here = place(tmp_path)
    here = with_world(here, parties=listed(tmp_path, Language.DUTCH))
    document = tmp_path / "declaration.xml"
    with document.open("wb") as destination:
        write(Request(seed=3, employers=1, persons=2, faults=(("wrong-inss-check-digit", 1),)), destination)
    here.drop(document.read_bytes())
    here.run()
    (answer,) = here.answers("NOTI")
    labels = [each.text or "" for each in etree.fromstring(answer).iter("AnomalyLabel")]
    assert labels
    assert labels[0].startswith("INSZ van de persoon (INSS) – ")


def test_a_language_that_we_do_not_speak_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Configuration, match="parties"):
        listed(tmp_path, "xx")
