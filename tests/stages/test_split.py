"""A recipient gets the rows and columns that are its own, and nothing depends on the others."""

from __future__ import annotations

import io
from datetime import date
from functools import cache

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declarations import authorizations
from declarations.errors import Configuration
from declarations.families import Version
from declarations.stages.extract import Label, extract
from declarations.stages.read import PartSource, Reading, read
from declarations.stages.split import accepted_only, parcel
from tests.worlds import RECIPIENTS, dmfa, document

TODAY = date(2026, 4, 23)
KEYS = ("form", "part", "row", "nth")


def version() -> Version:
    found = dmfa()[0].version("DmfAOriginal_20231")
    assert found is not None
    return found


@cache
def reading() -> Reading:
    content = document(employers=12, persons=150, seed=3)
    return read([PartSource(1, version(), lambda: io.BytesIO(content))])


def granted(recipient: str) -> tuple[authorizations.Authorization, ...]:
    known = authorizations.authorizations(version().family.folder / "authorizations.toml")
    return authorizations.in_force(known, recipient, TODAY)


def routes(recipient: str) -> list[authorizations.Route]:
    known = authorizations.routes(version().family.folder / "routes.toml")
    return [route for route in known if route.recipient == recipient]


def cut(recipient: str, blocks: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return parcel(blocks, version().plan, routes(recipient), granted(recipient))


def extracted(recipient: str, blocks: dict[str, pl.DataFrame]) -> bytes:
    label = Label("delivery", "batch", "dmfa", "DmfAOriginal_20231", recipient, "990000")
    return extract(label, cut(recipient, blocks), granted(recipient))


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_a_parcel_has_only_authorized_columns(recipient: str) -> None:
    allowed = authorizations.merged(each.columns for each in granted(recipient))
    for name, frame in cut(recipient, reading().blocks).items():
        zones = [column for column in frame.columns if column != "row" and not column.endswith("_row")]
        assert set(zones) <= set(allowed[name])


@pytest.mark.parametrize("recipient", RECIPIENTS)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changing_what_a_recipient_may_not_see_changes_no_byte_of_its_extract(
    recipient: str, data: st.DataObject
) -> None:
    shown = authorizations.merged([*(each.columns for each in granted(recipient))])
    chosen = authorizations.merged([*(each.selects_by for each in granted(recipient))])
    hidden = [
        (name, column)
        for name, frame in reading().blocks.items()
        for column in frame.columns
        if column not in (*KEYS, *shown.get(name, ()), *chosen.get(name, ())) and not column.endswith("_row")
    ]
    name, column = data.draw(st.sampled_from(hidden))
    frame = reading().blocks[name]
    changed = frame.with_columns(pl.col(column).shuffle(seed=data.draw(st.integers(0, 99))).fill_null(strategy="max"))
    blocks = reading().blocks | {name: changed}
    assert extracted(recipient, blocks) == extracted(recipient, reading().blocks)


def test_a_planted_leak_is_caught_by_that_property() -> None:
    remun = reading().blocks["remun"]
    leaking = reading().blocks | {"remun": remun.sort("percentage_paid", "remun_amount")}
    assert extracted("pensions", leaking) != extracted("pensions", reading().blocks)


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_every_link_in_a_parcel_leads_to_a_row_of_it(recipient: str) -> None:
    frames = cut(recipient, reading().blocks)
    assert frames
    for frame in frames.values():
        assert frame["row"].to_list() == list(range(1, len(frame) + 1))
        for column in frame.columns:
            if column.endswith("_row"):
                assert set(frame[column]) <= set(frames[column.removesuffix("_row")]["row"])


def test_pensions_get_every_person_and_the_sums_of_the_input() -> None:
    frames = cut("pensions", reading().blocks)
    assert sorted(frames["natural_person"]["inss"]) == sorted(reading().blocks["natural_person"]["inss"])
    assert frames["remun"]["remun_amount"].sum() == reading().blocks["remun"]["remun_amount"].sum()


def test_the_fund_gets_the_occupations_of_its_joint_committee_only() -> None:
    numbers = set(cut("construction-fund", reading().blocks)["occupation"]["joint_commission_nbr"])
    assert numbers == {"124"}


def test_a_person_linked_to_nothing_of_a_recipient_stays_out_of_its_parcel() -> None:
    frames = cut("construction-fund", reading().blocks)
    occupations = reading().blocks["occupation"].filter(pl.col("joint_commission_nbr") == "124")
    records = reading().blocks["worker_record"].filter(pl.col("row").is_in(occupations["worker_record_row"].implode()))
    assert len(frames["natural_person"]) == records["natural_person_row"].n_unique()
    assert len(frames["natural_person"]) < len(reading().blocks["natural_person"])


def test_a_route_that_uses_a_column_nobody_listed_is_a_fault_of_ours() -> None:
    route = authorizations.Route("pensions", "occupation", "SELECT row FROM occupation WHERE contract_type = 1")
    with pytest.raises(Configuration, match="selects_by"):
        parcel(reading().blocks, version().plan, [route], granted("pensions"))


def test_a_refused_form_leaves_no_row_behind() -> None:
    blocks = accepted_only(reading().blocks, [0, 2])
    assert {form for frame in blocks.values() for form in frame["form"]} == {0, 2}


def test_silence_is_denial() -> None:
    assert parcel(reading().blocks, version().plan, routes("pensions"), ()) == {}
