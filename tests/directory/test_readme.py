"""What xsd/channel/README.md tells institutions is so."""

from __future__ import annotations

import csv
import io
import re
from textwrap import dedent

from declarations.directory import lists, renumbering
from declarations.directory.delimited import BadLines
from declarations.families import root
from declarations.filenames import FileName, parse
from declarations.steps.directory import REPORT
from validators.catalogue import Language, catalogue

TEXT = (root() / "channel" / "README.md").read_text(encoding="utf-8")
EXAMPLES = [dedent(each).strip() for each in re.findall(r"(?:^    .*\n)+", TEXT, re.MULTILINE)]


def example(start: str) -> bytes:
    (found,) = (each for each in EXAMPLES if each.startswith(start))
    return found.encode()


def test_the_names_in_the_example_are_good_names() -> None:
    names = [parse(each) for each in example("FI.DIRX").decode().splitlines()]
    assert [type(each) for each in names] == [FileName] * 3


def test_the_list_in_the_example_is_a_good_list() -> None:
    found = lists.survey(io.BytesIO(example("inss,")))
    assert (found.rows, found.increments, found.bad.found) == (2, False, {})


def test_the_replaced_number_in_the_example_is_followed() -> None:
    bad = BadLines()
    assert len(list(renumbering.pairs(io.BytesIO(example("old,")), bad))) == 1
    assert not bad.found


def test_the_bad_lines_in_the_example_are_told_as_we_tell_them() -> None:
    head, row = csv.reader(example("part,").decode().splitlines())
    assert (tuple(head), row[5]) == (REPORT, lists.GOOD_INSS)
    assert (row[2], row[3]) == lists.error(lists.GOOD_INSS)
    assert catalogue(Language.ENGLISH).anomalies[row[3]][0] == row[4]
