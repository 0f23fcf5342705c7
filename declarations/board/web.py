"""The board as a web application, to be mounted by whoever knows its users: every page asks for them first."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from xml.etree.ElementTree import Element

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException

from declarations.board.actions import LONGEST_REASON, OFFERS, SHORTEST_REASON, Action, Operation, genuine, token
from declarations.board.batch import answer
from declarations.board.clock import Mark
from declarations.board.desk import Desk
from declarations.board.shell import Frame, Page, document, fragment, notice, policy
from declarations.board.values import Wanted
from declarations.errors import DeclarationsError, Retryable
from declarations.model import BatchStatus

log = logging.getLogger(__name__)

LIVE = "x-board"
"""The header with which a page that stands asks for its main part only."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
FIELDS = ("action", "subject", "reason", "back", "token")
BACK = re.compile(r"batch/[0-9]{1,18}")
MOST_BODY = 8192
LONGEST_SEARCH = 200
RECIPIENTS_SHOWN = 200
MOST_OF_A_RUN = 500
DIGITS = 19  # of a number that no longer fits the ledger
LARGEST = 10**18
UNKNOWN = 401
OPERATE = "operate"
"""The DAG that carries operations out."""

ENDINGS = {"success": ("done", "done."), "failed": ("failed", "refused, and nothing was done; Airflow says why.")}
"""How a run of it ended, as a shape and in words."""

REFUSALS = {
    403: "You may look, and not act: Airflow gives you no right to start its operations.",
    404: "Airflow does not know the DAG `operate`; nothing was done.",
}


class User(Protocol):
    """Who looks, as Airflow knows them."""

    def get_id(self) -> str:
        """What they are known by."""

    def get_name(self) -> str:
        """What is written into the log for them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the scheduler answered to an operation: an HTTP status, and the run that carries it out."""

    status: int
    run: str | None = None

    @property
    def good(self) -> bool:
        """Whether it will be carried out."""
        return self.run is not None


@dataclass(frozen=True, slots=True)
class Run:
    """One of the scheduler's runs: what it was asked for, and how it stands: queued, running, success or failed."""

    conf: Mapping[str, object]
    state: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What the host decides and does for the board.

    may_see      a dependency that refuses who may not look
    user         a dependency that gives who looks
    may_act      whether that user may operate
    operate      hands an operation on with the rights of whoever made the request
    run          the run of a DAG, if whoever made the request may see it; None where there is none
    secret       what tokens are made with
    runs         where the host shows a run of the DAG `operate`, with a `{run}` in it
    """

    may_see: Callable[..., object]
    user: Callable[..., object]
    may_act: Callable[[User], bool]
    operate: Callable[[Request, Operation], Awaitable[Asked]]
    run: Callable[[Request, str, str], Awaitable[Run | None]]
    secret: bytes
    runs: str


def application(opened: Callable[[], Desk], gate: Gate) -> FastAPI:
    """The application; its desk is opened when the first page is asked for by somebody who may see it.

    It describes itself to nobody: such pages would be open to everybody.
    """

    visitor = Depends(gate.user)

    def enter(request: Request, user: User = visitor) -> None:
        request.state.visitor = user

    web = FastAPI(
        title="Declarations board",
        dependencies=[Depends(gate.may_see), Depends(enter)],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    pages = _Pages(opened, gate)
    for path, page in pages.by_path().items():
        web.add_api_route(path, page, methods=["GET"], response_class=HTMLResponse)
    web.add_api_route("/act", pages.act, methods=["POST"], response_class=HTMLResponse)
    web.add_api_route("/{path:path}", _nowhere, methods=["GET"], response_class=HTMLResponse)
    web.add_exception_handler(AnyHTTPException, _refused)
    web.add_exception_handler(DeclarationsError, _failed)
    return web


class _Pages:
    def __init__(self, opened: Callable[[], Desk], gate: Gate) -> None:
        self.opened = cache(opened)
        self.gate = gate

    @property
    def desk(self) -> Desk:
        return self.opened()

    def by_path(self) -> dict[str, Callable[..., object]]:
        return {
            "/": self.overview,
            "/batches": self.batches,
            "/search": self.search,
            "/recipients": self.recipients,
            "/batch/{batch_id:int}": self.batch,
            "/run/{dag_id}/{run_id}": self.run,
        }

    def overview(self, request: Request) -> Response:
        frame = self._frame(request)
        return _shown(request, frame, self.desk.overview(frame))

    def batches(self, request: Request) -> Response:
        frame = self._frame(request)
        return _shown(request, frame, self.desk.batches(_wanted(request), frame))

    def search(self, request: Request) -> Response:
        frame = self._frame(request)
        text = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
        return _shown(request, frame, self.desk.search(text, frame))

    def recipients(self, request: Request) -> Response:
        frame = self._frame(request)
        most = None if request.query_params.get("all") == "1" else RECIPIENTS_SHOWN
        return _shown(request, frame, self.desk.recipients(frame, most))

    async def batch(self, request: Request, batch_id: int) -> Response:
        """A batch's page, and what came of the button that led back to it."""
        return await run_in_threadpool(self._batch, request, batch_id, await self._said(request))

    def _batch(self, request: Request, batch_id: int, said: Element | None) -> Response:
        frame = self._frame(request)
        page = self.desk.batch(batch_id, frame, said) if batch_id <= LARGEST else None
        if page is None:
            raise HTTPException(404, "There is no such batch.")
        return _shown(request, frame, page)

    async def run(self, request: Request, dag_id: str, run_id: str) -> Response:
        """The page, or pages, of the batches that a run is about."""
        found = await self.gate.run(request, dag_id, run_id)
        ids = _batches_of(found.conf) if found else []
        if len(ids) == 1:
            return RedirectResponse(f"{_root(request)}/batch/{ids[0]}", 303, headers=HEADERS)
        return await run_in_threadpool(self._run, request, ids)

    def _run(self, request: Request, ids: list[int]) -> Response:
        frame = self._frame(request)
        return _shown(request, frame, self.desk.run(ids, frame))

    async def act(self, request: Request) -> Response:
        """Hand on what a form asks for, if it is one of ours, and go back to where it stood."""
        given = await _form(request)
        user: User = request.state.visitor
        if not _same_site(request) or not genuine(given["token"], self.gate.secret, user.get_id(), self.desk.clock()):
            raise HTTPException(403, "This form is too old, or did not come from this board. Open the page again.")
        operation = _operation(given)
        asked = await self.gate.operate(request, operation)
        if asked.run is None:
            raise HTTPException(asked.status, REFUSALS.get(asked.status, "Airflow did not take it; nothing was done."))
        back = given["back"] if BACK.fullmatch(given["back"]) else ""
        query = urlencode({"asked": operation.action.value, "run": asked.run})
        return RedirectResponse(f"{_root(request)}/{back}?{query}", 303, headers=HEADERS)

    def _frame(self, request: Request) -> Frame:
        user: User = request.state.visitor
        now = self.desk.clock()
        proof = token(self.gate.secret, user.get_id(), now) if self.gate.may_act(user) else None
        return Frame(_root(request), user.get_name(), now, proof)

    async def _said(self, request: Request) -> Element | None:
        """What came of a button, on the page it led back to."""
        action, run = request.query_params.get("asked"), request.query_params.get("run")
        if action not in set(Action) or not run:
            return None
        found = await self.gate.run(request, OPERATE, run)
        shape, told = ENDINGS.get(found.state if found else "", ("moving", "Airflow carries it out now."))
        words = f"{OFFERS[Action(action)].words}: {told}"
        return answer(words, shape, self.gate.runs.replace("{run}", quote(run, safe="")))


def _root(request: Request) -> str:
    root: str = request.scope["root_path"]
    return root


def _shown(request: Request, frame: Frame, page: Page) -> Response:
    live = LIVE in request.headers
    return HTMLResponse(fragment(page) if live else document(page, frame), headers=_headers())


def _headers() -> dict[str, str]:
    return HEADERS | {"Content-Security-Policy": policy()}


def _wanted(request: Request) -> Wanted:
    """Which list is asked for; what is not one of ours is left out."""
    query = request.query_params
    status, mark = query.get("status", ""), query.get("mark", "")
    before, folder = query.get("before", ""), query.get("folder", "")
    return Wanted(
        status=BatchStatus(status) if status in set(BatchStatus) else None,
        mark=Mark(mark) if mark in set(Mark) else None,
        folder=folder[:LONGEST_SEARCH] or None,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < DIGITS else None,
    )


def _batches_of(conf: Mapping[str, object]) -> list[int]:
    """The batches that a run was started for: one, or several together; and the one that an operator meant."""
    several = conf.get("batches")
    meant = conf.get("subject") if conf.get("action") != Action.RESEND else None
    given = several if isinstance(several, list) else [conf.get("batch", meant)]
    texts = [str(each) for each in given[:MOST_OF_A_RUN]]
    return [int(each) for each in texts if each.isascii() and each.isdigit() and len(each) < DIGITS]


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, all of them; Raises 400 where one is missing or the whole is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise HTTPException(413, "That is too long.")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    missing = [name for name in FIELDS if len(fields.get(name, ())) != 1]
    if missing:
        raise HTTPException(400, f"The form lacks {', '.join(missing)}.")
    return {name: fields[name][0] for name in FIELDS}


def _operation(given: Mapping[str, str]) -> Operation:
    reason, subject = given["reason"].strip(), given["subject"]
    if given["action"] not in set(Action) or not (subject.isascii() and subject.isdigit() and len(subject) < DIGITS):
        raise HTTPException(400, "The form asks for something that this board does not do.")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise HTTPException(400, f"Give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters.")
    return Operation(Action(given["action"]), subject, reason)


def _same_site(request: Request) -> bool:
    """Whether the browser says that the form stood on a page of this server; other clients need the token only."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _nowhere() -> Response:
    raise HTTPException(404, "There is no such page.")


async def _refused(request: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, AnyHTTPException) else 500
    told = str(fault.detail) if isinstance(fault, AnyHTTPException) else ""
    if status == UNKNOWN:
        told = "Sign in to Airflow first, then open this page again."
    return HTMLResponse(notice(told, _root(request)), status, headers=_headers())


async def _failed(request: Request, fault: Exception) -> Response:
    """The fault is for the log: its text speaks of servers and files."""
    log.error("board page failed", extra={"path": request.url.path, "error": str(fault)})
    passing = isinstance(fault, Retryable)
    told = "The ledger does not answer. Try again in a moment." if passing else "The board cannot read the ledger."
    return HTMLResponse(
        notice(f"{told} The log of the API server says more.", _root(request)),
        503 if passing else 500,
        headers=_headers(),
    )
