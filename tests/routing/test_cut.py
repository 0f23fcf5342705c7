"""A batch cut for all at once gives each recipient what it would be given row by row, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import polars as pl
from hypothesis import given as each_of
from hypothesis import settings
from hypothesis import strategies as st

from declarations.entitlement.entitlements import entitlements
from declarations.extracts.layout import layout
from declarations.stages.shown import shown
from declarations.stages.split import Cut, accepted_only, cut_for
from tests.routing import slowly
from tests.routing.small import PLAN, RECIPIENTS, SUBJECT, Given, batch, given, known

seeds = partial(st.integers, 0, 1 << 30)
quickly = settings(max_examples=30, derandomize=True)


def cut(blocks: dict[str, pl.DataFrame], those: Given, recipients: Iterable[str] = RECIPIENTS) -> Cut:
    laid_out = entitlements(list(recipients), those.routes, those.authorizations, SUBJECT)
    return cut_for(blocks, PLAN, laid_out, known)


def as_shown(done: Cut, those: Given, recipient: str) -> slowly.Parcel:
    return table(shown(done.parcel(recipient), PLAN, those.of(recipient)))


def row_by_row(rows: slowly.Batch, those: Given, recipient: str) -> slowly.Parcel:
    granted = those.of(recipient)
    own = [route for route in those.routes if route.recipient == recipient and granted]
    return slowly.parcel(rows, own, granted)


def table(frames: dict[str, pl.DataFrame]) -> slowly.Parcel:
    return {name: (frame.columns, frame.rows()) for name, frame in frames.items()}


@quickly
@each_of(seeds(), seeds())
def test_each_recipient_gets_what_it_would_be_given_row_by_row(content: int, terms: int) -> None:
    blocks, those = batch(content), given(terms)
    done, rows = cut(blocks, those), slowly.Batch(blocks)
    for recipient in RECIPIENTS:
        assert as_shown(done, those, recipient) == row_by_row(rows, those, recipient)


@quickly
@each_of(seeds(), seeds())
def test_what_is_shown_has_the_columns_and_types_of_an_extract(content: int, terms: int) -> None:
    those = given(terms)
    done = cut(batch(content), those)
    for recipient in RECIPIENTS:
        granted = those.of(recipient)
        sheets = {sheet.block: sheet.schema for sheet in layout(PLAN, granted).sheets}
        for name, frame in shown(done.parcel(recipient), PLAN, granted).items():
            assert list(frame.schema.items()) == list(sheets[name].items())


@quickly
@each_of(seeds(), seeds())
def test_every_row_is_in_some_parcel_or_told_as_reaching_nobody(content: int, terms: int) -> None:
    blocks, those = batch(content), given(terms)
    done = cut(blocks, those)
    for name, frame in blocks.items():
        handed = done.frames[name]["row"].n_unique() if name in done.frames else 0
        assert handed + done.unseen.get(name, 0) + done.unrouted.get(name, 0) == len(frame)


@quickly
@each_of(seeds(), seeds())
def test_rows_that_no_route_reaches_are_told_block_by_block(content: int, terms: int) -> None:
    blocks, those = batch(content), given(terms)
    able = {each.recipient for each in those.authorizations}
    reached = slowly.Batch(blocks).reached([route for route in those.routes if route.recipient in able])
    left = {name: len(frame) - sum(place[0] == name for place in reached) for name, frame in blocks.items()}
    assert cut(blocks, those).unrouted == {name: count for name, count in left.items() if count}


@quickly
@each_of(seeds(), seeds())
def test_nothing_of_a_parcel_depends_on_who_else_gets_one(content: int, terms: int) -> None:
    blocks, those = batch(content), given(terms)
    together = cut(blocks, those)
    for recipient in RECIPIENTS:
        alone = cut(blocks, those, [recipient])
        assert as_shown(alone, those, recipient) == as_shown(together, those, recipient)


@quickly
@each_of(seeds(), seeds())
def test_ranges_cover_every_row_of_the_frames_once(content: int, terms: int) -> None:
    done = cut(batch(content), given(terms))
    for name, frame in done.frames.items():
        spans = sorted(ranges[name] for ranges in done.ranges.values() if name in ranges)
        assert [offset for offset, _ in spans] == [0, *(offset + length for offset, length in spans)][:-1]
        assert sum(length for _, length in spans) == len(frame)
    for recipient, ranges in done.ranges.items():
        for name in ranges:
            assert set(done.parcel(recipient)[name]["recipient"]) == {recipient}


@quickly
@each_of(seeds(), seeds(), st.sets(st.integers(0, 3)))
def test_a_refused_form_leaves_no_row_behind(content: int, terms: int, forms: set[int]) -> None:
    blocks, those = accepted_only(batch(content), forms), given(terms)
    done, rows = cut(blocks, those), slowly.Batch(blocks)
    assert {form for frame in done.frames.values() for form in frame["form"]} <= forms
    for recipient in RECIPIENTS:
        assert as_shown(done, those, recipient) == row_by_row(rows, those, recipient)


@quickly
@each_of(seeds(), seeds())
def test_a_batch_cut_in_slices_gives_the_rows_of_the_batch_cut_whole(content: int, terms: int) -> None:
    blocks, those = batch(content), given(terms)
    whole = cut(blocks, those)
    slices = [cut(accepted_only(blocks, [form]), those) for form in range(4)]
    for recipient in RECIPIENTS:
        for name, frame in whole.parcel(recipient).items():
            parts = [own[name]["row"] for each in slices if name in (own := each.parcel(recipient))]
            assert pl.concat(parts).to_list() == frame["row"].to_list()


def test_the_random_families_of_these_tests_hand_something_out() -> None:
    parcels = [ranges for seed in range(30) for ranges in cut(batch(seed), given(seed)).ranges.values()]
    assert len(parcels) > 30
    assert {block for ranges in parcels for block in ranges} == {block.name for block in PLAN.blocks}
