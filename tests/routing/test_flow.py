"""From the reference directory to the file that an institution fetches."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import polars as pl

from tests.directory.given import frames, load
from tests.worlds import RECIPIENTS, Place, document, place


def persons_at(here: Place, recipient: str) -> set[str]:
    """The persons in what lies ready for it."""
    found: set[str] = set()
    for content in here.answers("DMFA", RECIPIENTS[recipient]):
        with zipfile.ZipFile(io.BytesIO(content)) as extract:
            table = pl.read_csv(extract.read("natural_person.csv"), infer_schema=False)
            found.update(table["inss"])
    return found


def test_what_an_institution_fetches_holds_the_persons_whom_it_knows(tmp_path: Path) -> None:
    here = place(tmp_path)
    declared = re.findall(rb"<INSS>(\d{11})</INSS>", document(persons=8))
    first, second, *others = sorted({each.decode() for each in declared})
    here.world.directory.take_list(load("occupational-risks"), frames(f"{first},victim,2020-01-01,"))
    here.world.directory.take_list(
        load("unemployment"), frames(f"{first},pensioner,2020-01-01,", f"{second},unemployed,2020-01-01,2022-12-31")
    )
    here.drop(document(persons=8))
    here.run()
    assert persons_at(here, "pensions") == {first, second, *others}
    assert first in persons_at(here, "occupational-risks")
    assert second not in persons_at(here, "unemployment")
