"""Synthetic employers: what they do, how many people they have, and which contributions follow from both."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from declarations.errors import Configuration
from declarations.generate import identities

_SPREAD = 1.9  # of the logarithm of the sizes: half of all employers have few people, a handful has thousands


@dataclass(frozen=True, slots=True)
class Sector:
    """A line of business: employer class, joint committees of manual and other workers, NACE code, mix of people."""

    weight: int
    employer_class: str
    manual_committee: str
    other_committee: str
    activity: str
    manual: float  # share of the ordinary workers
    statutory: float = 0.0
    flexi: float = 0.0
    agency: bool = False


_SECTORS = (
    Sector(26, "010", "100", "200", "69201", 0.15),
    Sector(12, "010", "100", "200", "62010", 0.05),
    Sector(10, "024", "124", "200", "41201", 0.80),
    Sector(6, "010", "149.01", "200", "43211", 0.75),
    Sector(11, "017", "302", "302", "56101", 0.80, flexi=0.20),
    Sector(9, "010", "119", "202.01", "47111", 0.30, flexi=0.08),
    Sector(6, "083", "140.03", "226", "49410", 0.75),
    Sector(4, "010", "112", "200", "45201", 0.70),
    Sector(4, "010", "121", "200", "81210", 0.90),
    Sector(4, "011", "330.01.10", "330.01.10", "86101", 0.20),
    Sector(2, "011", "330.01.20", "330.01.20", "87301", 0.30),
    Sector(2, "262", "329.01", "329.01", "88104", 0.20),
    Sector(1, "097", "322", "322", "78200", 0.70, agency=True),
    Sector(1, "010", "306", "306", "65121", 0.02),
    Sector(2, "001", "999", "999", "85201", 0.30, statutory=0.65),
)
_BY_WEIGHT = tuple(sector for sector in _SECTORS for _ in range(sector.weight))


@dataclass(frozen=True, slots=True)
class Levy:
    """A contribution of a worker record: its code, its type, and hundredths of a percent of the basis."""

    code: str
    type: int
    rate: int


@dataclass(frozen=True, slots=True)
class Employer:
    """Who declares."""

    noss: str
    company: str
    units: tuple[str, ...]
    sector: Sector
    size: int
    pays_indemnities: bool  # of accidents at work: an insurer

    def levies(self, code: str) -> tuple[Levy, ...]:
        """What is due on the pay of a worker with that code. The rates are made up."""
        if code == "675":
            return (Levy("675", 0, 881), Levy("815", 1, 4350))
        own = Levy(code, 1 if code < "100" else 0, 3807)  # 1: on 108 % of the pay
        large = self.size >= 20
        levies = [own, Levy("809", 5 if large else 0, 23 if large else 18), Levy("810", 0, 5), Levy("852", 0, 10)]
        levies.append(Levy("859", 0, 10))
        if self.size >= 10:
            levies.append(Levy("855", 0, 160))
        levies.append(self._fund(code, large))
        return tuple(levies)

    def _fund(self, code: str, large: bool) -> Levy:
        if code == "015":
            by_size = self.sector.employer_class in ("017", "024")
            return Levy("820", 5 if large and by_size else 0, 210)
        return Levy("831" if self.sector.other_committee == "200" else "830", 0, 23)


def employer(seed: int, number: int, size: int) -> Employer:
    """The employer with that number, from 0."""
    random = Random(f"{seed}/employer/{number}")
    return Employer(
        noss=identities.noss(seed, number),
        company=identities.company(seed, number),
        units=identities.local_units(number, 1 + size // 40),
        sector=_BY_WEIGHT[int(random.random() * len(_BY_WEIGHT))],
        size=size,
        pays_indemnities=random.random() < 0.02,
    )


def sizes(seed: int, employers: int, persons: int) -> Sequence[int]:
    """How many persons each employer has: at least one where there are enough, the rest with a long tail."""
    random = Random(f"{seed}/sizes")
    weights = array("d", (random.lognormvariate(0, _SPREAD) for _ in range(employers)))
    floor = 1 if persons >= employers else 0
    rest, total = persons - floor * employers, sum(weights)
    counts = array("l")
    reached, given = 0.0, 0
    for weight in weights:
        reached += weight
        upto = min(rest, round(rest * reached / total))
        counts.append(floor + upto - given)
        given = upto
    counts[-1] += rest - given
    if max(counts) > identities.MOST_PERSONS:
        raise Configuration(f"an employer gets {max(counts)} persons: expected at most {identities.MOST_PERSONS}")
    return counts
