"""Parcels are cut anew where what decides them changed before they left; what nobody may have stays and is not lost."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from pathlib import Path

import pytest

from declarations import pipeline
from declarations.demo.home import RECIPIENTS
from declarations.entitlement.entitlements import AUTHORIZATIONS
from declarations.families import families
from declarations.model import BatchStatus, ParcelStatus
from declarations.steps.distribute import distribute
from tests.worlds import Place, dmfa, document, place, with_world

NUMBER = RECIPIENTS["family-benefits"]
HERS = 'recipient = "family-benefits"'


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """An installation whose family a test may edit."""
    folder = tmp_path / "families" / "dmfa"
    shutil.copytree(dmfa()[0].folder, folder)
    return with_world(place(tmp_path / "here"), families=families(tmp_path / "families"))


def edit(here: Place, old: str, new: str) -> None:
    """Change the authorization of family benefits."""
    path = here.world.families[0].folder / AUTHORIZATIONS
    head, hers, rest = path.read_text(encoding="utf-8").partition(HERS)
    assert old in rest
    path.write_text(head + hers + rest.replace(old, new, 1), encoding="utf-8")


def until_split(here: Place) -> str:
    """A batch that stands in `split`, nothing delivered yet; its reference."""
    reference = here.drop(document())
    for step in ("receive", "accept", "normalize", "control", "split"):
        pipeline.STEPS[step](here.world)
    assert here.batch(reference).status is BatchStatus.SPLIT
    return reference


def stands(here: Place, reference: str) -> ParcelStatus:
    """Where the parcel of family benefits stands."""
    parcels = here.world.ledger.story(here.batch(reference).id).parcels
    return next(kept.parcel.status for kept in parcels if kept.parcel.recipient == "family-benefits")


def delivered(here: Place) -> dict[str, list[dict[str, str]]]:
    """The blocks that family benefits got."""
    (name,) = [each for each in here.box(NUMBER) if each.startswith("FO.")]
    with zipfile.ZipFile(here.root / "parties" / NUMBER / "OUT" / name) as archive:
        return {
            each.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(each).decode())))
            for each in archive.namelist()
            if each.endswith(".csv")
        }


def test_a_column_taken_away_after_the_cut_does_not_leave(here: Place) -> None:
    until_split(here)
    edit(here, '"occupation_ending_date", "contract_type", ', '"occupation_ending_date", ')
    here.run()
    assert "contract_type" not in delivered(here)["occupation"][0]


def test_a_column_granted_after_the_cut_leaves_with_it(here: Place) -> None:
    until_split(here)
    edit(here, 'natural_person = ["inss"]\n', 'natural_person = ["inss"]\nremun = ["remun_amount"]\n')
    here.run()
    assert all(int(each["remun_amount"]) > 0 for each in delivered(here)["remun"])


def test_an_authorization_that_ends_after_the_cut_withholds_the_parcel_and_nothing_else(here: Place) -> None:
    reference = until_split(here)
    edit(here, "valid_from = 2022-01-01", "valid_from = 2022-01-01\nvalid_until = 2026-04-22")
    here.run()
    assert here.box(NUMBER) == []
    assert stands(here, reference) is ParcelStatus.WITHHELD
    assert here.batch(reference).status is BatchStatus.DISTRIBUTED
    others = len(here.world.ledger.story(here.batch(reference).id).deliveries)
    assert here.confirm() == others > 0


def test_a_withheld_parcel_leaves_once_it_is_authorized(here: Place) -> None:
    edit(here, "valid_from = 2022-01-01", "valid_from = 2026-04-24")
    reference = here.drop(document())
    here.run()
    assert stands(here, reference) is ParcelStatus.WITHHELD
    here.clock.pass_(days=1)
    here.run()
    assert len(delivered(here)["natural_person"]) == 3
    assert stands(here, reference) is ParcelStatus.PACKED


def test_a_parcel_that_turns_out_empty_is_concluded(here: Place) -> None:
    routes = here.world.families[0].folder / "routes.toml"
    edit(here, "valid_from = 2022-01-01", "valid_from = 2026-04-24")
    text = routes.read_text(encoding="utf-8")
    mine = 'recipient = "family-benefits"\nblock = "natural_person"\n'
    assert mine in text
    routes.write_text(
        text.replace(mine, mine + 'sql = "SELECT row FROM natural_person WHERE 1 = 0"\n'), encoding="utf-8"
    )
    reference = here.drop(document())
    here.run()
    here.clock.pass_(days=1)
    assert distribute(here.world) > 0
    assert stands(here, reference) is ParcelStatus.VOID
    assert distribute(here.world) == 0


def test_what_concerns_nobody_is_told_in_the_story(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    (told,) = [each.detail for each in here.world.ledger.story(here.batch(reference).id).events if each.what == "split"]
    assert "rows of which nobody may see anything: employer_compensation 1" in told
