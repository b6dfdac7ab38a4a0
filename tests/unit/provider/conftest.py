"""What the tests of the provider client share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.provider import BRANDS, ProviderClient
from tests.unit.provider.budget_doubles import FakeTime
from tests.unit.provider.scripted_server import ScriptedServer, run_scripted_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with run_scripted_server() as script:
        yield script


@pytest.fixture
def time_() -> FakeTime:
    return FakeTime()


@pytest.fixture
def client(server: ScriptedServer, time_: FakeTime) -> Iterator[ProviderClient]:
    made = ProviderClient(BRANDS["headshotpro"], "test-api-key", server.api_url, clock=time_.clock, sleep=time_.sleep)
    yield made
    made.close()
