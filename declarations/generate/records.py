"""Synthetic worker records of every kind, as text and as what they add to the net amount, in cents."""

from __future__ import annotations

from datetime import date

from declarations.generate.occupations import (
    Scene,
    Span,
    envelop,
    informations,
    occupation,
    severance,
    spans,
    working_days,
)
from declarations.generate.quarters import YOUNGEST, iso

_INSURER = "027"  # the employer class under which indemnities of accidents at work are declared
_CAPELO = date(2011, 1, 1).toordinal()  # since when data of public service are declared
_RISKS = {True: ("001", "002", "004", "006"), False: ("401", "402", "403", "405")}  # of manual and of other workers
_FLEXI_RATE = 2500  # made up, as all rates: hundredths of a percent
_STUDENT_RATE = 813


def ordinary(scene: Scene, born: int, code: str) -> tuple[str, int]:
    """A record with occupations, contributions and reductions; 015 for manual workers, 495 for others."""
    parts = spans(scene, born)
    retired = scene.quarter.first - born > 65 * 365
    written = [occupation(scene, at, span, code, retired) for at, span in enumerate(parts, 1)]
    if parts[-1].end is not None and scene.random() < 0.08:
        written.append(severance(scene, len(parts) + 1, parts[-1], code))
    basis = sum(piece.basis for piece in written)
    contributions, owed = _contributions(scene, code, basis)
    deductions, deducted = _deductions(scene, basis)
    inner = "".join(piece.text for piece in written) + contributions + deductions
    return _record(scene, code, inner), owed - deducted - sum(piece.reductions for piece in written)


def _contributions(scene: Scene, code: str, basis: int) -> tuple[str, int]:
    texts = scene.texts
    basis = basis * 108 // 100 if code < "100" else basis
    lines: list[str] = []
    owed = 0
    for levy in scene.employer.levies(code):
        amount = (basis * levy.rate + 5000) // 10_000
        lines.append(texts.contribution % (levy.code, levy.type, basis, amount))
        owed += amount
    special = min(basis // 100, 18_282)
    lines.append(texts.flat_contribution % ("856", 0, special))
    return "".join(lines), owed + special


def _deductions(scene: Scene, basis: int) -> tuple[str, int]:
    """The worker's own reductions: never more than a tenth of the pay."""
    if basis > 800_000 or scene.random() < 0.3:
        return "", 0
    bonus = max(1, min(basis // 15, (850_000 - basis) // 8))
    return scene.texts.deduction % (1, bonus), bonus


def statutory(scene: Scene, born: int) -> tuple[str, int]:
    """A civil servant, with what the public pension needs; now and then on leave under two measures."""
    random, texts = scene.random, scene.texts
    entered = scene.quarter.first - int(random() * min(scene.quarter.first - born - YOUNGEST, 9000))
    span = Span(entered, None, 3800, 3800, 500)
    salary = 600_000 + int(random() * 900_000)
    pension = _public_service(scene, entered, salary)
    if random() < 0.05:
        leave = texts.reorganization % (4, 2000) + texts.reorganization % (507, 8000)
        absent = Span(entered, None, 3800, 0, 0)
        inner = envelop(scene, 1, absent, "999", texts.measure % 599, False, pension + leave)
        return _record(scene, "675", inner), 0
    pillar = texts.second_pillar % (f"{scene.starts[:7]}", salary // 3, 1 + int(random() * 2)) if random() < 0.1 else ""
    service = texts.service % (1, 1, working_days(scene, span) * 100)
    body = pillar + service + texts.remun % (1, 61 if scene.quarter.code >= "20221" else 1, salary) + pension
    contributions, owed = _contributions(scene, "675", salary)
    return _record(scene, "675", envelop(scene, 1, span, "999", "", False, body) + contributions), owed


def _public_service(scene: Scene, entered: int, salary: int) -> str:
    """The data that the pension needs; they are asked for since 2011."""
    random, texts = scene.random, scene.texts
    if scene.quarter.code < "20111":
        return ""
    since = iso(max(entered, scene.quarter.first - 2000, _CAPELO))
    reference = 999_990_620_000 + int(random() * 9999)
    added = texts.additional_salary % (since, reference + 1, salary // 20) if random() < 0.2 else ""
    grade = f"grade {1 + int(random() * 9)}"
    language = 1 + int(random() * 2)
    since_month = iso(entered)[:7]
    return texts.public_service % (since, 25, 3, grade, language, since, since_month, reference, salary * 4, added)


def flexi(scene: Scene, born: int) -> tuple[str, int]:
    """A flexi-job: flexi pay, and flexi premiums now and then."""
    random, texts, sector = scene.random, scene.texts, scene.employer.sector
    code = "050" if sector.manual > 0.5 else "450"
    start = scene.quarter.first - int(random() * min(300, scene.quarter.first - born - YOUNGEST))
    days = 3 + int(random() * 25)
    span = Span(start, None, 3800, 760, 100)
    pay = days * (8000 + int(random() * 4000))
    remuns = texts.remun % (1, 22, pay)
    if random() < 0.2:
        remuns += texts.bonus % (2, 23, 12, pay // 20)
    service = texts.service_hours % (1, 1, days * 100, days * 760)
    owed = (pay * _FLEXI_RATE + 5000) // 10_000
    committee = sector.manual_committee if code == "050" else sector.other_committee
    inner = envelop(scene, 1, span, committee, "", False, service + remuns)
    return _record(scene, code, inner + texts.contribution % (code, 0, pay, owed)), owed


def student(scene: Scene) -> tuple[str, int]:
    """A student's solidarity contribution; hours are declared since 2017, days before."""
    random, texts, employer = scene.random, scene.texts, scene.employer
    hours = 8 + int(random() ** 2 * 460)
    pay = hours * (1100 + int(random() * 500))
    owed = (pay * _STUDENT_RATE + 5000) // 10_000
    unit = employer.units[0]
    if scene.quarter.code >= "20171":
        inner = texts.student_hours % (pay, owed, hours, unit)
    else:
        inner = texts.student_days % (pay, owed, min(50, 1 + hours // 8), unit)
    return _record(scene, "840" if random() < employer.sector.manual else "841", inner), owed


def dismissed(scene: Scene) -> tuple[str, int]:
    """A civil servant who was dismissed and is brought under the scheme of workers."""
    pay = 900_000 + int(scene.random() * 400_000)
    owed = (pay * 3000 + 5000) // 10_000
    start = scene.quarter.first - 180
    inner = scene.texts.dismissed % (pay, owed, 78, iso(start), iso(scene.quarter.first - 1))
    return _record(scene, "876", inner), owed


def indemnity(scene: Scene) -> tuple[str, int]:
    """What a former employer pays on top of unemployment benefit."""
    random, sector = scene.random, scene.employer.sector
    monthly = 20_000 + int(random() * 60_000)
    owed = (monthly * 3 * 3000 + 5000) // 10_000
    since = scene.quarter.first - 30 - int(random() * 900)
    agreement = 1 + int(random() * 3)
    notice = iso(since - 90 - int(random() * 300))
    inner = scene.texts.indemnity % (sector.other_committee, iso(since), agreement, notice, monthly, owed)
    return _record(scene, "883", inner), owed


def accident(scene: Scene) -> tuple[str, int]:
    """What an insurer pays after an accident at work, with the contribution on it."""
    random, texts = scene.random, scene.texts
    amount = 50_000 + int(random() * 500_000)
    owed = (amount * 1307 + 5000) // 10_000
    degree = f"{10 + int(random() * 90):03d},{int(random() * 100):02d}"
    contribution = texts.contribution % ("495", 0, amount, owed)
    inner = contribution + texts.accident % (1 + int(random() * 3), degree, amount)
    return _record(scene, "495", inner, _INSURER), owed


def exempted(scene: Scene, born: int) -> tuple[str, int]:
    """An employee who is paid without working, in a training: the activation contribution is due."""
    random, texts, sector = scene.random, scene.texts, scene.employer.sector
    start = scene.quarter.first - int(random() * min(5000, scene.quarter.first - born - YOUNGEST))
    span = Span(start, None, 3800, 3800, 500)
    pay = 700_000 + int(random() * 500_000)
    since = iso(scene.quarter.first - 30)
    body = informations(texts, [("ServiceExemptionNotion", "2")])
    body += texts.service % (1, 1, working_days(scene, span) * 100) + texts.remun % (1, 1, pay)
    contributions, owed = _contributions(scene, "495", pay)
    activation = pay // 5
    status = texts.activation_status if scene.schema >= "20231" else ""
    inner = envelop(scene, 1, span, sector.other_committee, "", False, body)
    inner += texts.activation % (since, since, status)
    inner += contributions + texts.contribution % ("260", 0, pay, activation)
    return _record(scene, "495", inner), owed + activation


def _record(scene: Scene, code: str, inner: str, employer_class: str | None = None) -> str:
    random, texts = scene.random, scene.texts
    risks = _RISKS[code < "100"]
    return texts.record % (
        employer_class or scene.employer.sector.employer_class,
        code,
        scene.starts,
        scene.ends,
        random() < 0.01,
        texts.risk % risks[int(random() * 4)] if random() < 0.05 else "",
        texts.no_record_reference + inner if random() < 0.1 else inner,
    )
