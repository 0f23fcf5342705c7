"""Where pages are put together: what the ledger tells, what parties are called, and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from declarations.board.batch import batch
from declarations.board.lists import findings, listing, several, unrelated
from declarations.board.overview import overview
from declarations.board.recipients import recipients
from declarations.board.shell import Frame, Page
from declarations.board.values import PartyLine, Queue, Source, Wanted
from declarations.model import OURS, Line


@dataclass(frozen=True, slots=True)
class Names:
    """What parties are called.

    names    by number, and of a recipient by its id too
    numbers  of the recipients, by id
    pushed   ids of the recipients to whose own servers we write
    """

    names: Mapping[str, str]
    numbers: Mapping[str, str]
    pushed: frozenset[str] = frozenset()

    def of(self, party: str) -> str:
        """The name of a party; its number or id where nobody knows it."""
        return self.names.get(party) or party


@dataclass(frozen=True, slots=True)
class Desk:
    """Makes the pages."""

    source: Source
    names: Callable[[], Names]
    clock: Callable[[], datetime]

    def overview(self, frame: Frame) -> Page:
        """The first page."""
        return overview(self.source.overview(frame.now), frame, self.names().of)

    def batches(self, wanted: Wanted, frame: Frame) -> Page:
        """A page of a list."""
        return listing(self.source.batches(wanted, frame.now), wanted, frame, self.names().of)

    def search(self, text: str, frame: Frame) -> Page:
        """What is found for that text."""
        return findings(self.source.search(text), text, frame, self.names().of)

    def recipients(self, frame: Frame, most: int | None = None) -> Page:
        """The recipients' page, with at most so many of them."""
        lines = self.source.lines()
        known = self.names()
        parties = party_lines(self.source.queues(), lines, known)
        theirs = {each.number for each in parties}
        down = [each for each in lines if each.down_since is not None and each.folder not in theirs]
        others = [(known.of(each.folder), each) for each in down]
        return recipients(parties, others, frame, most)

    def batch(self, batch_id: int, frame: Frame, said: Element | None = None) -> Page | None:
        """One batch's page; None where there is none. `said` is what came of a button."""
        tale = self.source.tale(batch_id)
        return None if tale is None else batch(tale, frame, self.names().of, said)

    def run(self, ids: Sequence[int], frame: Frame) -> Page:
        """The batches that a run took together."""
        rows = self.source.chosen(ids)
        return several(rows, frame, self.names().of) if rows else unrelated(frame)


def party_lines(queues: Sequence[Queue], lines: Sequence[Line], names: Names) -> tuple[PartyLine, ...]:
    """Every recipient that is known or ever had a parcel, with the line to its folder.

    Where that is on our own server and nothing is held against the folder alone, it is the line to our server.
    """
    by_folder = {each.folder: each for each in lines}
    by_id = {each.recipient: each for each in queues}
    known = sorted({*names.numbers, *by_id})
    numbers = {recipient: names.numbers.get(recipient, "") for recipient in known}
    return tuple(
        PartyLine(
            queue=by_id.get(recipient, Queue(recipient)),
            number=numbers[recipient],
            name=names.of(recipient),
            line=by_folder.get(numbers[recipient]) or (None if recipient in names.pushed else by_folder.get(OURS)),
            fetches=recipient not in names.pushed,
        )
        for recipient in known
    )
