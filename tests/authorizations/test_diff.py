"""`authorizations diff`: what other authorizations would change, counted on stored declarations."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from declarations.entitlement.authorizations import authorizations, in_force
from declarations.entitlement.entitlements import AUTHORIZATIONS
from declarations.settings import Limits
from declarations.steps.comparison import Change, changes, renewed, weighed
from tests.commands.test_commands import run
from tests.worlds import OTHER_SENDER, Place, dmfa, document, place, write_settings

DAY = date(2026, 4, 23)
ONE, OTHER = document(employers=2, persons=6, seed=3), document(employers=1, persons=3, seed=4)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two batches that were distributed, one of them with persons of the other, and one in a test environment."""
    here = place(tmp_path_factory.mktemp("stored"))
    write_settings(here.root, Limits())
    here.drop(ONE)
    here.drop(ONE, OTHER, folder=OTHER_SENDER)
    here.drop(OTHER, environment="T")
    here.run()
    return here


@pytest.fixture
def proposed(tmp_path: Path) -> Path:
    """Family benefits shall see pay and no contract type; statistics shall see nothing; a newcomer shall."""
    text = (dmfa()[0].folder / AUTHORIZATIONS).read_text(encoding="utf-8")
    head, recipient, theirs = text.partition('recipient = "family-benefits"')
    persons = 'natural_person = ["inss"]\n'
    assert persons in theirs
    theirs = theirs.replace(persons, f'{persons}remun = ["remun_amount"]\n', 1)
    theirs = theirs.replace('"occupation_ending_date", "contract_type", ', '"occupation_ending_date", ', 1)
    theirs = theirs.replace("entitlement to supplements", "supplements for children")
    text = head + recipient + theirs
    path = tmp_path / "proposed.toml"
    path.write_text(text, encoding="utf-8")
    return path


def of(path: Path) -> tuple:  # type: ignore[type-arg]
    return in_force(authorizations(path), DAY)


def today() -> tuple:  # type: ignore[type-arg]
    return of(dmfa()[0].folder / AUTHORIZATIONS)


def test_gains_and_losses_are_named_column_by_column(proposed: Path) -> None:
    assert Change("family-benefits", "remun", "remun_amount", True) in changes(today(), of(proposed))
    assert changes(today(), today()) == []
    both = changes(today(), of(proposed)), changes(of(proposed), today())
    assert [(each.column, not each.gained) for each in both[0]] == [(each.column, each.gained) for each in both[1]]


def test_a_new_purpose_is_told_though_no_column_changes(proposed: Path) -> None:
    assert renewed(today(), of(proposed)) == [
        "DMFA-2023-06 of family-benefits: purpose entitlement to supplements becomes supplements for children"
    ]


def test_a_gain_is_counted_in_rows_and_in_persons_that_are_told_apart(here: Place, proposed: Path) -> None:
    weights, forms = weighed(here.world, here.world.families[0], "20231", today(), of(proposed), lambda count: None)
    gain = weights[Change("family-benefits", "remun", "remun_amount", True)]
    trees = [etree.fromstring(ONE), etree.fromstring(ONE), etree.fromstring(OTHER)]
    paid = [person for tree in trees for person in tree.iter("NaturalPerson") if person.find(".//Remun") is not None]
    assert gain.rows == sum(len(list(tree.iter("Remun"))) for tree in trees)
    assert gain.persons == len({person.findtext("INSS") for person in paid})
    assert forms == sum(len(list(tree.iter("Form"))) for tree in trees)


def test_data_of_another_quarter_is_not_counted(here: Place, proposed: Path) -> None:
    weights, forms = weighed(here.world, here.world.families[0], "20224", today(), of(proposed), lambda count: None)
    assert forms == 0
    assert {weight.rows for weight in weights.values()} == {0}


def test_the_command_says_it_in_a_sentence_and_for_machines(here: Place, proposed: Path) -> None:
    current = dmfa()[0].folder / AUTHORIZATIONS
    shown = run("authorizations", "diff", current, proposed, "--quarter", "20231", home=here.root)
    assert shown.returncode == 0, shown.stderr
    assert "family-benefits gains remun.remun_amount for " in shown.stdout
    document = json.loads(run("authorizations", "diff", current, proposed, "--json", home=here.root).stdout)
    (gain,) = [each for each in document["columns"] if each["gained"]]
    assert (gain["recipient"], gain["block"], gain["column"]) == ("family-benefits", "remun", "remun_amount")
    assert gain["persons"] > 0


def test_an_installation_with_faulty_settings_is_not_taken_for_none(proposed: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("archive = 7\n", encoding="utf-8")
    current = dmfa()[0].folder / AUTHORIZATIONS
    for words in (("diff", current, proposed), ("publish", tmp_path / "site")):
        done = run("authorizations", *words, home=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "settings.toml" in done.stderr.replace("\n", "")


def test_without_an_installation_the_columns_are_named(proposed: Path, tmp_path: Path) -> None:
    shown = run("authorizations", "diff", dmfa()[0].folder / AUTHORIZATIONS, proposed, home=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "family-benefits gains remun.remun_amount\n" in shown.stdout
    assert "no stored data was looked at" in shown.stdout
