"""Webhooks from many clients, each sent until it is acknowledged, as the provider does; only these are counted."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import Self
from uuid import uuid4

import requests

from tests.faults.deployment import Deployment
from tests.integration.core.signing import sign_headers
from tests.waiting import wait_until

SENDERS = 4
PAUSE = 0.05
# Longer than any response may take; the provider closes the connection earlier.
TIMEOUT = 25


@dataclass(frozen=True)
class Attempt:
    """One webhook sent once. ``status`` is None without a response."""

    event: str
    at: float
    seconds: float
    status: int | None
    retry_after: str | None


class WebhookLoad:
    """Sends while the block runs; at its end every event that was begun is brought to its acknowledgement.

    Attributes:
        urls: the portals to send to, one attempt here and the next there, as a router does.
        secret: what is signed with.
    """

    def __init__(self, deployment: Deployment, *, senders: int = SENDERS) -> None:
        self._deployment = deployment
        self.urls = [deployment.url]
        self.secret = deployment.stack.secrets.webhook_secret
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send_until_enough) for _ in range(senders)]
        self.attempts: list[Attempt] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(120)

    @property
    def acknowledged(self) -> set[str]:
        return {attempt.event for attempt in list(self.attempts) if attempt.status == 200}

    def list_since(self, moment: float) -> list[Attempt]:
        """The attempts that began after this moment and have ended."""
        return [attempt for attempt in list(self.attempts) if attempt.at > moment]

    def wait_for(self, more: int) -> None:
        """Wait until so many more have been acknowledged."""
        goal = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= goal, f"{goal} webhooks are acknowledged")

    def tries(self) -> Counter[str]:
        """How often each event was sent."""
        return Counter(attempt.event for attempt in list(self.attempts))

    def assert_none_lost(self) -> None:
        """Every acknowledged event has exactly one row, and every event was acknowledged in the end."""
        assert self.acknowledged == {attempt.event for attempt in self.attempts}
        keys = [f"profilebakery:{event}" for event in self.acknowledged]
        rows = self._deployment.query("SELECT dedupe_key FROM deliveries WHERE dedupe_key = ANY(%(keys)s)", keys=keys)
        assert sorted(key for (key,) in rows) == sorted(keys)

    def _send_until_enough(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._enough.is_set():
                self._send(session, f"evt_{uuid4()}")
                time.sleep(PAUSE)

    def _send(self, session: requests.Session, event: str) -> None:
        body = _body(event)
        deadline = time.monotonic() + 90
        for number in count():
            started = time.monotonic()
            if started > deadline:
                return
            urls = self.urls
            status, retry_after = self._post(session, urls[number % len(urls)], body)
            self.attempts.append(Attempt(event, started, time.monotonic() - started, status, retry_after))
            if status == 200:
                return
            time.sleep(PAUSE)

    def _post(self, session: requests.Session, url: str, body: bytes) -> tuple[int | None, str | None]:
        headers = dict(sign_headers(body, datetime.now(UTC), secret=self.secret))
        try:
            response = session.post(f"{url}/webhooks/profilebakery", data=body, headers=headers, timeout=TIMEOUT)
        except requests.RequestException:
            return None, None
        return response.status_code, response.headers.get("Retry-After")


def _body(event: str) -> bytes:
    item = {"_id": f"foreign-{event}", "status": "pending"}
    created_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps(
        {"id": event, "event": "model.status.updated", "createdAt": created_at, "objectType": "model", "object": item}
    ).encode()
