"""Every control finds the sample that breaks it, and nothing in the accepted document."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest
from lxml import etree

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
    return judged(root, rules())


def judged(root: etree._Element, given: Rules) -> tuple[tuple[Anomaly, ...], ...]:
    """What is found in each form of a document."""
    content = etree.tostring(root)
    source = PartSource(1, FAMILY.versions()[-1], lambda: io.BytesIO(content))
    return tuple(each.anomalies for each in judge(read([source]), given, TODAY, {1: source.open}))


DORMANT = {control.id for control in dormant(rules())}
AWAKE = [control.id for control in rules() if control.id not in DORMANT]
PLACES = {control.id: number for number, control in enumerate(rules(), start=1)}


@pytest.mark.parametrize("control", AWAKE)
def test_a_control_finds_its_sample(control: str) -> None:
    assert control in {anomaly.control for anomaly in findings()[PLACES[control]]}


@pytest.mark.parametrize("control", AWAKE)
def test_a_sample_is_valid_by_schema(control: str) -> None:
    assert "schema" not in {anomaly.check for anomaly in findings()[PLACES[control]]}


def test_nothing_is_found_in_the_accepted_document() -> None:
    assert findings()[0] == ()


def test_a_contribution_is_wrong_for_its_own_employer_class_alone() -> None:
    root = deepcopy(accepted())
    wrong = ".//WorkerRecord[EmployerClass='024']/WorkerContribution[ContributionWorkerCode='820']/ContributionType"
    right = ".//WorkerRecord[EmployerClass='048']/WorkerContribution"
    others = [(".//WorkerRecord[WorkerCode='050']/EmployerClass", "048")]
    others += [(f"{right}/ContributionWorkerCode", "820"), (f"{right}/ContributionType", "1")]
    edit(root[0], others)
    control = "contribution-type-not-of-class"
    assert control not in {each.control for each in judged(root, rules())[0]}
    edit(root[0], [(wrong, "1")])
    assert [each.control for each in judged(root, rules())[0]].count(control) == 1


def test_rates_wake_the_controls_that_need_them(tmp_path: Path) -> None:
    copytree(FAMILY.folder / "controls", tmp_path / "controls")
    copytree(FAMILY.folder / "codes", tmp_path / "codes")
    rates = ["015,1,*,20031,99994,3807", "841,0,*,20031,99994,813"]
    rates += ["876,0,001,20231,20231,3000", "861,0,*,20031,99994,1307"]
    with (tmp_path / "codes" / "contribution_rates.csv").open("a", encoding="utf-8") as destination:
        destination.write("\n".join(rates) + "\n")
    awake = controls(tmp_path / "controls")
    assert dormant(awake) == ()
    for control in awake:
        if control.id in DORMANT:
            form = deepcopy(accepted())
            edit(form[0], control.breaks)
            found = judged(form, Rules((control,), awake.views, awake.lists))
            assert [[anomaly.control for anomaly in each] for each in found] == [[control.id]]
    assert judged(accepted(), awake) == ((),)
