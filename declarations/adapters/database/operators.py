"""The operators' part of the ledger: each method is one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine

from declarations.adapters.database import operations
from declarations.adapters.database.engine import reading, writing
from declarations.model import Batch, BatchStatus
from declarations.operations import Action, Alarm, Channel, Decision, Pause, Ruling, Ticking, Verdict, Waiting


class OperatorsLedger:
    """What operators are told and decide, and what is handed to runs, as `declarations.ledger.Operations` says it."""

    _database: Engine

    def alarm(self, key: str, kind: str, subject: str, detail: str, now: datetime) -> bool:
        """Raise an alarm; False where it is raised already."""
        with writing(self._database) as connection:
            return operations.raise_alarm(connection, key, kind, subject, detail, now)

    def calm(self, key: str, now: datetime) -> bool:
        """Clear an alarm; False where it is not raised. It stays on record, and may be raised again."""
        with writing(self._database) as connection:
            return operations.calm(connection, key, now)

    def calm_ended(self, kinds: Collection[str], now: datetime) -> int:
        """Clear the alarms of those kinds about batches whose clock has stopped."""
        with writing(self._database) as connection:
            return operations.calm_ended(connection, kinds, now)

    def alarms(self) -> list[Alarm]:
        """The alarms that stand, oldest first."""
        with reading(self._database) as connection:
            return operations.standing_alarms(connection)

    def untold(self, channel: Channel, limit: int) -> list[Alarm]:
        """The alarms that stand and have not gone out on that channel yet, oldest first."""
        with reading(self._database) as connection:
            return operations.untold(connection, channel, limit)

    def told(self, channel: Channel, ids: Collection[int], now: datetime) -> None:
        """Note that these have gone out on that channel."""
        with writing(self._database) as connection:
            operations.told(connection, channel, ids, now)

    def ticking(self, due_before: datetime) -> list[Ticking]:
        """Production batches whose clock runs and that are due before then, the first due first."""
        with reading(self._database) as connection:
            return operations.ticking(connection, due_before)

    def stuck(self, statuses: Collection[BatchStatus], before: datetime) -> list[Batch]:
        """Batches that have stood in one of those statuses since before then, oldest first."""
        with reading(self._database) as connection:
            return operations.stuck(connection, statuses, before)

    def hold(self, batch: Batch, operator: str, reason: str, now: datetime) -> Ruling:
        """Stop a batch until two persons release it: one may."""
        with writing(self._database) as connection:
            return operations.hold(connection, batch, operator, reason, now)

    def propose(self, batch_id: int, action: Action, operator: str, reason: str, now: datetime) -> Ruling:
        """Ask for something that takes two persons; asked before and still open, it is not asked again."""
        with writing(self._database) as connection:
            return operations.propose(connection, batch_id, action, operator, reason, now)

    def decide(self, batch_id: int, action: Action, operator: str, verdict: Verdict, now: datetime) -> Ruling:
        """A second person's word on what was proposed: whoever proposed may take it back, and not approve it."""
        with writing(self._database) as connection:
            return operations.decide(connection, batch_id, action, operator, verdict, now)

    def decisions(self, batch_id: int) -> list[Decision]:
        """What was decided about a batch, oldest first."""
        with reading(self._database) as connection:
            return operations.decisions(connection, batch_id)

    def enter_pause(self, pause: Pause, signature: str) -> None:
        """Note a pause, with our signature over it."""
        with writing(self._database) as connection:
            operations.enter_pause(connection, pause, signature)

    def pauses(self, batch_ids: Collection[int]) -> list[tuple[Pause, str]]:
        """The pauses of those batches with their signatures, which the reader verifies."""
        with reading(self._database) as connection:
            return operations.pauses(connection, batch_ids)

    def failed_before(self, batch: Batch, since: datetime, limit: int) -> list[Batch]:
        """Batches of that sender, environment and object that failed before it, replaced by none; newest first."""
        with reading(self._database) as connection:
            return operations.failed_before(connection, batch, since, limit)

    def hand_on(self, holder: str, now: datetime, seconds: float, most: int) -> list[Waiting]:
        """Batches that wait for a step and are in nobody's hands: now they are in the holder's, for so long.

        At most `most` are in somebody's hands at once. What was handed on before comes after what never was.
        """
        with writing(self._database) as connection:
            return operations.hand_on(connection, holder, now, seconds, most)

    def hand_back(self, done: Collection[int], later: Collection[int], until: datetime) -> None:
        """A run has ended: what is done is in nobody's hands, the rest is handed on again after that moment."""
        with writing(self._database) as connection:
            operations.hand_back(connection, done, later, until)

    def abandoned(self, resource: str, now: datetime) -> bool:
        """Whether whoever held that lease let it run out: its process died, or was killed."""
        with reading(self._database) as connection:
            return operations.abandoned(connection, resource, now)

    def sweep(self, before: datetime) -> dict[str, int]:
        """Forget leases that ran out and sightings that were made before then; how many of each."""
        with writing(self._database) as connection:
            return operations.sweep(connection, before)
