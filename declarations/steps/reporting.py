"""daily, monthly: what each party is told of its own, and what everybody is; the log that figures are rebuilt from."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from declarations.kpi import overview
from declarations.kpi.course import log_of
from declarations.kpi.facts import Code, Fact, Found, Header, Outage
from declarations.kpi.files import archive, report_files
from declarations.kpi.months import Month, final_month, public_month
from declarations.kpi.overview import Overview
from declarations.kpi.overview_page import overview_page
from declarations.kpi.report import PUBLIC, Reader, View, own_parts, report
from declarations.model import Environment
from declarations.operations import Pause
from declarations.sla import brussels_date
from declarations.steps.world import World, outgoing
from validators import rules
from validators.catalogue import Language, catalogue

log = logging.getLogger(__name__)

OVERVIEW, FIGURES = "OVRV", "KPIM"
"""Objects in the names of what parties find in their outboxes."""

Views = Mapping[str, View]
"""By the number of a party, whose folder has the same name."""


def daily(world: World) -> int:
    """Leave each party its overview of today, once; how many were left. A party that has nothing to see gets none."""
    now = world.clock()
    day = brussels_date(now).isoformat()
    keys = {f"overview:{day}:{number}": number for number in numbers(world)}
    told = world.ledger.entrusted(keys)
    found = (overview_of(world, number, now) for key, number in keys.items() if key not in told)
    return sum(
        _entrusted(world, OVERVIEW, each.number, overview_files(each), f"overview:{day}:{each.number}")
        for each in found
        if not each.empty
    )


def monthly(world: World) -> int:
    """Leave the figures of the newest final month to each party, and the public ones ten days later; how many.

    May run any day: what was left is not left again, and a month is told once no figure of it can change any more.
    """
    now = world.clock()
    return _told_each(world, final_month(now)) + _told_all(world, public_month(now))


def _told_each(world: World, month: Month) -> int:
    """Each party's own figures of the month."""
    views = own_views(world)
    keys = {f"kpi:{month}:{number}": number for number in views}
    missing = keys.keys() - world.ledger.entrusted(keys)
    if not missing:
        return 0
    parts = own_parts(log_of(facts(world, month, month.final_at)))
    return sum(
        _entrusted(world, FIGURES, keys[key], report_files(report(parts[view], view)), key)
        for key in sorted(missing)
        if (view := views[keys[key]]) in parts
    )


def _told_all(world: World, month: Month) -> int:
    """The public figures of the month, to everybody."""
    keys = {f"kpi-public:{month}:{number}": number for number in numbers(world)}
    missing = keys.keys() - world.ledger.entrusted(keys)
    if not missing:
        return 0
    known = log_of(facts(world, month, month.final_at))
    if not known.courses:
        return 0
    files = report_files(report(known, PUBLIC))
    return sum(_entrusted(world, FIGURES, keys[key], files, key) for key in sorted(missing))


def numbers(world: World) -> list[str]:
    """Every party's number, sorted."""
    return sorted({*world.parties.senders, *(each.number for each in world.parties.recipients.values())})


def own_views(world: World) -> Views:
    """What each party may see."""
    senders = {number: View(Reader.SENDER, number) for number in world.parties.senders}
    return senders | {each.number: View(Reader.RECIPIENT, each.id) for each in world.parties.recipients.values()}


def facts(world: World, month: Month, as_of: datetime) -> Iterator[Fact]:
    """The log of that month as it was known then: its head, what happened, and what the codes in it mean."""
    yield Header(str(month), as_of)
    codes: set[str] = set()
    ids = {each.number: each.id for each in world.parties.recipients.values()}
    for fact in world.ledger.facts(month.start, month.end, as_of, lambda pause, signed: _genuine(world, pause, signed)):
        if isinstance(fact, Found):
            codes.add(fact.code)
        yield replace(fact, party=ids.get(fact.party, fact.party)) if isinstance(fact, Outage) else fact
    yield from explained(world, sorted(codes))


def _genuine(world: World, pause: Pause, signature: str) -> bool:
    """Whether the pause bears a signature of ours: one that was changed or planted counts for nothing."""
    signed, ours = signature.encode("ascii", "replace"), world.signatures.ours
    return world.signatures.verify(io.BytesIO(pause.signed_text()), signed, ours, pause.entered_at) is None


def explained(world: World, codes: Iterable[str]) -> Iterator[Code]:
    """What these anomalies are called in English, and the controls that find each."""
    for code in codes:
        number = code.partition("-")[0]
        for family in world.families:
            texts = catalogue(Language.ENGLISH, family.folder)
            if number not in texts.numbers and family is not world.families[-1]:
                continue
            finders = tuple(
                each.id for each in rules.controls(family.folder / "controls").controls if each.code == code
            )
            told = texts.anomaly(code, texts.numbers.get(number, ""), finders[0] if finders else "")
            yield Code(code, f"{told.field}: {told.wrong}" if told.field else told.wrong, finders)
            break


def overview_of(world: World, number: str, now: datetime) -> Overview:
    """What that party sees now of the last days."""
    since = now - timedelta(days=overview.DAYS)
    recipient = world.parties.recipient_numbered(number)
    return Overview(
        number=number,
        as_of=now,
        batches=world.ledger.own_batches(number, since) if number in world.parties.senders else (),
        deliveries=world.ledger.own_deliveries(recipient.id, since) if recipient else (),
        waiting=world.ledger.parcels_waiting(recipient.id) if recipient else 0,
    )


def overview_files(given: Overview) -> dict[str, bytes]:
    """The overview as HTML and JSON, by file name."""
    stem = f"overview-{brussels_date(given.as_of).isoformat()}-{given.number}"
    return {
        f"{stem}.html": overview_page(given).encode(),
        f"{stem}.json": overview.as_json(given).encode(),
    }


def with_signatures(world: World, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files, each followed by its detached signature, `FS.` and its name."""
    signed: dict[str, bytes] = {}
    for name, content in files.items():
        signed |= {name: content, f"FS.{name}": world.signatures.sign(io.BytesIO(content))}
    return signed


def _entrusted(world: World, object_: str, number: str, files: Mapping[str, bytes], key: str) -> bool:
    """Give a party its files in one archive; False where it has them already."""
    content = archive(with_signatures(world, files))
    file = outgoing(world, object_, number, Environment.PRODUCTION, content)
    entrusted = world.ledger.entrust(file, key, world.clock())
    if entrusted is not None:
        log.info("entrusted", extra={"exchange": entrusted.stem, "folder": number})
    return entrusted is not None
