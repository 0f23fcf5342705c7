"""Routes and authorizations are files, and a slip in one of them is told, never guessed around."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from declarations.entitlement.authorizations import Total, authorizations, cut_under, in_force, merged_totals
from declarations.entitlement.entitlements import entitled_on
from declarations.entitlement.routes import Route, Subject, routes
from declarations.errors import Configuration
from declarations.families import family, root
from declarations.lint import Problem
from declarations.lint.folder import Folder
from declarations.lint.recipients import granted, routed

NEWEST = "DmfAOriginal_20231.xsd"
GOOD = """
[[authorization]]
id = "1"
recipient = "bees"
purpose = "honey"
legal_basis = "none"
valid_from = 2026-01-01
retention = "none"
columns.person = ["inss"]
columns.job = ["code", "hours"]
selects_by.job = ["code"]
totals = [{ block = "person", name = "hours_worked", sum = "job.hours" }]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "given.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('purpose = "honey"\n', "", "purpose is missing"),
        ('"honey"', "17", "purpose"),
        ("valid_from = 2026-01-01", 'valid_from = "2026-01-01"', "a date"),
        ("selects_by.job", "select_by.job", "unknown: select_by"),
        ('["inss"]', '"inss"', "columns.person"),
        ('"job.hours"', '"job.wage"', "hours_worked"),
        ('"job.hours"', '"pay.amount"', "hours_worked"),
        ('block = "person"', 'block = "form"', "hours_worked"),
        ('"hours_worked"', '"inss"', "name of its own"),
        ('"hours_worked"', '"person_row"', "name of its own"),
        ('"hours_worked"', '"=1+1"', "name of its own"),
        ('sum = "job.hours"', 'sum = "job"', "block.column"),
        ('sum = "job.hours"', 'count = "job.hours"', "block.column"),
        ('sum = "job.hours"', 'sum = "job.hours", count = "job"', "one of the two"),
        ("[[authorization]]", "[[authorisation]]", "authorisation"),
    ],
)
def test_a_slip_in_an_authorization_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert len(authorizations(written(tmp_path, GOOD))) == 1
    with pytest.raises(Configuration, match=told):
        authorizations(written(tmp_path, GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('block = "person"', "recipient is missing"),
        ('recipient = "bees"', "block is missing"),
        ('recipient = "bees"\nblock = "person"\nslq = "SELECT row FROM person"', "unknown: slq"),
        ('recipient = "bees"\nblock = "job"\ncolumn = "code"', "values"),
        ('recipient = "bees"\nblock = "job"\nvalues = ["x"]', "values"),
        ('recipient = "bees"\nblock = "job"\nqualities = []', "at least one"),
        ('recipient = "bees"\nblock = "job"\ndirectory = "yes"', "true or false"),
    ],
)
def test_a_slip_in_a_route_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Configuration, match=told):
        routes(written(tmp_path, f"[[route]]\n{text}\n"))


def test_qualities_ask_the_directory(tmp_path: Path) -> None:
    text = '[[route]]\nrecipient = "bees"\nblock = "person"\nqualities = ["worker"]\n'
    assert routes(written(tmp_path, text)) == (Route("bees", "person", directory=True, qualities=("worker",)),)


def test_a_file_is_read_again_only_once_it_has_changed(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    first = authorizations(path)
    assert authorizations(path) is first
    written(tmp_path, GOOD.replace("honey", "honeycombs"))
    assert authorizations(path)[0].purpose == "honeycombs"


def test_an_authorization_ends_with_its_last_day(tmp_path: Path) -> None:
    those = authorizations(written(tmp_path, GOOD.replace("retention", "valid_until = 2026-03-31\nretention")))
    assert in_force(those, date(2026, 3, 31)) == those
    assert in_force(those, date(2026, 4, 1)) == ()


def test_two_totals_of_one_name_cannot_be_told_apart(tmp_path: Path) -> None:
    (one,) = authorizations(written(tmp_path, GOOD))
    other = replace(one, totals=(Total("person", "hours_worked", "job", None),))
    with pytest.raises(Configuration, match="same name"):
        merged_totals([one, other])


def test_a_parcel_is_cut_anew_where_anything_that_decides_it_changes(tmp_path: Path) -> None:
    (held,) = authorizations(written(tmp_path, GOOD))
    route = Route("bees", "job", column="code", values=("x",))
    others = [
        ([replace(route, values=("y",))], [held]),
        ([route, replace(route, block="person")], [held]),
        ([route], [replace(held, columns=held.columns | {"job": ("code",)})]),
        ([route], [replace(held, columns=held.columns | {"pay": ()})]),
        ([route], [replace(held, selects_by={})]),
        ([route], [replace(held, totals=())]),
        ([route], []),
    ]
    digests = [cut_under([route], [held]), *(cut_under(*other) for other in others)]
    assert len(set(digests)) == len(digests)


def test_a_parcel_stands_where_only_words_about_it_change(tmp_path: Path) -> None:
    (held,) = authorizations(written(tmp_path, GOOD))
    one, two = Route("bees", "job"), Route("bees", "person")
    turned = dict(reversed([(block, tuple(reversed(names))) for block, names in held.columns.items()]))
    worded = replace(held, id="2", purpose="wax", legal_basis="new", retention="long", columns=turned)
    assert cut_under([one, two], [held]) == cut_under([two, one], [worded])


def test_entitlements_are_laid_out_once_a_day(tmp_path: Path) -> None:
    for name in ("routes.toml", "authorizations.toml"):
        shutil.copy(root() / "dmfa" / name, tmp_path / name)
    subject = Subject("natural_person.inss", "employer_declaration.quarter")
    first = entitled_on(date(2026, 4, 23), tmp_path, ["pensions"], subject)
    assert entitled_on(date(2026, 4, 23), tmp_path, {"pensions"}, subject) is first
    assert entitled_on(date(2021, 4, 23), tmp_path, ["pensions"], subject).unauthorized == ("pensions",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the DmfA with its newest schema alone."""
    shutil.copytree(root() / "dmfa", tmp_path / "dmfa", ignore=shutil.ignore_patterns("*_2022*.xsd", "codes", "texts"))
    return tmp_path / "dmfa"


def appended(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def route(text: str, recipient: str = "pensions") -> Callable[[Path], None]:
    return lambda folder: appended(folder / "routes.toml", f'\n[[route]]\nrecipient = "{recipient}"\n{text}\n')


def total(text: str) -> Callable[[Path], None]:
    return lambda folder: appended(folder / "authorizations.toml", f"\n[[authorization.totals]]\n{text}\n")


def ended(folder: Path) -> None:
    """Unemployment may select by service codes until the end of a year, and gets something still afterwards."""
    file = folder / "authorizations.toml"
    text = file.read_text(encoding="utf-8")
    first = text.index('[[authorization]]\nid = "DMFA-2023-02"')
    own = text[first : text.index("[[authorization]]", first + 1)]
    later = own.replace("DMFA-2023-02", "DMFA-2024-02").replace("2022-01-01", "2024-01-01")
    later = later.replace('\nservice = ["service_code"]\n', "\n", 1)
    now = own.replace("valid_from = 2022-01-01", "valid_from = 2022-01-01\nvalid_until = 2023-12-31")
    file.write_text(text.replace(own, now + later), encoding="utf-8")


Check = Callable[[Folder], Iterator[Problem]]
FAULTS: dict[str, tuple[Check, str, Callable[[Path], None]]] = {
    "stranger": (routed, "no authorization names", route('block = "form"', recipient="strangers")),
    "column": (routed, "no column age", route('block = "natural_person"\ncolumn = "age"\nvalues = ["1"]')),
    "unlisted": (
        routed,
        "worker_record.worker_code",
        route('block = "worker_record"\ncolumn = "worker_code"\nvalues = ["1"]'),
    ),
    "person": (routed, "natural_person.inss", route('block = "natural_person"\ndirectory = true')),
    "quarter": (routed, "employer_declaration.quarter", route('block = "natural_person"\ndirectory = true')),
    "above": (routed, "neither natural_person nor below", route('block = "employer_declaration"\ndirectory = true')),
    "nobody": (
        routed,
        "names no `person`",
        lambda folder: changed(folder / "family.toml", 'person = "natural_person.inss"', ""),
    ),
    "later": (routed, "service_code", ended),
    "not-below": (
        granted,
        "does not stand below",
        total('block = "service"\nname = "records"\ncount = "worker_record"'),
    ),
    "no-number": (
        granted,
        "is not a number",
        total('block = "worker_record"\nname = "codes"\nsum = "service.service_code"'),
    ),
    "taken": (granted, "has a column of that name", total('block = "worker_record"\nname = "border"\ncount = "remun"')),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_family_in_which_it_does_not_fit_together_is_told(folder: Path, fault: str) -> None:
    check, told, spoil = FAULTS[fault]
    spoil(folder)
    assert [problem for problem in check(Folder(family(folder))) if told in problem.wrong]
