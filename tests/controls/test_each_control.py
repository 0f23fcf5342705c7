"""Every control finds the sample that breaks it, and nothing in the accepted document."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import date
from functools import cache

import pytest
from lxml import etree

from declarations.families import Version
from declarations.stages.read import PartSource, judge, read
from tests.controls.documents import FAMILY, accepted
from tests.controls.edits import edit
from validators.anomaly import Anomaly
from validators.identifiers import complete_noss
from validators.rules import Rules, controls, dormant

TODAY = date(2023, 4, 30)


@cache
def rules() -> Rules:
    """The controls of the family."""
    return controls(FAMILY.folder / "controls")


def version() -> Version:
    """The newest version."""
    return FAMILY.versions()[-1]


@cache
def findings() -> tuple[tuple[Anomaly, ...], ...]:
    """What is found in one document with a form for each control; each form is of another employer."""
    root = deepcopy(accepted())
    plain = root[0]
    for number, control in enumerate(rules()):
        form = deepcopy(plain)
        employer = form.find("EmployerDeclaration/NOSSRegistrationNbr")
        assert employer is not None
        employer.text = complete_noss(f"{1100000 + number}")
        edit(form, control.breaks)
        root.append(form)
    content = etree.tostring(root)
    source = PartSource(1, version(), lambda: io.BytesIO(content))
    return tuple(each.anomalies for each in judge(read([source]), rules(), TODAY, {1: source.open}))


AWAKE = [control.id for control in rules() if control not in dormant(rules())]
PLACES = {control.id: number for number, control in enumerate(rules(), start=1)}


@pytest.mark.parametrize("control", AWAKE)
def test_a_control_finds_its_sample(control: str) -> None:
    assert control in {anomaly.control for anomaly in findings()[PLACES[control]]}


@pytest.mark.parametrize("control", AWAKE)
def test_a_sample_is_valid_by_schema(control: str) -> None:
    assert "schema" not in {anomaly.check for anomaly in findings()[PLACES[control]]}


def test_nothing_is_found_in_the_accepted_document() -> None:
    assert findings()[0] == ()
