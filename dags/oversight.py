"""When the four days and the held batches are looked at: every 15 minutes; who is told, and who is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

RUNBOOK = """
### Oversight

Every quarter of an hour: looks at the clock of every batch, and raises an alarm once when half, and when three quarters
of its four calendar days have passed, when it is late, held, or has not moved for an hour. Alarms go to the log, to the
webhook and by mail where `settings.toml` names them under `[alarms]` (mail by the connection `smtp_default`), each
once, and are cleared when they are over. For each batch that is held a run of `quarantine` is started.

**`oversee` is red.** The ledger did not answer. No batch is harmed, but nobody watches meanwhile: repair this first.

**`measure` is red.** The ledger did not answer. What is measured (`declarations metrics`) goes to StatsD or
OpenTelemetry, where Airflow is told of one (`[metrics]`): see `observability/README.md`.

**`call` is red.** The webhook did not take the alarms. They are in the log of `oversee` and on the board; the next run
tells them again.

**`mail` is red.** The mail server did not answer, or the connection `smtp_default` is missing or names no sender
(`from_email`). The alarms are in the log of `oversee` and on the board; the next run mails them again.

**A batch is overdue (`breach`).** Look at its story (`declarations status REFERENCE`). Deliveries that are not
confirmed are the recipient's turn: call it, and enter its outage as a pause (`operate`, action `pause`).

**A batch is stuck.** It waits for a step, and no run had it for an hour: look for red runs of `process_batch`, and
whether the pool `batches` is full.

**A batch is held.** A fault of ours, three times over. The story says which: repair it, then answer the questions of
its run of `quarantine`: two persons.
"""


@dag(
    dag_id="oversight",
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["exchange", "deadline"],
    doc_md=RUNBOOK,
    default_args={"owner": "oversight"},
)
def oversight() -> None:
    """Look at what is late, held or standing still."""

    @task(retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=10))
    def oversee() -> dict[str, Any]:
        from declarations import desk

        return dict(desk.oversee())

    @task(retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=5))
    def call() -> int:
        from declarations import desk

        return desk.call()

    @task(retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=5))
    def mail() -> int:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier
        from airflow.sdk import get_current_context

        from declarations import desk

        def send(to: list[str], subject: str, text: str) -> None:
            SmtpNotifier(to=to, subject=subject, html_content=text).notify(get_current_context())

        return desk.mail(send)

    @task(retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=5))
    def measure() -> int:
        from airflow.sdk.observability import stats

        from declarations import desk

        found = desk.measures()
        for name, value in found.items():
            stats.gauge(name, value)
        return len(found)

    @task
    def runs(seen: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"trigger_run_id": each["run"], "conf": {"batch": each["batch"]}} for each in seen["held"]]

    seen = oversee()
    seen >> [call(), mail()]
    measure()
    TriggerDagRunOperator.partial(
        task_id="ask",
        trigger_dag_id="quarantine",
        logical_date=None,
        skip_when_already_exists=True,
        openlineage_inject_parent_info=False,
        map_index_template="{{ task.trigger_run_id }}",
        retries=2,
        retry_delay=timedelta(seconds=10),
    ).expand_kwargs(runs(seen))


oversight()
