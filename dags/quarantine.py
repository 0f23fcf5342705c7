"""What happens to a held batch: one person proposes to release it, another one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, chain, dag, task

RELEASE, LEAVE = "Release", "Leave it held"

RUNBOOK = """
### Quarantine

Started by `oversight` for each batch that is held. A held batch failed three times for a fault of ours; the sender has
been told nothing. `propose` waits for a person who has repaired the cause, `release` for another person who agrees:
answer under *Required Actions* of the run. Both names and the reason are in the batch's story.

**`propose` or `release` waits.** That is its purpose: it takes no worker. After 14 days without an answer the batch
stays held, and the run ends.

**`record_release` is red: the same person.** Whoever proposed may not approve; the ledger refuses it, whatever this
page allows. Clear `release`, and have another person answer it.

**`record_proposal` is red: no reason.** Whoever proposes says what was repaired, in three letters or more. Clear
`propose` with what follows it, and answer it again.

**`record_proposal` or `record_release` is red: nothing to decide.** The batch was released or canceled on another way,
by the command line or by the sender. Mark the run as success.

**Once released**, `intake` takes the batch up within a minute, from the step that failed.
"""

SUBJECT = "Batch {{ params.batch }} is held: "
BODY = "`declarations status` shows what failed. Release it once the cause is repaired."
PATIENCE = timedelta(days=14)
AGAIN = 3
"""So often a question is asked again whose answer was lost, or could not be taken."""


@dag(
    dag_id="quarantine",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=64,
    tags=["exchange", "batch", "people"],
    doc_md=RUNBOOK,
    params={"batch": Param(type="integer", minimum=1, title="Batch", description="Its number in the ledger.")},
    default_args={"owner": "oversight"},
)
def quarantine() -> None:
    """Have two persons release a held batch."""

    @task.short_circuit(retries=2, retry_delay=timedelta(seconds=20), execution_timeout=timedelta(minutes=5))
    def record_proposal(batch: str, said: dict[str, Any]) -> bool:
        if said["chosen_options"] != [RELEASE]:
            return False
        from declarations import desk

        reason = said["params_input"].get("reason") or ""
        desk.propose_release(int(batch), said["responded_by_user"]["name"], reason)
        return True

    @task(retries=0, execution_timeout=timedelta(minutes=5))
    def record_release(batch: str, said: dict[str, Any]) -> str:
        from declarations import desk

        return desk.release(int(batch), said["responded_by_user"]["name"], said["chosen_options"] == [RELEASE])

    propose = HITLOperator(
        task_id="propose",
        subject=SUBJECT + "propose to release it?",
        body=BODY,
        options=[RELEASE, LEAVE],
        defaults=LEAVE,
        params={"reason": Param(None, type=["null", "string"], minLength=3, title="What was repaired")},
        response_timeout=PATIENCE,
        retries=AGAIN,
        retry_delay=timedelta(seconds=10),
    )
    release = HITLOperator(
        task_id="release",
        subject=SUBJECT + "release it, as proposed?",
        body="The one who proposed may not approve.",
        options=[RELEASE, LEAVE],
        defaults=LEAVE,
        response_timeout=PATIENCE,
        retries=AGAIN,
        retry_delay=timedelta(seconds=10),
    )
    batch = "{{ params.batch }}"
    chain(record_proposal(batch, propose.output), release, record_release(batch, release.output))


quarantine()
