"""A synthetic DmfAOriginal: written form by form and person by person, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from random import Random
from typing import BinaryIO

from declarations.generate import faults, layout
from declarations.generate.employers import Employer, employer, sizes
from declarations.generate.persons import Staff, persons
from declarations.generate.quarters import quarter, year_after
from declarations.generate.request import Placed, Request, Summary
from declarations.generate.texts import Texts, texts

_HELD = 4000  # persons of a form kept in memory; of a bigger form they are made twice
_PIECES = 200  # persons written at once
_DAY = 86_400_000  # milliseconds
_STEP = 37_003  # milliseconds between two forms: has no divisor in common with the day, so each hour comes once
_MOST_VEHICLES = 200
_LETTERS = "ABCDEFGHJKLMNPRSTUVXYZ"


def write(request: Request, destination: BinaryIO, progress: Callable[[int], None] = lambda persons: None) -> Summary:
    """Write the document asked for; `progress` hears now and then how many persons are done."""
    counts = sizes(request.seed, request.employers, request.persons)
    placed = faults.placed(request.faults, counts)
    writer = _Writer(request, destination, progress, counts, {one.form - 1: one.fault for one in placed})
    return writer.document(placed)


@dataclass(frozen=True, slots=True)
class _Form:
    """One form to write: its number from 0, and its fault or the empty text."""

    number: int
    fault: str
    staff: Staff


class _Writer:
    """Writes one document; counts the bytes and persons on the way."""

    def __init__(
        self,
        request: Request,
        destination: BinaryIO,
        progress: Callable[[int], None],
        counts: Sequence[int],
        bent: dict[int, str],
    ) -> None:
        self._request = request
        self._destination = destination
        self._progress = progress
        self._counts = counts
        self._bent = bent
        self._texts: Texts = texts(layout.with_tabs if request.indent else layout.one_line)
        self._bytes = 0
        self._persons = 0

    def document(self, placed: tuple[Placed, ...]) -> Summary:
        schema = f"DmfAOriginal_{self._request.version}.xsd"
        self._write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<DmfAOriginal xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:noNamespaceSchemaLocation="{schema}">'
        )
        for number in range(self._request.employers):
            self._form(self._planned(number))
        self._write("\n</DmfAOriginal>\n" if self._request.indent else "</DmfAOriginal>\n")
        return Summary(self._request.employers, self._persons, self._bytes, placed)

    def _planned(self, number: int) -> _Form:
        fault = self._bent.get(number, "")
        seed, size = self._request.seed, self._counts[number]
        # the second form of one employer: its first person is the last one of the form before
        owner = number - 1 if fault == faults.TWO_FORMS else number
        first = self._counts[owner] - 1 if owner != number else 0
        declared = self._request.declared[owner % len(self._request.declared)]
        if fault == "quarter-in-the-future":
            declared = year_after(self._request.created_on)
        staff = Staff(employer(seed, owner, size), quarter(declared), f"{seed}/{number}", f"{seed}/inss/{owner}", first)
        return _Form(number, fault, staff)

    def _form(self, form: _Form) -> None:
        made = partial(self._made, form)
        if self._counts[form.number] <= _HELD:
            made = partial(iter, list(made()))
        owed = sum(share for _, share in made())
        tail, more = _tail(self._request.version, self._texts, form, owed)
        self._write(self._head(form, owed + more))
        self._write_persons(text for text, _ in made())
        self._write(tail + self._texts.form_end)

    def _made(self, form: _Form) -> Iterator[tuple[str, int]]:
        bends = faults.bends(form.fault, form.staff.quarter)
        return persons(form.staff, self._texts, self._request.version, bends)

    def _head(self, form: _Form, net: int) -> str:
        request, staff, who = self._request, form.staff, form.staff.employer
        wrong_noss, wrong_company = (
            form.fault == "wrong-noss-check-digit",
            form.fault == "wrong-company-check-digit",
        )
        holiday = staff.quarter.code[4] == "4" and who.sector.manual > 0.5
        return self._texts.form % (
            request.created_on.isoformat(),
            _hour(form.number),
            f"FORM-{form.number + 1:07d}",
            staff.quarter.code,
            faults.other_last_digit(who.noss) if wrong_noss else who.noss,
            faults.wrong_company(who.company) if wrong_company else who.company,
            net + (form.fault == "net-amount-off-by-a-cent"),
            self._texts.holiday % f"{staff.quarter.year + 1}-05-02" if holiday else "",
        )

    def _write_persons(self, pieces: Iterable[str]) -> None:
        pieces = iter(pieces)
        while batch := list(islice(pieces, _PIECES)):
            self._write("".join(batch))
            self._persons += len(batch)
            self._progress(self._persons)

    def _write(self, text: str) -> None:
        content = text.encode("ascii")
        self._destination.write(content)
        self._bytes += len(content)


def _hour(number: int) -> str:
    """The time of day of a form: no two forms of one day have the same."""
    minutes, milliseconds = divmod(number * _STEP % _DAY, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def _tail(schema: str, texts: Texts, form: _Form, owed: int) -> tuple[str, int]:
    """What follows the persons, and what it adds to the net amount."""
    random = Random(f"{form.staff.seed}/tail").random
    employer, declared = form.staff.employer, form.staff.quarter.code
    vehicles = 0
    if random() < 0.3:
        vehicles = min(1 + int(random() * employer.size * 0.15), _MOST_VEHICLES)
    lines = [texts.vehicle % (at, _plate(form.number, at), random() < 0.2) for at in range(1, vehicles + 1)]
    due = _unrelated(employer, declared, vehicles, random)
    lines += [texts.unrelated % (employer.sector.employer_class, code, basis, amount) for code, basis, amount in due]
    more = sum(amount for _, _, amount in due)
    if schema >= "20231" and declared in ("20231", "20232") and random() < 0.6:
        compensation = (owed + more) * 7 // 100
        if random() < 0.1:
            lines.append(texts.no_compensation)
        else:
            lines.append(texts.compensation % compensation)
            more -= compensation
    return "".join(lines), more


def _unrelated(
    employer: Employer, declared: str, vehicles: int, random: Callable[[], float]
) -> list[tuple[str, int, int]]:
    """Contributions bound to no person: code, basis and amount; one at least where there are no persons."""
    due: list[tuple[str, int, int]] = []
    if employer.size == 0 or random() < 0.05:
        basis = 100_000 + int(random() * 5_000_000)
        due.append(("861", basis, (basis * 1307 + 5000) // 10_000))
    if vehicles:
        due.append(("862", 0, vehicles * (9_000 + int(random() * 20_000))))
    if declared[4] == "2" and employer.size and random() < 0.7:
        basis = employer.size * 180_000
        due.append(("870", basis, (basis * 1307 + 5000) // 10_000))
    return due


def _plate(form: int, number: int) -> str:
    """A plate that no other vehicle of the form has."""
    first, second = divmod(form % 484, 22)
    return f"9{_LETTERS[first]}{_LETTERS[second]}{_LETTERS[number // 1000]}{number % 1000:03d}"
