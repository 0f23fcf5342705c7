"""What operators do by hand: a form whose every use is on record with the name of who was logged in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task

ACTIONS = ("propose-release", "release", "cancel", "hold", "resend", "rerun", "pause")
SYSTEM = ("", "None")

RUNBOOK = """
### Operate

*Trigger* it with an action, a batch or a delivery (its number or its whole name), and a reason. Your name is that of
your login; it is written, with the reason, into the story of the batch.

| action | what it does |
|---|---|
| propose-release | asks to put a held batch back; another person does it |
| release | does it, where another person proposed; proposes it where nobody has |
| cancel | withdraws a batch that is not controlled yet: the first use proposes, another person's carries it out |
| hold | stops a batch until two persons release it |
| resend | has the files of a delivery (`pensions-000123`) written again: same names, same bytes |
| rerun | has a batch that waits for a step taken up at once |
| pause | notes, signed, time for which somebody else is answerable: fill in the last three fields |

**`act` is red.** The log says why it was refused and what to do: the same person twice, a batch that has moved on, a
name that is not unique. Nothing was done. Trigger it again; do not clear it, or it acts in the name of the first.
"""


@dag(
    dag_id="operate",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=8,
    tags=["exchange", "people"],
    doc_md=RUNBOOK,
    params={
        "action": Param(type="string", enum=list(ACTIONS), title="Action"),
        "subject": Param(
            type="string", minLength=1, title="Batch or delivery", description="Its number or whole name."
        ),
        "reason": Param(type="string", minLength=3, title="Reason", description="No personal data."),
        "since": Param(None, type=["null", "string"], format="date-time", title="Pause from"),
        "until": Param(None, type=["null", "string"], format="date-time", title="Pause until"),
        "attributed_to": Param(None, type=["null", "string"], title="Pause attributed to", description="A party."),
    },
    default_args={"owner": "operations"},
)
def operate() -> None:
    """Do what an operator asks for, in the operator's name."""

    @task(retries=0, execution_timeout=timedelta(minutes=10))
    def act(params: dict[str, Any] | None = None, dag_run: Any = None) -> str:
        from airflow.sdk.exceptions import AirflowFailException

        from declarations import desk

        operator = str(dag_run.triggering_user_name)
        if operator in SYSTEM or not params:
            raise AirflowFailException("a person has to trigger this, by the form or the REST interface")
        action, subject, reason, *pause = (params[name] for name in FIELDS)
        more = {name: value for name, value in zip(FIELDS[3:], pause, strict=True) if value}
        return desk.act(action, subject, operator, reason, **more)

    act()


FIELDS = ("action", "subject", "reason", "since", "until", "attributed_to")

operate()
