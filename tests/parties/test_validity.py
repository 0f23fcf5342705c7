"""What becomes of the drops and parcels of a party outside its validity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from declarations import pipeline
from declarations.model import BatchStatus
from declarations.parties.party import Parties
from tests.worlds import SENDER, Place, document, place, with_world


def valid(here: Place, first: date | None = None, last: date | None = None) -> Place:
    """The installation, the sender and one recipient valid only then."""
    known = here.world.parties
    sender = replace(known.senders[SENDER], valid_from=first, valid_until=last)
    recipient = replace(known.recipients["pensions"], valid_from=first, valid_until=last)
    parties = Parties({SENDER: sender}, {**known.recipients, "pensions": recipient})
    return with_world(here, parties=parties)


def received_and_accepted(here: Place) -> None:
    for step in ("receive", "accept"):
        pipeline.STEPS[step](here.world)


def test_a_sender_after_its_last_day_is_refused_as_unknown(tmp_path: Path) -> None:
    here = valid(place(tmp_path), last=date(2026, 4, 22))
    reference = here.drop(document())
    received_and_accepted(here)
    assert (here.batch(reference).status, here.batch(reference).codes) == (BatchStatus.REFUSED, ("103",))


def test_a_sender_on_its_last_day_is_accepted(tmp_path: Path) -> None:
    here = valid(place(tmp_path), last=date(2026, 4, 23))
    reference = here.drop(document())
    received_and_accepted(here)
    assert here.batch(reference).status is BatchStatus.ACCEPTED


def test_the_parcels_of_a_recipient_wait_until_its_first_day(tmp_path: Path) -> None:
    here = valid(place(tmp_path))
    recipient = replace(here.world.parties.recipients["pensions"], valid_from=date(2026, 4, 24))
    here = with_world(here, parties=Parties(here.world.parties.senders, {"pensions": recipient}))
    here.drop(document())
    here.run()
    waited = here.box("990001")
    here.clock.pass_(hours=4)
    here.run()
    assert (waited, [name[:8] for name in here.box("990001")]) == ([], ["FO.DMFA.", "FS.DMFA.", "GO.DMFA."])
