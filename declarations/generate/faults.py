"""How each named fault bends a form, and which forms get one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from types import MappingProxyType

from declarations.errors import Configuration
from declarations.generate.quarters import Quarter, iso
from declarations.generate.request import Placed
from validators.identifiers import complete_company

TWICE = "same-person-twice"
TWO_FORMS = "same-person-in-two-forms"


def other_last_digit(number: str) -> str:
    """The number with another last digit: its check digits no longer fit."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def wrong_company(number: str) -> str:
    """An enterprise number with a wrong last digit; zero (unknown) becomes a number that does not check."""
    return other_last_digit(complete_company("09999999") if number == "0" else number)


def bends(fault: str, quarter: Quarter) -> Mapping[int, Callable[[str], str]]:
    """What that fault does to the texts of persons, by their place in the form; nothing for faults of the employer."""
    if fault in _BENDS:
        return {0: _BENDS[fault]}
    if fault == "period-outside-quarter":
        return {0: lambda text: _replaced("NOSSQuarterStartingDate", text, f"{quarter.year - 1}-01-01")}
    if fault == "end-before-start":
        return {0: lambda text: _ends_before_start(text, quarter)}
    if fault == TWICE:
        return _twice()
    return {}


def placed(faults: Sequence[tuple[str, int]], sizes: Sequence[int]) -> tuple[Placed, ...]:
    """The forms that get the faults: spread over the file, the kinds mixed, at most one in a form.

    Configuration where there are not enough forms that can have them.
    """
    wanted = _in_turn(faults)
    taken: set[int] = set()
    found: list[Placed] = []
    for at, fault in enumerate(wanted):
        place = _free(fault, (2 * at + 1) * len(sizes) // (2 * len(wanted)), sizes, taken)
        taken.update(_needs(fault, place))
        found.append(Placed(fault, place + 1))
    return tuple(sorted(found, key=attrgetter("form")))


def _in_turn(faults: Sequence[tuple[str, int]]) -> list[str]:
    most = max((count for _, count in faults), default=0)
    return [name for turn in range(most) for name, count in faults if turn < count]


def _needs(fault: str, place: int) -> tuple[int, ...]:
    return (place - 1, place) if fault == TWO_FORMS else (place,)


def _free(fault: str, near: int, sizes: Sequence[int], taken: set[int]) -> int:
    least = 2 if fault == TWICE else 1
    for place in chain(range(near, len(sizes)), range(near)):
        forms = _needs(fault, place)
        if all(form >= 0 and form not in taken and sizes[form] >= least for form in forms):
            return place
    raise Configuration(f"no form is left for the fault {fault}: expected more employers, each with {least} persons")


def _replaced(tag: str, text: str, value: str) -> str:
    return re.sub(f"(?<=<{tag}>)[^<]*", value, text, count=1)


def _changed(tag: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        return re.sub(f"(?<=<{tag}>)[^<]*", lambda found: other_last_digit(found.group()), text, count=1)

    return change


def _ends_before_start(text: str, quarter: Quarter) -> str:
    """The first occupation starts on the quarter's 21st day and ends on its 11th."""
    text = _replaced("OccupationStartingDate", text, iso(quarter.first + 20))
    head, mark, rest = text.partition("</OccupationStartingDate>")
    own, committee, rest = rest.partition("<JointCommissionNbr>")
    if "<OccupationEndingDate>" in own:
        own = _replaced("OccupationEndingDate", own, iso(quarter.first + 10))
    else:
        own = f"<OccupationEndingDate>{iso(quarter.first + 10)}</OccupationEndingDate>{own}"
    return head + mark + own + committee + rest


def _swapped(text: str) -> str:
    pattern = r"(<EmployerClass>[^<]*</EmployerClass>)(\s*)(<WorkerCode>[^<]*</WorkerCode>)"
    return re.sub(pattern, r"\3\2\1", text, count=1)


def _too_long(text: str) -> str:
    tag = "NaturalPersonUserReference"
    text = re.sub(rf"\s*(<{tag}/>|<{tag}>[^<]*</{tag}>)", "", text, count=1)
    return text.replace("</INSS>", f"</INSS><{tag}>{'9' * 21}</{tag}>", 1)


def _twice() -> Mapping[int, Callable[[str], str]]:
    """The first person is remembered until the second comes, in each pass over the persons."""
    first: list[str] = []

    def remember(text: str) -> str:
        first[:] = re.findall("(?<=<INSS>)[^<]*", text)[:1]
        return text

    return {0: remember, 1: lambda text: _replaced("INSS", text, first[0])}


_BENDS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "wrong-inss-check-digit": _changed("INSS"),
        "wrong-local-unit-check-digit": _changed("LocalUnitID"),
        "missing-element": lambda text: re.sub(r"\s*<Border>\d</Border>", "", text, count=1),
        "unknown-element": lambda text: text.replace("</Border>", "</Border><Remark>none</Remark>", 1),
        "element-out-of-order": _swapped,
        "letters-in-a-number": lambda text: _replaced("WorkingDaysSystem", text, "5OO"),
        "value-outside-list": lambda text: text.replace(
            "</MeanWorkingHours>", "</MeanWorkingHours><ReorganisationMeasure>999</ReorganisationMeasure>", 1
        ),
        "too-long": _too_long,
        "not-well-formed": lambda text: text.replace("</INSS>", "</INSZ>", 1),
    }
)
