"""Nothing that a recipient may not see changes anything that it gets; whoever cuts otherwise is caught."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zlib import crc32

import polars as pl
import pytest
from hypothesis import given as each_of
from hypothesis import settings
from hypothesis import strategies as st

from declarations.entitlement.authorizations import merged
from declarations.entitlement.entitlements import entitlements
from declarations.stages.shown import shown
from declarations.stages.split import Cut, cut_for
from tests import cuts
from tests.cuts import Blocks, entitled, granted, version
from tests.routing import small
from tests.routing.leaks import Cutter, Hidden, Parcel, different, leaks
from tests.worlds import RECIPIENTS

Spoil = Callable[[Cut, Blocks], Cut]


def blocks() -> Blocks:
    return cuts.blocks(4, 40)


def known(persons: pl.Series, _: tuple[date, date]) -> pl.DataFrame:
    """Some persons are unemployed, some are victims, some draw both."""
    found = [
        (who, person, quality)
        for who, quality, nth in KNOWING
        for person in persons
        if crc32(person.encode()) % nth == 0
    ]
    return pl.DataFrame(found, schema=["recipient", "inss", "quality"], orient="row")


KNOWING = (("unemployment", "unemployed", 3), ("occupational-risks", "victim", 4), ("pensions", "victim", 2))


def hidden() -> Hidden:
    """By recipient, what of the DmfA it may neither see nor be chosen by."""
    found = {}
    for recipient in RECIPIENTS:
        held = granted(recipient)
        open_ = merged([*(each.columns for each in held), *(each.selects_by for each in held)])
        found[recipient] = [
            (block.name, column)
            for block in version().plan.blocks
            for column in block.columns
            if column.name not in open_.get(block.name, ())
        ]
    return found


def cutter(spoil: Spoil | None = None) -> Cutter:
    """The cut of the DmfA, by the real thing or by one that leaks."""

    def cut(given: Blocks, recipient: str) -> Parcel:
        done = cut_for(given, version().plan, entitled(), known)
        done = spoil(done, given) if spoil else done
        return shown(done.parcel(recipient), version().plan, granted(recipient))

    return cut


@settings(max_examples=40, derandomize=True)
@each_of(st.integers(0, 1 << 30))
def test_changing_what_a_recipient_may_not_see_changes_nothing_that_it_gets(seed: int) -> None:
    assert leaks(cutter(), blocks(), hidden(), seed) == []


@settings(max_examples=40, derandomize=True)
@each_of(st.integers(0, 1 << 30), st.integers(0, 1 << 30), st.integers(0, 1 << 30))
def test_it_changes_nothing_whatever_the_routes_and_authorizations(content: int, terms: int, seed: int) -> None:
    those = small.given(terms)
    laid_out = entitlements(small.RECIPIENTS, those.routes, those.authorizations, small.SUBJECT)

    def cut(given: Blocks, recipient: str) -> Parcel:
        done = cut_for(given, small.PLAN, laid_out, small.known)
        return shown(done.parcel(recipient), small.PLAN, those.of(recipient))

    unseen = {each: columns for each in small.RECIPIENTS if (columns := those.hidden(each))}
    assert leaks(cut, small.batch(content), unseen, seed) == []


def rewritten(done: Cut, block: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Cut:
    """The cut with the rows of each recipient in one block as `change` leaves them, as many as they were."""
    parts = [change(done.parcel(each)[block]) for each in done.ranges if block in done.ranges[each]]
    frames = done.frames | {block: pl.concat(parts)}
    return Cut(frames, done.ranges, done.unrouted, done.unseen, done.unauthorized)


def beside(frame: pl.DataFrame, given: Blocks, block: str, column: str) -> pl.DataFrame:
    """The rows with `secret`, a column of theirs that was not handed out."""
    return frame.join(given[block].select("row", secret=column), on="row", how="left", maintain_order="left")


def sorting(done: Cut, given: Blocks) -> Cut:
    """The lines of pay come in the order of the percentage paid."""
    return rewritten(
        done, "remun", lambda rows: beside(rows, given, "remun", "percentage_paid").sort("secret").drop("secret")
    )


def numbering(done: Cut, given: Blocks) -> Cut:
    """Workers are numbered in the order of the employer's own reference for them."""
    return rewritten(
        done,
        "natural_person",
        lambda rows: (
            beside(rows, given, "natural_person", "natural_person_user_reference")
            .with_columns(number=pl.col("secret").rank("ordinal").fill_null(0).cast(pl.Int64))
            .drop("secret")
        ),
    )


def filtering(done: Cut, given: Blocks) -> Cut:
    """Occupations without a position code are left out."""
    block = "occupation"
    kept = {
        each: beside(done.parcel(each)[block], given, block, "position_code").filter(pl.col("secret").is_not_null())
        for each in done.ranges
        if block in done.ranges[each]
    }
    offset, ranges = 0, dict(done.ranges)
    for each, rows in kept.items():
        ranges[each] = done.ranges[each] | {block: (offset, len(rows))}
        offset += len(rows)
    frames = done.frames | {block: pl.concat([rows.drop("secret") for rows in kept.values()])}
    return Cut(frames, ranges, done.unrouted, done.unseen, done.unauthorized)


def hashing(done: Cut, given: Blocks) -> Cut:
    """A row's number is a hash over the whole of it, what is hidden included."""
    hashes = given["worker_record"].select(
        "row", hashed=given["worker_record"].hash_rows().cast(pl.Int64, strict=False)
    )
    return rewritten(
        done,
        "worker_record",
        lambda rows: (
            rows.join(hashes, on="row", how="left", maintain_order="left")
            .with_columns(number=pl.col("hashed"))
            .drop("hashed")
        ),
    )


def choosing(done: Cut, given: Blocks) -> Cut:
    """Nobody gets anything where the employer owes nothing."""
    if given["employer_declaration"]["net_owed_amount"].fill_null(0).sum() > 0:
        return done
    return Cut({}, {}, done.unrouted, done.unseen, done.unauthorized)


@pytest.mark.parametrize("spoil", [sorting, numbering, filtering, hashing, choosing])
def test_a_planted_leak_is_caught(spoil: Spoil) -> None:
    twice = [cutter(spoil)(blocks(), "pensions") for _ in range(2)]
    assert different(*twice) == []
    assert any(leaks(cutter(spoil), blocks(), hidden(), seed) for seed in range(100))
