"""Whatever changes in what a recipient may not see, no byte of its files changes, nor their number, names or sizes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.entitlement.authorizations import merged
from declarations.entitlement.routes import Route
from declarations.extracts.values import ParcelRows
from declarations.extracts.write import write_delivery
from declarations.parties.party import Format
from tests.cuts import Blocks, alone, granted, other, version
from tests.extracts.deliveries import FORMATS, blocks, label
from tests.worlds import RECIPIENTS

Files = list[tuple[str, int, str]]
"""Name, size and hash of each file that would leave."""
Maker = Callable[[str, Blocks], Files]

KEYS = ("form", "part", "row", "nth")
MOST_BYTES = {Format.CSV: 9_000, Format.NDJSON: 9_000, Format.XML: 9_000, Format.PARQUET: None}


def made(recipient: str, given: Blocks, routes: Iterable[Route] = ()) -> Files:
    """What the recipient would get of that batch, in every format, in parts where it takes small files only."""
    held = granted(recipient)
    rows = alone(recipient, given, routes)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for format in FORMATS:
            parts = write_delivery(
                label(recipient),
                [ParcelRows("B1", rows)],
                version().plan,
                held,
                format,
                Path(folder),
                MOST_BYTES[format],
            )
            found += [(part.path.name, part.path.stat().st_size, _hash(part.path)) for part in parts]
    return found


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def as_it_is(recipient: str) -> Files:
    return made(recipient, blocks())


def hidden(recipient: str) -> list[tuple[str, str]]:
    """Block and column of everything that it may not see."""
    seen = merged(each.columns for each in granted(recipient))
    return [
        (name, column)
        for name, frame in blocks().items()
        for column in frame.columns
        if column not in (*KEYS, *seen.get(name, ())) and not column.endswith("_row")
    ]


def changed(columns: list[tuple[str, str]], seed: int) -> Blocks:
    """The batch with other values in those columns: in other places, longer, and none absent."""
    found = dict(blocks())
    for name, column in columns:
        frame = found[name]
        found[name] = frame.with_columns(other(frame[column].shuffle(seed)).alias(column))
    return found


def leaks(recipient: str, maker: Maker, columns: list[tuple[str, str]], seed: int) -> bool:
    """Whether what that maker makes depends on columns that the recipient may not see."""
    return maker(recipient, changed(columns, seed)) != maker(recipient, blocks())


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_changing_all_that_a_recipient_may_not_see_changes_no_byte(recipient: str) -> None:
    assert made(recipient, changed(hidden(recipient), 1)) == as_it_is(recipient)


@settings(max_examples=6, derandomize=True)
@given(data=st.data())
def test_changing_any_of_it_changes_no_byte(data: st.DataObject) -> None:
    recipient = data.draw(st.sampled_from(list(RECIPIENTS)))
    some = data.draw(st.lists(st.sampled_from(hidden(recipient)), min_size=1, max_size=5, unique=True))
    assert made(recipient, changed(some, data.draw(st.integers(0, 99)))) == as_it_is(recipient)


def test_rows_that_do_not_concern_a_recipient_change_no_byte_either() -> None:
    query = "SELECT row FROM occupation WHERE joint_commission_nbr LIKE '124%'"
    routes = [Route("construction-fund", "occupation", query)]
    theirs = alone("construction-fund", blocks(), routes)["natural_person"]
    other = pl.when(pl.col("inss").is_in(theirs["inss"].implode())).then("inss").otherwise(pl.lit("00000000097"))
    given = {**blocks(), "natural_person": blocks()["natural_person"].with_columns(inss=other)}
    assert made("construction-fund", given, routes) == made("construction-fund", blocks(), routes)


# The same question put to makers that leak


def sorting(recipient: str, given: Blocks) -> Files:
    """The persons of an employer in the order of their numbers, which it may not see."""
    frame = given["natural_person"].sort("employer_declaration_row", "natural_person_sequence_nbr")
    return made(recipient, {**given, "natural_person": frame.with_columns(row=pl.int_range(pl.len()))})


def filtering(recipient: str, given: Blocks) -> Files:
    """Without the occupations of one kind of remuneration, which it may not see."""
    kept = given["remun"].filter(pl.col("percentage_paid").fill_null(0) % 2 == 0)
    return made(recipient, {**given, "remun": kept})


def hashing(recipient: str, given: Blocks) -> Files:
    """A row's code from a hash over all of the row."""
    code = given["remun"].select(code=pl.struct(pl.all().exclude("form")).hash(seed=1).cast(pl.String).str.slice(0, 3))
    return made(recipient, {**given, "remun": given["remun"].with_columns(remun_code=code["code"])})


def naming(recipient: str, given: Blocks) -> Files:
    """A file named after a sum that it may not see."""
    return [(f"{given['remun']['percentage_paid'].sum()}-{name}", *rest) for name, *rest in made(recipient, given)]  # type: ignore[misc]


def padding(recipient: str, given: Blocks) -> Files:
    """Files larger where there is more that it may not see."""
    more = given["remun"]["percentage_paid"].count()
    return [(name, size + more, sha256) for name, size, sha256 in made(recipient, given)]


@pytest.mark.parametrize(
    ("maker", "column"),
    [
        (sorting, ("natural_person", "natural_person_sequence_nbr")),
        (filtering, ("remun", "percentage_paid")),
        (hashing, ("remun", "percentage_paid")),
        (naming, ("remun", "percentage_paid")),
        (padding, ("remun", "percentage_paid")),
    ],
)
def test_a_planted_leak_is_caught_by_that_question(maker: Maker, column: tuple[str, str]) -> None:
    assert column in hidden("pensions")
    assert leaks("pensions", maker, [column], 3)
