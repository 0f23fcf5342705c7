"""Check digits: known numbers, one by one and by column, and what modulo 97 catches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validators.identifiers import (
    NAMED_CHECKS,
    company_valid,
    complete_company,
    complete_inss,
    complete_local_unit,
    complete_noss,
    inss_valid,
    local_unit_valid,
    noss_valid,
)

SCALARS: dict[str, Callable[[str], bool]] = {
    "inss": inss_valid,
    "noss": noss_valid,
    "company": company_valid,
    "local_unit": local_unit_valid,
}
DIGITS = "0123456789"


def digits(length: int, first: str = DIGITS) -> st.SearchStrategy[str]:
    """Texts of that many digits, the first one of `first`."""
    rest = st.text(DIGITS, min_size=length - 1, max_size=length - 1)
    return st.builds(str.__add__, st.sampled_from(first), rest)


NUMBERS: dict[str, st.SearchStrategy[str]] = {
    "inss": st.builds(complete_inss, digits(9), st.booleans()),
    "noss": st.builds(complete_noss, digits(7)),
    "company": st.builds(complete_company, digits(8, "01")),
    "local_unit": st.builds(complete_local_unit, digits(8, "2345678")),
}
VALID = st.one_of(*(st.tuples(st.just(name), numbers) for name, numbers in NUMBERS.items()))


def by_column(name: str, values: list[str | None]) -> list[bool | None]:
    frame = pl.DataFrame({"number": values}, schema={"number": pl.String})
    return frame.select(NAMED_CHECKS[name]("number"))["number"].to_list()


def with_digit(number: str, place: int, digit: str) -> str:
    return number[:place] + digit + number[place + 1 :]


def swapped(number: str, place: int) -> str:
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


@pytest.mark.parametrize("number", ["000100006", "199999934", "070500472", "127792067", "131130710", "180471021"])
def test_known_nsso_numbers_check(number: str) -> None:
    assert noss_valid(number)


@pytest.mark.parametrize("number", ["1999999943"])
def test_known_enterprise_numbers_check(number: str) -> None:
    assert company_valid(number)


@pytest.mark.parametrize("number", ["2000000141", "2000000240", "8999999993", "8999999104", "8999999203"])
def test_known_establishment_units_check_fictive_ones_too(number: str) -> None:
    assert local_unit_valid(number)


@pytest.mark.parametrize("number", ["01410199955", "29311104266"])
def test_known_bis_numbers_check(number: str) -> None:
    assert inss_valid(number)


@pytest.mark.parametrize("number", ["123456789", "156065072", "141137377", "145647968"])
def test_dummy_nsso_numbers_do_not_check(number: str) -> None:
    assert not noss_valid(number)


@pytest.mark.parametrize("number", ["88888888888", "80110927812", "00000000000", "8011092781", "801109278120"])
def test_dummy_inss_do_not_check(number: str) -> None:
    assert not inss_valid(number)


def test_zero_is_no_number() -> None:
    zeros = {"inss": "0" * 11, "noss": "0" * 9, "company": "0" * 10, "local_unit": "0" * 10}
    assert not any(SCALARS[name](zero) for name, zero in zeros.items())
    assert not any(SCALARS[name]("0") for name in SCALARS)


def test_an_inss_checks_in_either_century() -> None:
    assert inss_valid(complete_inss("050315901", born_2000=False))
    assert inss_valid(complete_inss("050315901", born_2000=True))


def test_an_enterprise_number_may_have_lost_its_leading_zero() -> None:
    number = complete_company("04031704")
    assert company_valid(number)
    assert company_valid(number[1:])
    assert by_column("company", [number, number[1:]]) == [True, True]


def test_an_enterprise_number_is_no_establishment_unit_and_the_other_way_round() -> None:
    assert not local_unit_valid(complete_company("19999999"))
    assert not company_valid(complete_local_unit("20000001"))


@pytest.mark.parametrize("name", sorted(NAMED_CHECKS))
def test_digits_of_other_scripts_signs_and_spaces_are_no_digits(name: str) -> None:
    length = {"inss": 11, "noss": 9, "company": 10, "local_unit": 10}[name]
    odd: list[str | None] = ["١" * length, "+" + "1" * (length - 1), "2" + " " * (length - 1), "2" * length + "\n", ""]
    assert by_column(name, odd) == [False] * len(odd)
    assert not any(SCALARS[name](value) for value in odd if value is not None)


@pytest.mark.parametrize("name", sorted(NAMED_CHECKS))
def test_what_is_absent_is_neither_valid_nor_invalid(name: str) -> None:
    assert by_column(name, [None]) == [None]


@given(VALID)
def test_a_completed_number_checks(named: tuple[str, str]) -> None:
    name, number = named
    assert SCALARS[name](number)
    assert by_column(name, [number]) == [True]


@settings(max_examples=50)
@given(st.lists(st.one_of(digits(9), digits(10), digits(11), st.text(max_size=12), *NUMBERS.values()), max_size=40))
def test_the_column_and_the_single_number_agree(values: list[str]) -> None:
    for name, valid in SCALARS.items():
        assert by_column(name, list(values)) == [valid(value) for value in values]


@given(VALID.filter(lambda named: named[0] != "inss"), st.integers(0, 10), st.sampled_from(DIGITS))
def test_one_changed_digit_is_always_caught(named: tuple[str, str], place: int, digit: str) -> None:
    name, number = named
    changed = with_digit(number, place % len(number), digit)
    assert changed == number or not SCALARS[name](changed)


@given(VALID.filter(lambda named: named[0] != "inss"), st.integers(0, 10))
def test_two_swapped_neighbors_are_always_caught(named: tuple[str, str], place: int) -> None:
    name, number = named
    changed = swapped(number, place % (len(number) - 1))
    assert changed == number or not SCALARS[name](changed)


@given(digits(9), st.booleans(), st.integers(0, 10), st.sampled_from(DIGITS))
def test_one_changed_digit_of_an_inss_escapes_only_as_documented(
    first9: str, born_2000: bool, place: int, digit: str
) -> None:
    number = complete_inss(first9, born_2000)
    changed = with_digit(number, place, digit)
    escapes = place == 1 and int(digit) - int(number[1]) == (6 if born_2000 else -6)
    assert changed == number or inss_valid(changed) == escapes


@given(digits(9), st.booleans(), st.integers(0, 9))
def test_two_swapped_neighbors_of_an_inss_escape_only_as_documented(first9: str, born_2000: bool, place: int) -> None:
    number = complete_inss(first9, born_2000)
    changed = swapped(number, place)
    difference = abs(int(number[place]) - int(number[place + 1]))
    if changed != number and inss_valid(changed):
        assert (place, difference) in {(2, 2), (4, 6)}


def test_the_documented_escape_from_one_century_to_the_other_is_real() -> None:
    number = complete_inss("870315901", born_2000=False)
    assert inss_valid(with_digit(number, 1, "1"))


@pytest.mark.parametrize(
    ("complete", "prefix"),
    [
        (complete_noss, "12345"),
        (complete_noss, "12345x7"),
        (complete_company, "23456789"),
        (complete_local_unit, "12345678"),
        (complete_local_unit, ""),
    ],
)
def test_a_prefix_of_the_wrong_shape_is_refused_without_being_quoted(
    complete: Callable[[str], str], prefix: str
) -> None:
    with pytest.raises(ValueError) as caught:
        complete(prefix)
    assert not prefix or prefix not in str(caught.value)


def test_polars_is_loaded_only_when_an_expression_is_made() -> None:
    probe = "import sys, validators.identifiers; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
