"""What a finished journey costs at the provider: everything runs as in the demo, people are moved by the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psycopg
import requests

from bench.load import LoadError
from bench.report import Verdict
from bench.servers import FOLDER
from bench.workbench import Bench
from demo.stack import Stack
from portal.app import create_app
from portal.db import db, release_connection, transaction
from portal.domain.consent import POLICY_VERSION
from portal.models.consents import Consent
from portal.models.people import upsert_person
from portal.services.shoots import request_shoot
from portal.settings import Settings

JOURNEYS = 20
MAX_CALLS = 3.0
_TIMEOUT_S = 240.0
# Scheduled calls for all people together, independent of their number.
_BY_THE_CLOCK = frozenset(
    {
        "GET /api/v2/organization/models",
        "GET /api/v2/organization/photos/favorites",
        "GET /api/v2/organization/credits",
    }
)


def measure_journeys(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Lead people from start to their photos, every other one picks a favorite in the studio, and count the calls."""
    with Stack(data_dir=FOLDER / "run" / "journeys", durable=True) as stack:
        control = f"{stack.addresses.sandbox}/_control"
        _call_control(control, "PUT", "/settings", {"pictures": "plain", "gallery_size": 4})
        bench.say(f"{JOURNEYS} people go from start to their photos")
        _press(stack)
        models = _wait_for(stack, "SELECT provider_id FROM shoots WHERE signed_url IS NOT NULL")
        for model in models:
            _call_control(control, "POST", f"/models/{model}/complete")
            _call_control(control, "POST", f"/models/{model}/advance", {"to": "active"})
        _wait_for(stack, "SELECT id FROM shoots WHERE copied_at IS NOT NULL")
        for model in models[::2]:
            _call_control(control, "POST", f"/models/{model}/favorite")
        _wait_for(stack, "SELECT id FROM choices", JOURNEYS // 2)
        seen: dict[str, int] = _call_control(control, "GET", "/requests")["by_template"]
    calls = {name: count for name, count in seen.items() if name not in _BY_THE_CLOCK}
    each = sum(calls.values()) / JOURNEYS
    bench.details["journeys"] = {"calls": calls, "by the clock": {name: seen.get(name, 0) for name in _BY_THE_CLOCK}}
    bench.say(", ".join(f"{name} {count}" for name, count in sorted(seen.items())))
    return [Verdict("A1", "provider calls a finished journey", f"≤ {MAX_CALLS:.0f}", f"{each:.2f}", each <= MAX_CALLS)]


def _press(stack: Stack) -> None:
    app = create_app(Settings.from_env(stack.environment))
    with app.app_context():
        for number in range(JOURNEYS):
            now = datetime.now(UTC)
            with transaction() as session:
                person = upsert_person(
                    "bench", str(number), email=f"n{number}@example.com", name="N", groups=[], locale="en", now=now
                )
                session.add(
                    Consent(
                        person_id=person.id, policy_version=POLICY_VERSION, locale="en", text_sha256="", text="",
                        purposes=[], provider="profilebakery", given_at=now,
                    )
                )  # fmt: skip
            request_shoot(person, provider="profilebakery", development=False, now=now)
        release_connection()
        db.engine.dispose()


def _wait_for(stack: Stack, query: str, count: int = JOURNEYS) -> list[object]:
    found: list[object] = []

    def is_complete() -> bool:
        with psycopg.connect(stack.database_url, connect_timeout=5) as connection:
            found[:] = [row[0] for row in connection.execute(query.encode()).fetchall()]
        return len(found) >= count

    _until(is_complete)
    return found


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + _TIMEOUT_S
    while not condition():
        if time.monotonic() > ends:
            raise LoadError("the journeys did not come to their end")
        time.sleep(0.2)


def _call_control(
    control: str, method: str, path: str, body: dict[str, object] | None = None
) -> dict[str, dict[str, int]]:
    response = requests.request(method, f"{control}{path}", json=body if method != "GET" else None, timeout=30)
    response.raise_for_status()
    parsed: dict[str, dict[str, int]] = response.json()
    return parsed
