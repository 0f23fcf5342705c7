"""The operators' board in Airflow: a page in its navigation, a tab on every run, behind its login and its rights."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

    from declarations.board.actions import Operation
    from declarations.board.web import Asked, Gate, Run, User

RUNS = "/api/v2/dags/{dag}/dagRuns"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Pages:
    """The board's pages, made when the first is asked for: every task process reads this file too."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; it comes through Airflow's application."""
        await _pages(scope["app"])(scope, receive, send)


@cache
def _pages(airflow: FastAPI) -> FastAPI:
    from declarations.board.opening import desk
    from declarations.board.web import application

    return application(desk, _gate(airflow))


def _gate(airflow: FastAPI) -> Gate:
    """Airflow decides who looks and who acts, and carries out what is asked for."""
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity, DagDetails
    from airflow.api_fastapi.core_api.security import get_user, requires_access_view

    from declarations.board.web import OPERATE, Asked, Gate, Run

    def may_act(user: User) -> bool:
        allowed: bool = airflow.state.auth_manager.is_authorized_dag(
            method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=OPERATE), user=user
        )
        return allowed

    async def operate(request: Request, operation: Operation) -> Asked:
        status, told = await _asked(
            airflow, request, "POST", RUNS.format(dag=OPERATE), {"logical_date": None, "conf": operation.conf()}
        )
        return Asked(status, told.get("dag_run_id"))

    async def run(request: Request, dag_id: str, run_id: str) -> Run | None:
        path = f"{RUNS.format(dag=quote(dag_id, safe=''))}/{quote(run_id, safe='')}"
        status, told = await _asked(airflow, request, "GET", path, None)
        return Run(told["conf"] or {}, told["state"]) if status == HTTPStatus.OK else None

    return Gate(
        may_see=requires_access_view(AccessView.PLUGINS),
        user=get_user,
        may_act=may_act,
        operate=operate,
        run=run,
        secret=airflow.state.secret_key.encode(),
        runs=f"{airflow.root_path}/dags/{OPERATE}/runs/{{run}}",
    )


async def _asked(
    airflow: FastAPI, request: Request, method: str, path: str, body: Mapping[str, object] | None
) -> tuple[int, dict[str, Any]]:
    """What Airflow's own interface answers to whoever made the request, with no rights but theirs."""
    import httpx

    carried = {name: request.headers[name] for name in ("authorization", "cookie") if name in request.headers}
    way = httpx.ASGITransport(app=airflow, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=way, base_url=str(request.base_url.replace(path=""))) as client:
        answer = await client.request(method, path, headers=carried, json=body)
    known = answer.headers.get("content-type", "").startswith("application/json")
    told = answer.json() if known else {}
    return answer.status_code, told if isinstance(told, dict) else {}


ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='{fill}' stroke='{color}' "
    "stroke-width='2' stroke-linecap='round'%3E%3Crect x='3' y='3' width='18' height='18' rx='3'/%3E"
    "%3Cpath d='M7.5 8h9M7.5 12h9M7.5 16h5'/%3E%3C/svg%3E"
)


class DeclarationsBoard(AirflowPlugin):
    """A page for all batches, and on each run a tab for those that it is about."""

    name = "declarations_board"
    fastapi_apps = [{"name": "Declarations board", "url_prefix": "/board", "app": Pages()}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Declarations",
            "href": "board/",
            "url_route": "declarations",
            "destination": "nav",
            "nav_top_level": True,
            "icon": ICON.format(fill="%23ffffff", color="%23374151"),
            "icon_dark_mode": ICON.format(fill="none", color="%23e5e7eb"),
        },
        {
            "name": "Batch",
            "href": "board/run/{DAG_ID}/{RUN_ID}",
            "url_route": "batch",
            "destination": "dag_run",
        },
    ]
