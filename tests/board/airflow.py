"""A real Airflow with the board in it, in this process: its API server's application, its login, its plugins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from declarations.adapters.database import DatabaseLedger, migrate, open_ledger
from declarations.settings import HOME_VARIABLE
from tests.airflow.conftest import AIRFLOW, ROOT  # sets the environment before Airflow is imported

USERS = {"ann": "admin", "otto": "op", "vera": "viewer"}
PASSWORD = "correct horse"
SECRET = "k" * 64
ORIGIN = "http://airflow.example"


@dataclass(frozen=True, slots=True)
class Host:
    """Airflow's application, and the ledger that its board reads."""

    application: object
    ledger: DatabaseLedger
    tokens: dict[str, str] = field(default_factory=dict)  # of those who are signed in

    def visitor(self, user: str | None = None) -> TestClient:
        """A browser in which that user is signed in; without one, nobody is."""
        client = TestClient(self.application, base_url=ORIGIN, follow_redirects=False)  # type: ignore[arg-type]
        if user is not None:
            self.tokens[user] = self.tokens.get(user) or self._token(user)
            client.cookies.set("_token", self.tokens[user])
        return client

    def _token(self, user: str) -> str:
        client = TestClient(self.application, base_url=ORIGIN)  # type: ignore[arg-type]
        answer = client.post("/auth/token", json={"username": user, "password": PASSWORD})
        token: str = answer.json()["access_token"]
        return token

    def runs(self, dag_id: str) -> list[Mapping[str, object]]:
        """The runs of a DAG, as Airflow tells them to its administrator."""
        found: list[Mapping[str, object]] = self.visitor("ann").get(f"/api/v2/dags/{dag_id}/dagRuns").json()["dag_runs"]
        return found


@contextmanager
def hosted(home: Path) -> Iterator[Host]:
    """Airflow with our plugins, over a ledger of its own in that folder."""
    url = f"sqlite:///{home / 'ledger.sqlite'}"
    (home / "settings.toml").write_text('[mailboxes]\nfolder = "parties"\n', encoding="utf-8")
    (home / "passwords.json").write_text(json.dumps(dict.fromkeys(USERS, PASSWORD)), encoding="utf-8")
    migrate(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        patch.setenv(
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", ",".join(f"{name}:{role}" for name, role in USERS.items())
        )
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(home / "passwords.json"))
        patch.setenv("AIRFLOW__API__SECRET_KEY", SECRET)
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "j" * 64)
        _know_the_dag()
        with _application(patch) as application:
            yield Host(application, open_ledger(url))


def _know_the_dag() -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    if not (AIRFLOW / "airflow.db").exists():
        from airflow.utils.db import initdb

        initdb()
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(ROOT / "dags" / "operate.py", bundle_path=ROOT / "dags", bundle_name="dags-folder")
    sync_bag_to_db(bag, "dags-folder", None)


@contextmanager
def _application(patch: pytest.MonkeyPatch) -> Iterator[object]:
    """The API server's application, made anew with our folder of plugins."""
    from airflow import plugins_manager, settings
    from airflow.api_fastapi.app import create_app, purge_cached_app

    patch.setattr(settings, "PLUGINS_FOLDER", str(ROOT / "dags" / "plugins"))
    kept = [each for each in vars(plugins_manager).values() if hasattr(each, "cache_clear")]
    try:
        for each in kept:
            each.cache_clear()
        purge_cached_app()
        yield create_app(apps="core")
    finally:
        for each in kept:
            each.cache_clear()
        purge_cached_app()
