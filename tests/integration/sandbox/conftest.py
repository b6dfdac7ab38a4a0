"""A sandbox on a real port, an API client with its key, and a receiver that stores the webhooks it got."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from sandbox.testing import RunningSandbox, start_sandbox
from tests.waiting import SILENT_SECONDS, wait_until

FAST = {"pictures": "plain", "gallery_size": 6, "rate_limit": 100_000}


@dataclass
class Received:
    """One webhook request as it arrived."""

    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)
        return payload


class Receiver:
    """Responds to each webhook with the next of `statuses`, then 200."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.statuses: list[int] = []
        self.may_respond = threading.Event()
        self.may_respond.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(dict(self.headers), body))
                receiver.may_respond.wait(SILENT_SECONDS)
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks"

    def events(self) -> list[str]:
        return [each.payload["event"] for each in self.received]

    def wait(self, count: int) -> list[Received]:
        wait_until(lambda: len(self.received) >= count)
        return self.received


class ApiClient:
    """Calls the API and the control plane of one sandbox."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running
        self.headers = {"Authorization": f"Bearer {running.api_key}"}

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("headers", self.headers)
        return requests.request(method, f"{self.running.api_url}{path}", timeout=60, **options)

    def control(self, method: str, path: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        response = requests.request(method, f"{self.running.control_url}{path}", json=payload, timeout=60)
        assert response.ok, response.text
        found: dict[str, Any] = response.json()
        return found

    def switch(self, **changes: Any) -> None:
        self.control("PUT", "/settings", changes)

    def create(self, email: str = "ann@example.com", **fields: Any) -> str:
        response = self.api("POST", "/organization/models", json={"email": email, **fields})
        assert response.status_code == 200, response.text
        model_id: str = response.json()["modelId"]
        return model_id

    def finish(self, email: str = "ann@example.com", **fields: Any) -> str:
        model_id = self.create(email, **fields)
        self.control("POST", f"/models/{model_id}/advance", {"to": "active"})
        return model_id


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(60)


@pytest.fixture
def running(receiver: Receiver) -> Iterator[RunningSandbox]:
    with start_sandbox("headshotpro", webhook_url=receiver.url, switches=FAST) as found:
        yield found


@pytest.fixture
def api_client(running: RunningSandbox) -> ApiClient:
    return ApiClient(running)
