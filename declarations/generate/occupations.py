"""Synthetic occupations: periods, working time, services, pay and reductions of one worker record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from declarations.generate.employers import Employer
from declarations.generate.quarters import YOUNGEST, Quarter, iso, weekdays, year_end
from declarations.generate.texts import Texts

_CAREER = 40 * 365  # days before the quarter in which an occupation may have started
_SHARES = ((50, 250), (50, 250), (80, 400), (80, 400), (60, 300), (75, 500), (90, 500), (20, 100))
_FULL_TIME = (3800, 3800, 3800, 3800, 3700, 3600, 3900, 4000)
_MANUAL_PAY = tuple(1250 + round(1900 * (i / 128) ** 2.5) for i in range(128))  # cents an hour
_OTHER_PAY = tuple(1350 + round(5200 * (i / 128) ** 3) for i in range(128))
_MANUAL_ABSENCES = (
    (2, 0.5, 10),
    (50, 0.12, 20),
    (71, 0.1, 15),
    (5, 0.03, 4),
    (10, 0.03, 5),
    (30, 0.05, 5),
    (60, 0.01, 9),
)
_OTHER_ABSENCES = ((50, 0.09, 20), (51, 0.01, 60), (52, 0.01, 10), (5, 0.02, 4), (30, 0.06, 8), (21, 0.01, 2))
_HOLIDAYS, _GUARANTEED, _TRAINING = 2, 10, 5


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a record is written: for whom, for which quarter and schema, with which random numbers."""

    texts: Texts
    quarter: Quarter
    employer: Employer
    schema: str
    random: Callable[[], float]
    starts: str  # the quarter's first day
    ends: str


@dataclass(frozen=True, slots=True)
class Span:
    """One occupation's period in days, and its weekly working time in hundredths."""

    start: int
    end: int | None
    full: int  # hours a week of a full-time worker
    hours: int  # hours a week
    regime: int  # days a week

    @property
    def part_time(self) -> bool:
        """Whether less is worked than full time."""
        return self.hours < self.full


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of text, what it adds to the basis of contributions, and the reductions in it; in cents."""

    text: str
    basis: int = 0
    reductions: int = 0
    hours: int = 0  # paid, in hundredths


def spans(scene: Scene, born: int) -> tuple[Span, ...]:
    """The period of a worker in the quarter: mostly all of it; now and then in two parts with other hours."""
    random, quarter = scene.random, scene.quarter
    if random() < 0.06:
        start = quarter.first + int(random() * (quarter.last - quarter.first - 20))
    else:
        start = quarter.first - int(random() ** 3 * min(quarter.first - born - YOUNGEST, _CAREER))
    inside = max(start, quarter.first)
    end = inside + 13 + int(random() * (quarter.last - inside - 13)) if random() < 0.06 else None
    span = _timed(scene, start, end)
    if random() > 0.05 or (end or quarter.last) - inside < 40:
        return (span,)
    cut = inside + 20 + int(random() * 10)
    return (Span(start, cut, span.full, span.hours, span.regime), _timed(scene, cut + 1, end))


def _timed(scene: Scene, start: int, end: int | None) -> Span:
    full = _FULL_TIME[int(scene.random() * 8)]
    if scene.random() > 0.3:
        return Span(start, end, full, full, 500)
    share, regime = _SHARES[int(scene.random() * 8)]
    return Span(start, end, full, full * share // 100, regime)


def occupation(scene: Scene, number: int, span: Span, code: str, retired: bool) -> Written:
    """The occupation with that number in a record with that worker code."""
    random, texts, sector = scene.random, scene.texts, scene.employer.sector
    manual = code < "100"
    services, informations = _services(scene, span, manual)
    pay = _pay(scene, span, manual, services.hours)
    cut = _reductions(scene, span, pay.basis)
    hourly = pay.basis * 1000 // max(services.hours, 1) if manual and sector.manual_committee == "124" else 0
    inner = [_informations(scene, informations, hourly), services.text, pay.text]
    if sector.agency and scene.schema >= "20231":
        inner.append(texts.using_employer % ("Entreprise fictive", scene.employer.company, 1 + int(random() * 200)))
    inner.append(cut.text)
    committee = sector.manual_committee if manual else sector.other_committee
    text = envelop(scene, number, span, committee, "", retired, "".join(inner))
    return Written(text, pay.basis, cut.reductions)


def envelop(scene: Scene, number: int, span: Span, committee: str, measure: str, retired: bool, inner: str) -> str:
    """An occupation's own zones around what stands in it."""
    random, texts, employer = scene.random, scene.texts, scene.employer
    return texts.occupation % (
        number,
        iso(span.start),
        texts.occupation_end % iso(span.end) if span.end is not None else "",
        committee,
        span.regime,
        span.part_time,
        span.full,
        texts.status % ("T" if employer.sector.agency else "D") if span.part_time and random() < 0.05 else "",
        span.hours,
        measure,
        retired,
        texts.hourly if random() < 0.05 else "",
        employer.sector.activity,
        employer.units[int(random() * len(employer.units))],
        inner,
    )


def working_days(scene: Scene, span: Span) -> int:
    """Days from Monday to Friday of the span that lie in the quarter."""
    return weekdays(max(span.start, scene.quarter.first), span.end or scene.quarter.last)


def _services(scene: Scene, span: Span, manual: bool) -> tuple[Written, dict[int, int]]:
    """The services, and per code of absence the days in hundredths."""
    random, texts = scene.random, scene.texts
    left, unit = working_days(scene, span), span.regime // 5
    absent: dict[int, int] = {}
    for code, odds, most in _MANUAL_ABSENCES if manual else _OTHER_ABSENCES:
        odds = odds / 2 if code == _HOLIDAYS and scene.quarter.code[4] != "3" else odds
        if random() < odds and left > 2:
            days = min(1 + int(random() * most), left - 2)
            absent[code] = days * unit
            left -= days
    services = {1: left * unit, **absent}
    hours = {code: days * span.hours // span.regime for code, days in services.items()}
    if span.part_time or random() < 0.2:
        lines = [
            texts.service_hours % (at, code, days, hours[code]) for at, (code, days) in enumerate(services.items(), 1)
        ]
    else:
        lines = [texts.service % (at, code, days) for at, (code, days) in enumerate(services.items(), 1)]
    return Written("".join(lines), hours=hours[1]), absent


def _pay(scene: Scene, span: Span, manual: bool, hours: int) -> Written:
    random, texts, quarter = scene.random, scene.texts, scene.quarter
    wage = (_MANUAL_PAY if manual else _OTHER_PAY)[int(random() * 128)] + int(random() * 40)
    basic = wage * hours // 100
    lines, basis = [texts.remun % (1, 1, basic)], basic
    if random() < (0.8 if quarter.code[4] == "4" else 0.12):
        bonus = wage * (100 + int(random() * 80))
        lines.append(texts.bonus % (2, 2, 12, bonus))
        basis += bonus
    if not manual and span.end is not None and random() < 0.7:
        holiday_pay = basic // 6
        lines.append(texts.remun % (3, 7, holiday_pay))
        basis += holiday_pay
    if not manual and random() < 0.12:
        lines.append(texts.remun % (4, 10, 15000 + int(random() * 140_000)))
    return Written("".join(lines), basis)


def severance(scene: Scene, number: int, after: Span, code: str) -> Written:
    """A further occupation with severance pay for the weeks after that one; beyond the quarter, not the year."""
    texts, sector = scene.texts, scene.employer.sector
    start = (after.end or scene.quarter.last) + 1
    weeks = 4 + int(scene.random() * 30)
    amount = weeks * 60_000 + int(scene.random() * 40_000)
    span = Span(start, min(start + 7 * weeks - 1, year_end(start)), after.full, after.hours, after.regime)
    days = max(1, weekdays(start, span.end or start)) * (after.regime // 5)
    inner = texts.service_hours % (1, 1, days, days * span.hours // span.regime) + texts.remun % (1, 3, amount)
    committee = sector.manual_committee if code < "100" else sector.other_committee
    return Written(envelop(scene, number, span, committee, "", False, inner), amount)


def _informations(scene: Scene, absent: dict[int, int], hourly: int) -> str:
    """`hourly` is the pay of an hour in thousandths of a euro, 0 where it need not be declared."""
    random, texts, sector, quarter = scene.random, scene.texts, scene.employer.sector, scene.quarter.code
    zones: list[tuple[str, str]] = []
    if hourly and quarter >= "20073":
        zones.append(("HourRemunInThousandthOfEuro", f"{min(hourly, 999_999):06d}"))
    if sector.manual_committee == "124" and _GUARANTEED in absent:
        zones.append(("FirstWeekGuaranteedSalaryNbrDays", f"{absent[_GUARANTEED]}"))
    if random() < 0.004 and quarter >= "20181":
        zones.append(("CareerMeasure", "1"))
    if sector.manual_committee == "329.01" and quarter >= "20191":
        zones.append(("SectorDetail", f"{502 + int(random() * 11)}"))
    if random() < 0.003:
        zones.append(("MobilityBudget", f"{50_000 + int(random() * 300_000):011d}"))
    if _TRAINING in absent:
        zones.append(("FlemishTrainingHolidayHoursNbr", f"{absent[_TRAINING] * 76 // 10}"))
    if random() < 0.002 and quarter >= "20211":
        zones.append(("RegionalAidMeasure", "B"))
    if random() < 0.002 and scene.schema >= "20231":
        zones.append(("EmployabilityMeasure", f"{10_000 + int(random() * 90_000):011d}"))
    return informations(texts, zones)


def informations(texts: Texts, zones: list[tuple[str, str]]) -> str:
    """The block with these zones, in the order given; nothing where there are none."""
    if not zones:
        return ""
    inner = "".join(texts.information % (tag, value, tag) for tag, value in zones)
    return texts.informations + inner + texts.informations_end


def _reductions(scene: Scene, span: Span, basis: int) -> Written:
    """Reductions of an occupation: together never more than a fifth of the pay."""
    random, texts, quarter = scene.random, scene.texts, scene.quarter
    lines: list[str] = []
    reductions = 0
    if scene.employer.sector.statutory == 0 and random() < 0.7:
        structural = max(0, 1_000_000 - basis) * 14 // 100
        reductions = min(structural, basis // 10)
        lines.append(texts.occupation_deduction % (3000, reductions, ""))
    if scene.employer.size <= 6 and quarter.code >= "20161" and span.start > quarter.first - 1500 and random() < 0.3:
        first_hire = min(basis // 20, 105_000)
        lines.append(texts.occupation_deduction % (3315, first_hire, texts.deduction_start % iso(span.start)))
        reductions += first_hire
    if random() < 0.004:
        shorter = min(basis // 40, 10_000)
        since = iso(max(span.start, quarter.first - 300))
        detail = texts.occupation_deduction_detail % since
        lines.append(texts.occupation_deduction % (3500, shorter, detail))
        reductions += shorter
    return Written("".join(lines), reductions=reductions)
