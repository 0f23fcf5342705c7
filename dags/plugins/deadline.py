"""When a run of `process_batch` is late: the moment that the run was told, for Airflow's pages.

The ledger and `oversight` are the record; this only shows the same moment. The scheduler asks for it whenever it makes
a run, so it is small, and it never fails: a run that was told nothing has no deadline.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.definitions.deadline import BaseDeadlineReference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)


class FourDays(BaseDeadlineReference):
    """The end of the four calendar days of the batch that came first: `due_at` of the run's configuration."""

    required_kwargs = {"dag_id", "run_id"}  # noqa: RUF012  Airflow looks for this name, without an annotation

    def _evaluate_with(self, *, session: Session, **kwargs: Any) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        mine = (DagRun.dag_id == kwargs["dag_id"], DagRun.run_id == kwargs["run_id"])
        conf = session.scalar(select(DagRun.conf).where(*mine)) or {}
        return moment(conf.get("due_at"))

    def serialize_reference(self) -> dict[str, Any]:
        """What Airflow's database keeps of it: its name."""
        return {"reference_type": self.reference_name}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> FourDays:
        """It again."""
        return cls()


def moment(text: object) -> datetime | None:
    """A moment as text, or None where it is none."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return read if read.tzinfo else None


def late(**_context: object) -> None:
    """What Airflow does when a deadline passes: a line in the log; `oversight` has raised the alarm."""
    log.error("a run of process_batch has reached the end of the four days of its first batch")


class DeadlinePlugin(AirflowPlugin):
    """Makes the reference known to every component."""

    name = "declarations_deadline"
    deadline_references = [FourDays]  # noqa: RUF012
