"""The record of everything, as Protocols: what the flow, the operators and the reports ask of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from declarations.model import (
    Artifact,
    Batch,
    BatchStatus,
    Delivery,
    Drop,
    Event,
    Exchange,
    FormVerdict,
    KeptParcel,
    Line,
    Outcome,
    Outgoing,
    Packed,
    Parcel,
    Story,
)

if TYPE_CHECKING:
    from declarations.kpi.facts import Fact
    from declarations.kpi.overview import OwnBatch, OwnDelivery
    from declarations.metrics import Reading
    from declarations.operations import Action, Alarm, Channel, Decision, Pause, Ruling, Ticking, Verdict, Waiting


class Record(Protocol):
    """The part of the ledger that figures are made of: it only reads."""

    def facts(
        self, start: datetime, end: datetime, as_of: datetime, genuine: Callable[[Pause, str], bool]
    ) -> Iterator[Fact]:
        """The facts of the batches whose four days began between these moments, as known at `as_of`; then outages.

        `genuine` says whether a signature on a pause holds.
        """

    def entrusted(self, keys: Collection[str]) -> set[str]:
        """Those of the keys under which a file was entrusted."""

    def own_batches(self, folder: str, since: datetime) -> tuple[OwnBatch, ...]:
        """That folder's batches whose four days began since then or have not ended, newest first."""

    def own_deliveries(self, recipient: str, since: datetime) -> tuple[OwnDelivery, ...]:
        """That recipient's deliveries made since then or not confirmed, newest first."""

    def parcels_waiting(self, recipient: str) -> int:
        """How many parcels wait for that recipient's next delivery."""

    def measured(self, now: datetime, recently: timedelta) -> list[Reading]:
        """What is measured of the flow; throughput over that time."""


class Operations(Protocol):
    """What operators are told and decide, and what is handed to runs."""

    # alarms: a key is raised once, until it is calmed
    def alarm(self, key: str, kind: str, subject: str, detail: str, now: datetime) -> bool:
        """Raise an alarm; False where it is raised already."""

    def calm(self, key: str, now: datetime) -> bool:
        """Clear an alarm; False where it is not raised. It stays on record, and may be raised again."""

    def calm_ended(self, kinds: Collection[str], now: datetime) -> int:
        """Clear the alarms of those kinds about batches whose clock has stopped."""

    def alarms(self) -> list[Alarm]:
        """The alarms that stand, oldest first."""

    def untold(self, channel: Channel, limit: int) -> list[Alarm]:
        """The alarms that stand and have not gone out on that channel yet, oldest first."""

    def told(self, channel: Channel, ids: Collection[int], now: datetime) -> None:
        """Note that these have gone out on that channel."""

    def ticking(self, due_before: datetime) -> list[Ticking]:
        """Production batches whose clock runs and that are due before then, the first due first."""

    def stuck(self, statuses: Collection[BatchStatus], before: datetime) -> list[Batch]:
        """Batches that have stood in one of those statuses since before then, oldest first."""

    # decisions: what may do harm takes two persons
    def hold(self, batch: Batch, operator: str, reason: str, now: datetime) -> Ruling:
        """Stop a batch until two persons release it: one may."""

    def propose(self, batch_id: int, action: Action, operator: str, reason: str, now: datetime) -> Ruling:
        """Ask for something that takes two persons; asked before and still open, it is not asked again."""

    def decide(self, batch_id: int, action: Action, operator: str, verdict: Verdict, now: datetime) -> Ruling:
        """A second person's word on what was proposed: whoever proposed may take it back, and not approve it."""

    def decisions(self, batch_id: int) -> list[Decision]:
        """What was decided about a batch, oldest first."""

    def enter_pause(self, pause: Pause, signature: str) -> None:
        """Note a pause, with our signature over it."""

    def pauses(self, batch_ids: Collection[int]) -> list[tuple[Pause, str]]:
        """The pauses of those batches with their signatures, which the reader verifies."""

    # what was sent again
    def failed_before(self, batch: Batch, since: datetime, limit: int) -> list[Batch]:
        """Batches of that sender, environment and object that failed before it, replaced by none; newest first."""

    # which run has a batch
    def hand_on(self, holder: str, now: datetime, seconds: float, most: int) -> list[Waiting]:
        """Batches that wait for a step and are in nobody's hands: now they are in the holder's, for so long.

        At most `most` are in somebody's hands at once. What was handed on before comes after what never was.
        """

    def hand_back(self, done: Collection[int], later: Collection[int], until: datetime) -> None:
        """A run has ended: what is done is in nobody's hands, the rest is handed on again after that moment."""

    def abandoned(self, resource: str, now: datetime) -> bool:
        """Whether whoever held that lease let it run out: its process died, or was killed."""

    def sweep(self, before: datetime) -> dict[str, int]:
        """Forget leases that ran out and sightings that were made before then; how many of each."""


class Ledger(Record, Operations, Protocol):
    """The record of everything. Each method is one transaction; moments are aware and in UTC."""

    # leases: they save work and keep two readers out of one inbox; truth is guarded by the status
    def acquire(self, resource: str, holder: str, now: datetime, seconds: float) -> bool:
        """Take or prolong a lease; False where another holder's runs on."""

    def release(self, resource: str, holder: str) -> None:
        """Give a lease back."""

    # intake
    def sight(self, folder: str, box: str, names: Collection[str], now: datetime) -> dict[str, datetime]:
        """When each name was first seen there; names no longer listed are forgotten."""

    def record(self, drop: Drop, holder: str, now: datetime, due: datetime) -> Batch | None:
        """Enter a drop as `received`, with its incoming exchanges and its clock.

        `occurrence` is one more than the drops of that kind, folder and reference so far. None where `holder`
        no longer has the lease `inbox:<folder>` (then nothing is entered).
        """

    def unremoved(self, folder: str) -> list[Batch]:
        """Batches of that folder whose files may still lie in the inbox."""

    def removed(self, batch: Batch, now: datetime) -> None:
        """Note that the inbox is clear of it."""

    # the queue
    def standing(self, status: BatchStatus, limit: int) -> list[Batch]:
        """Batches in that status, oldest first; of the received, cancellations first."""

    def batch(self, batch_id: int) -> Batch:
        """That batch. Invariant where there is none."""

    def after(self, batch_id: int, limit: int) -> list[Batch]:
        """The batches that were entered after that one, in order."""

    def find(self, text: str) -> list[Batch]:
        """Batches whose reference or name contains the text, newest first."""

    def namesakes(self, batch: Batch) -> list[Batch]:
        """Batches (kind GO) of the same folder and reference, first occurrence first, that one included."""

    def advance(self, batch: Batch, outcome: Outcome, now: datetime) -> bool:
        """Take the outcome whole; False, and nothing done, where the batch (or the one it cancels) has moved on.

        Numbers the answers, resets attempts, writes the events. `batch.status` is where it must stand.
        """

    def derived(self, batch: Batch, artifacts: Collection[Artifact]) -> bool:
        """Enter what was derived on the way to the next step, once; False, and nothing entered, where it has moved on.

        What has that kind and name already stays as it is.
        """

    def stumbled(self, batch: Batch, error: str, now: datetime, hold: bool) -> None:
        """Count a failed attempt; with `hold` the batch is `held` until released."""

    def forms(self, batch_id: int) -> list[FormVerdict]:
        """The verdicts on its forms, in order."""

    def artifacts(self, batch_id: int) -> list[Artifact]:
        """What was derived from it so far."""

    # exchanges
    def outboxes(self) -> list[str]:
        """The folders for which outgoing files are decided and not yet noted as sent."""

    def unsent(self, folder: str, limit: int) -> list[Exchange]:
        """Outgoing files for that folder decided and not yet noted as sent, oldest first."""

    def sent(self, exchange: Exchange, now: datetime) -> None:
        """Note that it lies in the outbox; its delivery becomes `sent`. Nothing happens the second time."""

    def entrust(self, outgoing: Outgoing, key: str, now: datetime, batch_id: int | None = None) -> Exchange | None:
        """Enter a file that no step of a batch gives; None where that key was entered before.

        `batch_id` is the batch whose story it belongs to, if any.
        """

    # parcels and deliveries
    def awaiting(self) -> dict[str, int]:
        """The recipients for which parcels wait, sorted, with how many rows those have."""

    def waiting(self, recipient: str, limit: int) -> list[KeptParcel]:
        """That recipient's parcels that wait for a delivery, oldest first."""

    def withheld(self) -> list[KeptParcel]:
        """Parcels that wait for an authorization."""

    def recut(self, kept: KeptParcel, new: Parcel, artifacts: Collection[Artifact], now: datetime) -> bool:
        """Put a new cut in the place of one that is in no delivery; False where it is in one or was cut anew."""

    def next_number(self, recipient: str) -> int:
        """The number of that recipient's next delivery."""

    def pack(self, packed: Packed, number: int, now: datetime) -> Delivery | None:
        """Enter a delivery with its named files; None where the number is taken or a parcel no longer waits."""

    def delivery(self, delivery_id: int) -> Delivery:
        """That delivery. Invariant if there is none."""

    def delivery_named(self, name: str) -> Delivery | None:
        """The delivery that people call so, as in `pensions-000123`; None where there is none."""

    def deliveries_of(self, recipient: str, limit: int) -> list[Delivery]:
        """That recipient's deliveries, newest first."""

    def unconfirmed(self) -> list[Delivery]:
        """Deliveries that lie with their recipient and of which a receipt is awaited, oldest first."""

    def carried(self, delivery_id: int) -> list[KeptParcel]:
        """The parcels in that delivery, in their order."""

    def files_of(self, delivery_id: int) -> list[Exchange]:
        """The files of that delivery, by part."""

    def told_of(self, delivery_id: int) -> list[Event]:
        """The story of that delivery."""

    def resend(self, delivery: Delivery, operator: str, now: datetime) -> bool:
        """Let its files be written again, same names and same bytes; False where some still wait to be written."""

    def file_named(self, folder: str, name: str) -> Exchange | None:
        """The file of a delivery to that folder whose GO has that name."""

    # lines: which folders and servers can be reached
    def line(self, folder: str) -> Line:
        """How well that folder or server can be reached."""

    def lines(self) -> list[Line]:
        """Every folder or server of which something was noted."""

    def unreachable(self, folder: str, error: str, next_try_at: datetime, now: datetime) -> None:
        """Note that it could not be reached, and when it is tried again."""

    def rest(self, folder: str, until: datetime) -> None:
        """Leave it alone until then, though nothing is wrong with it."""

    def reached(self, folder: str, now: datetime) -> None:
        """Note that it could be reached."""

    # ends
    def distributed(self) -> list[Batch]:
        """Batches in `split` of which no parcel waits and every delivery has been sent (withheld ones do not count)."""

    def finished(self) -> list[tuple[Batch, datetime]]:
        """Batches in `distributed`, or ended with a running clock, for which nothing is awaited any more.

        With each the moment of the last thing awaited: answers sent, deliveries confirmed; for a canceled one
        the moment of the cancellation.
        """

    def stop_clock(self, batch: Batch, end: datetime) -> None:
        """Write the end of its four days, once."""

    def overdue(self, now: datetime) -> list[Batch]:
        """Production batches whose clock runs and whose due moment has passed."""

    # reading
    def recent(self, limit: int) -> list[Story]:
        """The newest batches, newest first, with their clock, codes and deliveries."""

    def story(self, batch_id: int) -> Story:
        """All of one batch."""
