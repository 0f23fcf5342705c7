"""Alarms told to another system: a POST of JSON, tried again."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from declarations.errors import Retryable
from declarations.operations import Alarm

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that takes alarms; nothing personal is in one."""

    address: str
    waits: tuple[float, ...] = (1, 5)  # seconds before each further try

    def __call__(self, alarms: list[Alarm]) -> None:
        """Tell of these alarms in one message. Raises Retryable where the other did not take it."""
        body = json.dumps({"alarms": [_said(alarm) for alarm in alarms]}).encode()
        for wait in self.waits:
            if self._taken(body) is None:
                return
            time.sleep(wait)
        fault = self._taken(body)
        if fault is not None:
            raise Retryable(f"the webhook of alarms did not take {len(alarms)} alarms: {fault}")

    def _taken(self, body: bytes) -> str | None:
        """What went wrong, or None where it was taken. An address may hold a secret: it is not quoted."""
        request = urllib.request.Request(self.address, body, {"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
                return None
        except urllib.error.HTTPError as fault:
            return f"it answered {fault.code}"
        except (OSError, http.client.HTTPException, ValueError) as fault:
            return type(fault).__name__


def _said(alarm: Alarm) -> dict[str, str]:
    return {
        "key": alarm.key,
        "kind": alarm.kind,
        "subject": alarm.subject,
        "detail": alarm.detail,
        "raised_at": alarm.raised_at.isoformat(),
    }
