"""Check digits of the four numbers that identify persons, employers and establishments, one at a time or by column.

All four are modulo 97. The base is the number without its last two digits:

===============  ======  ==================================  =====================================
number           digits  check digits                        source
===============  ======  ==================================  =====================================
INSS             11      97 - base mod 97, the base taken    zone 00024; a BIS number (month + 20
                         with a 2 in front when born from    or + 40) follows the same rule
                         2000 on
NSSO             9       96 - (base * 100) mod 97            zone 00011
enterprise       10      97 - base mod 97, first digit 0, 1  zone 00014; 9 digits lost a leading 0
establishment    10      97 - base mod 97, first digit 2..8  zone 00042; fictive units (8999999993)
                                                             are legal
===============  ======  ==================================  =====================================

What modulo 97 guarantees: 97 is prime and exceeds nine times any difference of two digits, so one changed digit and
two swapped neighbors are always caught; of all other changes one in 97 goes unseen. An INSS does not tell its century,
so both rules are tried, and what changes the number by 29 (or 68) modulo 97 makes a number of one century good for the
other. Of the changes of one digit these are the second digit made 6 less in a number of before 2000, and 6 more in one
from 2000 on; of the swaps of neighbors the third with the fourth digit where they differ by 2, and the fifth with the
sixth where they differ by 6. Of all other changes two in 97 go unseen.

A number that is absent by rule (NSSO 0 beside an enterprise number, enterprise number 0 for unknown) is not valid
here: who calls knows the rule. Whether a number was ever given to anybody is another question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_BORN_2000 = 2_000_000_000  # what the 2 in front of nine digits adds


def _all_digits(number: str, length: int) -> bool:
    return len(number) == length and number.isascii() and number.isdigit()


def inss_valid(number: str) -> bool:
    """Whether these are 11 digits that check, as born before 2000 or as born from 2000 on."""
    if not _all_digits(number, 11):
        return False
    base, check = int(number[:9]), int(number[9:])
    return check in (97 - base % 97, 97 - (_BORN_2000 + base) % 97)


def noss_valid(number: str) -> bool:
    """Whether these are 9 digits that check as a number of the National Social Security Office."""
    return _all_digits(number, 9) and int(number[7:]) == 96 - int(number[:7]) * 100 % 97


def company_valid(number: str) -> bool:
    """Whether these are 10 digits (or 9, a leading zero dropped) that check as an enterprise number."""
    full = number.zfill(10) if len(number) == 9 else number
    return _all_digits(full, 10) and full[0] in "01" and _checks_by_eight(full)


def local_unit_valid(number: str) -> bool:
    """Whether these are 10 digits that check as an establishment unit."""
    return _all_digits(number, 10) and number[0] in "2345678" and _checks_by_eight(number)


def _checks_by_eight(number: str) -> bool:
    return int(number[8:]) == 97 - int(number[:8]) % 97


def inss_expr(column: str) -> pl.Expr:
    """`inss_valid` of a String column, as Boolean; null where the number is null."""
    import polars as pl

    base, check = _parts(column, 9)
    good = (check == 97 - base % 97) | (check == 97 - (base + _BORN_2000) % 97)
    return _where(pl.col(column), r"^[0-9]{11}$", good)


def noss_expr(column: str) -> pl.Expr:
    """`noss_valid` of a String column, as Boolean; null where the number is null."""
    import polars as pl

    base, check = _parts(column, 7)
    return _where(pl.col(column), r"^[0-9]{9}$", check == 96 - base * 100 % 97)


def company_expr(column: str) -> pl.Expr:
    """`company_valid` of a String column, as Boolean; null where the number is null."""
    import polars as pl

    number = pl.col(column)
    long = _parts(column, 8)
    short = _parts(column, 7)
    check = pl.when(number.str.len_bytes() == 9).then(short[1]).otherwise(long[1])
    base = pl.when(number.str.len_bytes() == 9).then(short[0]).otherwise(long[0])
    return _where(number, r"^[01]?[0-9]{9}$", check == 97 - base % 97)


def local_unit_expr(column: str) -> pl.Expr:
    """`local_unit_valid` of a String column, as Boolean; null where the number is null."""
    import polars as pl

    base, check = _parts(column, 8)
    return _where(pl.col(column), r"^[2-8][0-9]{9}$", check == 97 - base % 97)


def _parts(column: str, base: int) -> tuple[pl.Expr, pl.Expr]:
    """The base and the check digits as integers, null where they are none."""
    import polars as pl

    number = pl.col(column)
    return (
        number.str.slice(0, base).cast(pl.Int64, strict=False),
        number.str.slice(base).cast(pl.Int64, strict=False),
    )


def _where(number: pl.Expr, pattern: str, good: pl.Expr) -> pl.Expr:
    import polars as pl

    return pl.when(number.is_not_null()).then(number.str.contains(pattern) & good.fill_null(False))


NAMED_CHECKS: Mapping[str, Callable[[str], pl.Expr]] = MappingProxyType(
    {"inss": inss_expr, "noss": noss_expr, "company": company_expr, "local_unit": local_unit_expr}
)
"""What a control may name as its check: each makes the Boolean expression of a column."""


def complete_inss(first9: str, born_2000: bool) -> str:
    """The INSS with these nine digits. ValueError where they are not nine digits."""
    base = _base(first9, 9) + (_BORN_2000 if born_2000 else 0)
    return f"{first9}{97 - base % 97:02d}"


def complete_noss(first7: str) -> str:
    """The NSSO number with these seven digits. ValueError where they are not seven digits."""
    return f"{first7}{96 - _base(first7, 7) * 100 % 97:02d}"


def complete_company(first8: str) -> str:
    """The enterprise number with these eight digits. ValueError where they are not eight, the first a 0 or 1."""
    base = _base(first8, 8)
    if first8[0] not in "01":
        raise ValueError("an enterprise number starts with 0 or 1")
    return f"{first8}{97 - base % 97:02d}"


def complete_local_unit(first8: str) -> str:
    """The establishment unit with these eight digits. ValueError where they are not eight, the first a 2 to 8."""
    base = _base(first8, 8)
    if first8[0] not in "2345678":
        raise ValueError("an establishment unit starts with 2 to 8")
    return f"{first8}{97 - base % 97:02d}"


def _base(digits: str, length: int) -> int:
    if not _all_digits(digits, length):
        raise ValueError(f"expected {length} digits")
    return int(digits)
