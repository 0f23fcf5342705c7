"""A batch in slices is the same batch, wherever it is cut."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import date
from functools import cache

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from polars.testing import assert_frame_equal

from declarations.reading.slices import judge_slices, slices
from declarations.stages.read import PartSource, Reading, judge, read
from tests.controls.documents import FAMILY, accepted
from tests.controls.edits import edit
from tests.reading.documents import faulty, forms_of, parts_of
from tests.worlds import document
from validators.identifiers import complete_noss
from validators.rules import Rules, controls

TODAY = date(2026, 4, 23)
CONTENTS = (faulty(), document(employers=5, persons=8, seed=3), faulty())


@cache
def rules() -> Rules:
    return controls(FAMILY.folder / "controls")


@cache
def parts() -> tuple[PartSource, ...]:
    """Three parts; the first and the last are the same."""
    return tuple(parts_of(CONTENTS))


@cache
def at_once() -> Reading:
    return read(parts())


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(size=st.integers(1, 200_000))
def test_slices_of_any_size_are_what_reading_at_once_gives(size: int) -> None:
    cut = list(slices(parts(), size))
    assert tuple(head for each in cut for head in each.heads) == at_once().heads
    assert tuple(found for each in cut for found in each.found) == at_once().found
    for name, frame in at_once().blocks.items():
        assert_frame_equal(pl.concat([each.blocks[name] for each in cut]), frame)


@pytest.mark.parametrize("size", [20_000, 60_000])
def test_slices_of_any_size_are_judged_as_the_batch_at_once(size: int) -> None:
    openers = {part.part: part.open for part in parts()}
    cut = list(slices(parts(), size))
    judged = judge_slices(len(cut), cut.__getitem__, lambda reading: judge(reading, rules(), TODAY, openers))
    assert len(cut) > 2
    assert tuple(head for each in judged for head in each) == judge(at_once(), rules(), TODAY, openers)


def test_no_control_looks_at_forms_that_the_family_does_not_put_together() -> None:
    """Every control's sample, each of another employer: in slices of some forms, and at once."""
    root = deepcopy(accepted())
    plain = root[0]
    for number, control in enumerate(rules()):
        form = deepcopy(plain)
        edit(form, (("EmployerDeclaration/NOSSRegistrationNbr", complete_noss(f"{1100000 + number}")), *control.breaks))
        root.append(form)
    content = etree.tostring(root)
    part = PartSource(1, FAMILY.versions()[-1], lambda: io.BytesIO(content))
    cut = list(slices([part], len(content) // 4))
    apart = judge_slices(len(cut), cut.__getitem__, lambda reading: judge(reading, rules(), TODAY, {1: part.open}))
    assert len(cut) > 3
    assert tuple(head for each in apart for head in each) == judge(read([part]), rules(), TODAY, {1: part.open})


def test_a_part_that_cannot_be_cut_is_read_as_a_whole() -> None:
    head, forms, tail = forms_of(document(employers=4, persons=8))
    odd = (head + b"".join(forms[:2]) + b"<!-- </Form> -->" + b"".join(forms[2:]) + tail).replace(
        b"<DmfAOriginal ", b'<DmfAOriginal xmlns="" ', 1
    )
    whole = parts_of([odd, CONTENTS[1]])
    cut = list(slices(whole, 30_000))
    assert tuple(head for each in cut for head in each.heads) == read(whole).heads


def test_progress_is_told_of_every_form() -> None:
    told: list[int] = []
    assert sum(len(each.heads) for each in slices(parts(), 50_000, told.append)) == sum(told) == 29
