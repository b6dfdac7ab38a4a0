"""``python -m bench.scale_phases PHASE URL PEOPLE DATABASE_PID FOLDER``: one kind of work on a seeded database.

Prints processor seconds of this process and the database, and this process's peak of memory, as a line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import psycopg
from flask import Flask

from bench.cpu import measure_cpu_seconds
from bench.people import build_cookie
from bench.seeding import SeededStorage
from demo.settings import build_base_environment
from portal.app import create_app
from portal.domain.consent import POLICY_VERSION
from portal.provider import ProviderClient
from portal.provider.wire_types import Model, Photo
from portal.services import fsck, retention, sweep
from portal.services.app_context import AppContext
from portal.settings import Settings
from portal.web.observability.database_metrics import render_metrics

ROUNDS = 20
SAMPLES = 100
_WAITING = """
    INSERT INTO shoots (id, person_id, provider, is_development, requested_at, attempts, photo_count)
    SELECT gen_random_uuid(), id, 'profilebakery', false, now() - row_number() OVER () * interval '0.1 second', 0, 0
    FROM people WHERE NOT EXISTS (SELECT FROM shoots WHERE person_id = people.id) ORDER BY id LIMIT %s
"""
_CONSENTS = """
    INSERT INTO consents (id, person_id, policy_version, locale, text_sha256, text, purposes, provider, given_at)
    SELECT gen_random_uuid(), person_id, %s, 'en', '', '', '{}', 'profilebakery', now()
    FROM shoots WHERE provider_id IS NULL AND problem IS NULL
"""
_SESSIONS = """
    INSERT INTO sessions (token_hash, person_id, data, created_at, active_at, expires_at)
    SELECT %s, person_id, '{}', now(), now(), now() + interval '8 hours'
    FROM shoots WHERE provider_id IS NULL AND problem IS NULL ORDER BY requested_at, ticket OFFSET %s LIMIT 1
"""

# Without sessions created lately there is no estimate, and the pages poll as while the provider is down.
_CALLS = """
    INSERT INTO provider_calls (at, method, path_template, status, duration_ms)
    SELECT now() + interval '1 minute', 'POST', '/organization/models', 201, 1 FROM generate_series(1, 240)
"""


class ListingProvider:
    """A provider whose lists agree with the database, so that a sweep finds nothing new."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url, connect_timeout=5) as connection:
            self._models = connection.execute(
                "SELECT provider_id, provider_status, finished_at FROM shoots WHERE provider_id IS NOT NULL"
            ).fetchall()
            self._favorites = connection.execute(
                "SELECT photos.provider_id, shoots.provider_id FROM choices JOIN photos ON photos.id = photo_id "
                "JOIN shoots ON shoots.id = photos.shoot_id WHERE origin = 'studio'"
            ).fetchall()

    def list_models(self, **_: object) -> Iterator[Model]:
        """List every model."""
        for model_id, status, finished_at in self._models:
            yield Model(id=model_id, status=status, finished_at=finished_at)

    def list_favorites(self, **_: object) -> Iterator[Photo]:
        """List every favorite."""
        for photo_id, model_id in self._favorites:
            yield Photo(id=photo_id, model_id=model_id)


class Meter:
    """Processor time of this process and the database since it was created, and this process's peak of memory."""

    def __init__(self, database: int) -> None:
        self._pids = [os.getpid(), database]
        self._cpu, self._began = measure_cpu_seconds(self._pids), time.monotonic()

    def read(self) -> dict[str, float]:
        """Return what was used so far."""
        return {
            "cpu_s": measure_cpu_seconds(self._pids) - self._cpu,
            "wall_s": time.monotonic() - self._began,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def run_fsck(app: Flask, context: AppContext, meter: Meter, people: int) -> dict[str, float]:
    """Check every invariant without reading the files."""
    del people  # the database's size is all that counts
    with app.app_context():
        every = fsck.list_violations(context.storage, now=context.clock(), read_files=False)
        # What is due is there on purpose: the two nights of retention delete it.
        found = [each for each in every if each.rule != fsck.KEPT_TOO_LONG]
    if found:
        raise RuntimeError(f"{len(found)} violations, such as {found[0]}")
    return meter.read()


def run_sweep(app: Flask, context: AppContext, meter: Meter, people: int) -> dict[str, float]:
    """Sweep with nothing new."""
    del people  # the database's size is all that counts
    with app.app_context():
        result = sweep.reconcile_shoots(context)
    if result is None or result.changed or result.favorites:
        raise RuntimeError(f"nothing is new, and the sweep found {result}")
    return meter.read()


def run_metrics(app: Flask, context: AppContext, meter: Meter, people: int) -> dict[str, float]:
    """Gather the metrics several times."""
    del people  # the database's size is all that counts
    for _ in range(ROUNDS):
        with app.app_context():
            render_metrics(context.clock())
    used = meter.read()
    return {"cpu_ms": used["cpu_s"] / ROUNDS * 1000, "wall_ms": used["wall_s"] / ROUNDS * 1000}


def run_retention(app: Flask, context: AppContext, meter: Meter, people: int) -> dict[str, float]:
    """Run two nights: the first hides what was not chosen, the second deletes the files."""
    del people  # the database's size is all that counts
    with app.app_context():
        retention.delete_expired(context, now=context.clock())
        retention.delete_expired(context, now=context.clock() + timedelta(days=2))
    return meter.read()


def run_waiting(app: Flask, context: AppContext, meter: Meter, people: int) -> dict[str, float]:
    """Let a quarter of the people wait in line, and read from a sample of their pages how often each polls."""
    count = people // 4
    url = context.settings.database_url.replace("+psycopg", "")
    step = max(count // SAMPLES, 1)
    places = list(range(0, count, step))
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(_WAITING, (count,))
        connection.execute(_CONSENTS, (POLICY_VERSION,))
        connection.execute(_CALLS)
        for place in places:
            digest = hashlib.sha256(build_cookie(place).encode()).digest()
            connection.execute(_SESSIONS, (digest, place))
    before = meter.read()["cpu_s"]
    pauses = [_poll(app, build_cookie(place)) for place in places]
    used = meter.read()["cpu_s"] - before
    polls = sum(1 / pause for pause in pauses) * count / len(pauses)
    return {"people": count, "polls_per_s": polls, "cpu_ms": used / len(pauses) * 1000}


def _poll(app: Flask, cookie: str) -> float:
    client = app.test_client()
    client.set_cookie("portal_session", cookie)
    response = client.get("/headshots/status")
    found = re.search(r'data-again="(\d+)"', response.text)
    if response.status_code != 200 or found is None:  # noqa: PLR2004 - HTTP
        raise RuntimeError(f"a waiting page was answered with {response.status_code}")
    return float(found[1])


PHASES: dict[str, Callable[[Flask, AppContext, Meter, int], dict[str, float]]] = {
    "fsck": run_fsck,
    "sweep": run_sweep,
    "metrics": run_metrics,
    "retention": run_retention,
    "waiting": run_waiting,
}


def main(arguments: list[str]) -> int:
    """Run one phase and print its figures."""
    phase, url, people, database, folder = arguments
    environment = build_base_environment() | {
        "DATABASE_URL": url,
        "HEADSHOT_API_KEY": "bench-api-key",
        "HEADSHOT_PROVIDER": "profilebakery",
        "OIDC_CLIENT_ID": "bench",
        "OIDC_CLIENT_SECRET": "bench-client-secret",
        "OIDC_ISSUER": "http://127.0.0.1:9",
        "PUBLIC_URL": "http://localhost:8000",
        "SECRET_KEY": "bench-secret-key-that-is-long-enough-to-sign",
        "STORAGE_URL": (Path(folder) / "photos").as_uri(),
    }
    app = create_app(Settings.from_env(environment))
    storage = SeededStorage(Path(folder) / "photos", int(people))
    provider = cast("ProviderClient", ListingProvider(url)) if phase == "sweep" else None
    context: AppContext = app.extensions["portal"]
    context = replace(context, storage=storage, provider=provider or context.provider)
    result = PHASES[phase](app, context, Meter(int(database)), int(people))
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
