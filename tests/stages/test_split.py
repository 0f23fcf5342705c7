"""Of a DmfA each recipient gets the rows and columns that are its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import polars as pl
import pytest

from declarations.blocks import Column, ColumnType, Plan
from declarations.entitlement.authorizations import merged
from declarations.stages.shown import shown
from declarations.stages.split import Cut, cut_for
from tests import cuts
from tests.cuts import Blocks, entitled, granted, version
from tests.worlds import RECIPIENTS


def blocks() -> Blocks:
    return cuts.blocks(12, 150)


def nobody_known(persons: pl.Series, days: tuple[date, date]) -> pl.DataFrame:
    return pl.DataFrame(schema={"recipient": pl.String, "inss": pl.String, "quality": pl.String})


@cache
def whole() -> Cut:
    return cut_for(blocks(), version().plan, entitled(), nobody_known)


def parcel(recipient: str, given: Cut | None = None) -> Blocks:
    return shown((given or whole()).parcel(recipient), version().plan, granted(recipient))


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_a_parcel_has_only_authorized_columns_and_totals(recipient: str) -> None:
    allowed = merged(each.columns for each in granted(recipient))
    totals = {(total.block, total.name) for each in granted(recipient) for total in each.totals}
    for name, frame in parcel(recipient).items():
        zones = [column for column in frame.columns if column != "row" and not column.endswith("_row")]
        assert {column for column in zones if (name, column) not in totals} <= set(allowed[name])


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_every_link_in_a_parcel_leads_to_a_row_of_it(recipient: str) -> None:
    frames = parcel(recipient)
    assert frames
    for frame in frames.values():
        assert frame["row"].to_list() == list(range(1, len(frame) + 1))
        for column in frame.columns:
            if column.endswith("_row"):
                assert set(frame[column]) <= set(frames[column.removesuffix("_row")]["row"])


def test_pensions_get_every_person_and_the_sums_of_the_input() -> None:
    frames = parcel("pensions")
    assert sorted(frames["natural_person"]["inss"]) == sorted(blocks()["natural_person"]["inss"])
    assert frames["remun"]["remun_amount"].sum() == blocks()["remun"]["remun_amount"].sum()
    assert frames["natural_person"]["total_remun"].sum() == blocks()["remun"]["remun_amount"].sum()
    assert frames["employer_declaration"]["persons"].sum() == len(blocks()["natural_person"])


def test_the_fund_gets_the_occupations_of_its_joint_committee_only() -> None:
    assert set(parcel("construction-fund")["occupation"]["joint_commission_nbr"]) == {"124"}


def test_the_totals_of_the_fund_are_those_of_its_own_rows() -> None:
    frames = parcel("construction-fund")
    assert frames["employer_declaration"]["persons"].sum() == len(frames["natural_person"])
    assert frames["employer_declaration"]["total_remun"].sum() == frames["remun"]["remun_amount"].sum()
    assert frames["remun"]["remun_amount"].sum() < blocks()["remun"]["remun_amount"].sum()


def test_a_person_linked_to_nothing_of_a_recipient_stays_out_of_its_parcel() -> None:
    occupations = blocks()["occupation"].filter(pl.col("joint_commission_nbr") == "124")
    records = blocks()["worker_record"].filter(pl.col("row").is_in(occupations["worker_record_row"].implode()))
    persons = parcel("construction-fund")["natural_person"]
    assert len(persons) == records["natural_person_row"].n_unique()
    assert len(persons) < len(blocks()["natural_person"])


def test_a_person_whom_an_institution_knows_reaches_it_by_the_directory() -> None:
    person = blocks()["natural_person"]["inss"][7]

    def known(persons: pl.Series, days: tuple[date, date]) -> pl.DataFrame:
        assert days == (date(2023, 1, 1), date(2023, 3, 31))
        return pl.DataFrame([("occupational-risks", person, "victim")], ["recipient", "inss", "quality"], orient="row")

    now = parcel("occupational-risks", cut_for(blocks(), version().plan, entitled(), known))
    gained = set(now["natural_person"]["inss"]) - set(parcel("occupational-risks")["natural_person"]["inss"])
    assert gained == {person}


def test_a_new_column_of_a_new_quarter_reaches_nobody() -> None:
    new = Column("brand_new", "BrandNew", ColumnType.TEXT, "09999", required=True)
    newer = Plan(
        "DmfAOriginal", None, tuple(replace(each, columns=(*each.columns, new)) for each in version().plan.blocks)
    )
    filled = {name: frame.with_columns(brand_new=pl.lit("x")) for name, frame in blocks().items()}
    done = cut_for(filled, newer, entitled(), nobody_known)
    for each in RECIPIENTS:
        frames = shown(done.parcel(each), newer, granted(each))
        assert all(frame.equals(parcel(each)[name]) for name, frame in frames.items())


def test_columns_that_nobody_may_see_are_not_kept_with_the_cut() -> None:
    assert "natural_person_user_reference" not in whole().frames["natural_person"].columns
    assert "net_owed_amount" not in whole().frames["employer_declaration"].columns


@pytest.mark.parametrize("block", ["remun", "service", "worker_contribution", "natural_person", "occupation_deduction"])
def test_rows_and_amounts_handed_out_and_those_that_reach_nobody_add_up_to_the_input(block: str) -> None:
    given, frames, done = blocks()[block], whole().frames, whole()
    handed = frames[block].unique("row") if block in frames else given.clear()
    left = given.join(handed, on="row", how="anti")
    amounts = [name for name, kind in given.schema.items() if kind == pl.Int64 and name in handed.columns]
    assert len(left) == done.unrouted.get(block, 0) + done.unseen.get(block, 0)
    assert len(handed) + len(left) == len(given)
    for name in amounts:
        assert handed[name].sum() + left[name].sum() == given[name].sum()
