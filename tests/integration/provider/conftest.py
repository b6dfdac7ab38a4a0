"""Running sandboxes to call, and clients of them whose waiting costs no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from portal.provider import BRANDS, ProviderClient
from sandbox.testing import RunningSandbox, start_sandbox
from tests.unit.provider.budget_doubles import FakeTime

SWITCHES: dict[str, Any] = {"rate_limit": 1_000_000, "gallery_size": 3, "pictures": "plain"}


@dataclass(frozen=True)
class Studio:
    """One sandbox, one client of it, and a way to steer it."""

    running: RunningSandbox
    client: ProviderClient
    time: FakeTime

    def control(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        response = requests.request(method, f"{self.running.control_url}{path}", json=body or {}, timeout=60)
        assert response.ok, response.text
        return response.json()

    def finish(self, model_id: str) -> None:
        """Take a session from onboarding to its gallery."""
        self.control(f"/models/{model_id}/complete")
        self.control(f"/models/{model_id}/advance", {"to": "active"})

    def break_calls(self, fault: str, **rule: Any) -> None:
        self.control("/faults", {"on": "api", "fault": fault, **rule})


@pytest.fixture
def open_studio() -> Iterator[Callable[..., Studio]]:
    """A function that starts a sandbox: `open_studio(brand, envelope="data")`."""
    opened: list[Any] = []

    def open_one(brand: str = "headshotpro", **switches: Any) -> Studio:
        context = start_sandbox(brand, switches=SWITCHES | switches)
        running = context.__enter__()
        opened.append(context)
        time = FakeTime()
        client = ProviderClient(BRANDS[brand], running.api_key, running.api_url, clock=time.clock, sleep=time.sleep)
        return Studio(running, client, time)

    yield open_one
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def studio(open_studio: Callable[..., Studio]) -> Studio:
    return open_studio()
