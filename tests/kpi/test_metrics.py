"""Measures as others read them: Prometheus' text, StatsD's names, the dashboard, the alerts."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from declarations.adapters.database import DatabaseLedger
from declarations.metrics import MEASURES, PREFIX, Reading, prometheus
from declarations.model import BatchStatus, DeliveryStatus
from tests.ledger.given import NOW

yaml = pytest.importorskip("yaml")

FOLDER = Path(__file__).parents[2] / "dags" / "observability"
USED = re.compile(rf"{PREFIX}_([a-z0-9_]+)")
LINE = re.compile(r'[a-z_]+(\{[a-z]+="[a-z0-9 ]+"(,[a-z]+="[a-z0-9 ]+")*\})? [0-9.e+]+')


def expressions() -> list[str]:
    """Every query of the dashboard and of the alerts."""
    board = json.loads((FOLDER / "dashboard.json").read_text())
    alerts = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return asked + [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]


def test_prometheus_is_told_each_name_once_with_what_it_is() -> None:
    text = prometheus([Reading("batches", 2, {"status": "held"}), Reading("overdue", 0), Reading("batches", 7)])
    assert text == (
        "# HELP declarations_batches batches that have not ended, by status\n"
        "# TYPE declarations_batches gauge\n"
        "declarations_batches 7\n"
        'declarations_batches{status="held"} 2\n'
        "# HELP declarations_overdue production batches past their fourth day\n"
        "# TYPE declarations_overdue gauge\n"
        "declarations_overdue 0\n"
    )


def test_what_is_measured_is_text_that_prometheus_reads(sqlite_shared: object) -> None:
    ledger: DatabaseLedger = sqlite_shared.emptied().ledger  # type: ignore[attr-defined]
    lines = prometheus(ledger.measured(NOW, timedelta(hours=1))).splitlines()
    assert {each.split(" ")[0] for each in lines if not LINE.fullmatch(each)} == {"#"}


def test_statsd_has_names_that_airflow_takes() -> None:
    assert Reading("batches", 1, {"status": "held"}).dotted == "declarations.batches.held"
    assert all(re.fullmatch(r"[a-z_]+", name) for name in MEASURES)


def test_the_dashboard_and_the_alerts_ask_for_what_is_measured() -> None:
    asked = {name for each in expressions() for name in USED.findall(each)}
    assert asked <= MEASURES.keys()
    assert asked == MEASURES.keys(), "everything measured is shown or watched"


def test_they_ask_for_statuses_that_there_are() -> None:
    asked = {
        status
        for each in expressions()
        for found in re.findall(r'status=~?"([^"]+)"', each)
        for status in found.split("|")
    }
    assert asked <= {*map(str, BatchStatus), *map(str, DeliveryStatus)}


def test_the_mapping_brings_the_names_of_statsd_to_those_of_prometheus(sqlite_shared: object) -> None:
    ledger: DatabaseLedger = sqlite_shared.emptied().ledger  # type: ignore[attr-defined]
    known = ledger.measured(NOW, timedelta(hours=1))
    tagged = {f"airflow.{PREFIX}.{each.name}.*": (f"airflow_{each.flat}", [*each.tags]) for each in known if each.tags}
    mapped = yaml.safe_load((FOLDER / "statsd.yml").read_text())["mappings"]
    assert {each["match"]: (each["name"], [*each["labels"]]) for each in mapped} == tagged


def test_relabeling_brings_the_names_of_opentelemetry_to_those_of_prometheus(sqlite_shared: object) -> None:
    ledger: DatabaseLedger = sqlite_shared.emptied().ledger  # type: ignore[attr-defined]
    rules = yaml.safe_load((FOLDER / "otel.yml").read_text())["metric_relabel_configs"]
    for each in ledger.measured(NOW, timedelta(hours=1)):
        labels = {"__name__": "airflow_" + each.dotted.replace(".", "_")}
        for rule in rules:
            found = re.fullmatch(rule["regex"], labels["__name__"])
            if found:
                labels[rule["target_label"]] = found[1]
        assert labels == {"__name__": f"airflow_{each.flat}", **each.tags}


def test_every_panel_has_a_place_of_its_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert all(0 <= x < 24 for x, _ in cells)
        taken |= cells


def test_every_alert_says_what_to_do() -> None:
    alerts = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert all(rule["annotations"]["action"] and rule["labels"]["severity"] for rule in rules)
    assert len({rule["alert"] for rule in rules}) == len(rules)
