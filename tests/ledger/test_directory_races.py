"""Two who load at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import polars as pl

from declarations.adapters.database.directory import DatabaseDirectory
from declarations.adapters.database.parties import PartyRegister
from declarations.errors import Configuration
from declarations.parties.register import Change, changes
from tests.directory.given import QUARTER, frames, inss, load, replaced
from tests.ledger.conftest import Shared, hasty
from tests.ledger.given import NOW
from tests.parties.given import read, sender

EVEN, ODD = ([inss(number) for number in range(100 + rest, 140 + rest, 2)] for rest in (0, 1))


def listed(numbers: list[str]) -> list[pl.DataFrame]:
    return frames(*(f"{each},pensioner,2020-01-01," for each in numbers))


def known(shared: Shared) -> set[str]:
    directory = DatabaseDirectory(shared.engine)
    return set(directory.known(pl.Series(EVEN + ODD), QUARTER)["inss"])


def test_of_two_lists_loaded_at_once_one_is_whole_and_the_other_gone(shared: Shared) -> None:
    both = Barrier(2)

    def take(numbers: list[str]) -> None:
        directory = DatabaseDirectory(hasty(shared.url))
        both.wait()
        directory.take_list(load(), listed(numbers))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, (EVEN, ODD)))
    assert known(shared) in (set(EVEN), set(ODD))


def test_a_number_replaced_while_a_list_is_loaded_is_followed(shared: Shared) -> None:
    both = Barrier(2)
    old, new = EVEN[0], ODD[0]

    def take() -> None:
        directory = DatabaseDirectory(hasty(shared.url))
        both.wait()
        directory.take_list(load(), listed(EVEN))

    def follow() -> None:
        directory = DatabaseDirectory(hasty(shared.url))
        both.wait()
        directory.take_numbers(load(None), [replaced(old, new)])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(take), pool.submit(follow)]:
            done.result()
    assert known(shared) == {*EVEN, new}


def test_of_two_lists_of_parties_put_in_force_at_once_one_is_told_to_look_again(shared: Shared, tmp_path: Path) -> None:
    both = Barrier(2)
    given = [read(tmp_path, sender(name=f'"{name}"')) for name in ("A", "B")]

    def enter(which: int) -> tuple[Change, ...] | None:
        register = PartyRegister(hasty(shared.url))
        changed = changes(None, given[which])
        both.wait()
        try:
            register.enter(given[which], changed, "anna", NOW, None)
        except Configuration:
            return None
        return changed

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(enter, (0, 1)))
    assert (done.count(None), len(PartyRegister(shared.engine).history())) == (1, 1)
