"""All start at the same time: four processes share one request budget, and the provider never has to refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from portal.settings import Settings
from sandbox.testing import start_sandbox

pytestmark = [pytest.mark.faults, pytest.mark.minutes, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
PROCESSES = 4
STARTS = 500
LIMIT = 300

# One process: its share of the starts, each retried until the budget allows it.
STARTER = """
import os, sys, time
from datetime import UTC, datetime
from portal.app import create_app
from portal.provider.errors import RateLimited
app = create_app()
client = app.extensions["portal"].provider
number, count = int(sys.argv[1]), int(sys.argv[2])
with app.app_context():
    for one in range(count):
        while True:
            try:
                client.create_model(f"person-{number}-{one}@example.com", priority="interactive")
                break
            except RateLimited as error:
                assert error.own_budget, "the provider refused"
                wait = (error.resets_at - datetime.now(UTC)).total_seconds()
                time.sleep(max(wait, 0.05))
"""


def test_five_hundred_starts_at_once_never_exceed_the_limit(
    portal_settings: Callable[..., Settings], database_url: str, tmp_path: Path
) -> None:
    """Real time: at the provider's 300 a minute this takes about two minutes."""
    switches = {"rate_limit": LIMIT, "pictures": "plain", "gallery_size": 4}
    with start_sandbox("profilebakery", credits=1000, switches=switches) as sandbox:
        settings = portal_settings(api_url=sandbox.api_url, api_key=sandbox.api_key)
        environment = os.environ | {
            "SECRET_KEY": settings.secret_keys[0],
            "DATABASE_URL": settings.database_url,
            "PUBLIC_URL": settings.public_url,
            "OIDC_ISSUER": settings.oidc_issuer,
            "OIDC_CLIENT_ID": settings.oidc_client_id,
            "OIDC_CLIENT_SECRET": settings.oidc_client_secret,
            "HEADSHOT_API_KEY": settings.api_key,
            "HEADSHOT_API_URL": sandbox.api_url,
            "HEADSHOT_RATE_LIMIT": str(LIMIT),
            "STORAGE_URL": settings.storage_url,
        }
        started = [
            subprocess.Popen(
                [sys.executable, "-c", STARTER, str(number), str(STARTS // PROCESSES)], cwd=ROOT, env=environment
            )
            for number in range(PROCESSES)
        ]
        try:
            assert [process.wait(300) for process in started] == [0] * PROCESSES
        finally:
            for process in started:
                process.kill()
                process.wait(60)
        seen = requests.get(f"{sandbox.control_url}/requests", timeout=60).json()
    assert seen["most_in_any_minute"] <= LIMIT
    assert seen["by_status"].get("429", 0) == 0
    assert seen["by_template"]["POST /api/v2/organization/models"] == STARTS
