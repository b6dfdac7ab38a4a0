"""C1: the console with 200 and 20,000 people: response times of list, search and board, and their statements."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bench import load
from bench.people import build_cookie
from bench.report import Verdict
from bench.workbench import Bench
from demo.crowd import create_campaign_people
from portal.app import create_app
from portal.db import db
from portal.settings import Settings

SIZES = (200, 20_000)
ROUNDS = 30
MAX_MILLISECONDS = 150.0
MAX_STATEMENTS = 12
WARM_UP = 3
_ADMIN = """
    INSERT INTO people (id, issuer, subject, email, name, groups, role, roles, locale, version,
                        created_at, signed_in_at)
    VALUES (gen_random_uuid(), 'https://id.example', 'bench-admin', 'admin@example.com', 'Admin', '{}', 'admin',
            '{admin}', 'en', 0, now(), now())
"""
_SESSION = """
    INSERT INTO sessions (token_hash, person_id, data, created_at, active_at, expires_at, confirmed_at)
    SELECT %s, id, '{}', now(), now(), now() + interval '8 hours', now() FROM people WHERE subject = 'bench-admin'
"""
PAGES = {
    "board": "/admin/",
    "people": "/admin/people?active=1",
    "stage": "/admin/people?active=1&stage=ready",
    "attention": "/admin/people?active=1&attention=any",
    "search": "/admin/people?q=juer+gross",
    "number": "/admin/people?q=10042",
    "sorted": "/admin/people?active=1&sort=-since",
    "team": "/admin/people?active=1&team=Logistics",
}


@dataclass(frozen=True)
class PageTimes:
    """One page: 95th percentile in milliseconds, and the most statements one response took."""

    p95: float
    statements: int


def measure_console(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Measure every page at both sizes."""
    found = {size: _measure_size(bench, size) for size in SIZES}
    bench.details["console"] = {
        str(size): {page: asdict(times) for page, times in pages.items()} for size, pages in found.items()
    }
    large = found[SIZES[-1]]
    slowest = max(large, key=lambda page: large[page].p95)
    busiest = max(large, key=lambda page: large[page].statements)
    small = found[SIZES[0]][slowest].p95
    text = f"{large[slowest].p95:.0f} ms ({slowest}; {small:.0f} at {SIZES[0]}), {large[busiest].statements} statements"
    is_met = large[slowest].p95 <= MAX_MILLISECONDS and large[busiest].statements <= MAX_STATEMENTS
    expected = f"p95 ≤ {MAX_MILLISECONDS:.0f} ms, ≤ {MAX_STATEMENTS} statements"
    return [Verdict(name, "console, 20,000 people", expected, text, is_met) for name in names]


def _measure_size(bench: Bench, people: int) -> dict[str, PageTimes]:
    url = bench.ground.migrated(f"console-{people}").replace("+psycopg", "")
    create_campaign_people(url, people, provider="profilebakery")
    with _open_app(url) as (app, client):
        bench.say(f"console: {people} people")
        return {page: _measure_page(app, client, address) for page, address in PAGES.items()}


@contextmanager
def _open_app(url: str) -> Iterator[tuple[Flask, FlaskClient]]:
    """Yield the portal on a database, and a client that is signed in as an admin."""
    app = create_app(_build_settings(url))
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], _sign_in_admin(url))
    with app.app_context():
        try:
            yield app, client
        finally:
            db.session.remove()
            db.engine.dispose()


def _build_settings(url: str) -> Settings:
    return Settings(
        secret_keys=("bench-secret-key-that-is-long-enough",),
        database_url=url.replace("postgresql://", "postgresql+psycopg://"),
        public_url="http://localhost",
        oidc_issuer="http://127.0.0.1:1",
        oidc_client_id="portal",
        oidc_client_secret="bench",  # noqa: S106 - no identity provider is called
        api_key="bench",
        api_url="http://127.0.0.1:1/api/v2",
        webhook_secrets=("bench",),
        embed_origins=("http://127.0.0.1:1",),
        photo_origins=("http://127.0.0.1:1",),
        storage_url="file:///tmp",
        metrics_token="bench",  # noqa: S106 - not used
    )


def _sign_in_admin(url: str) -> str:
    """Create an admin with a session; return the value of its cookie."""
    cookie = build_cookie(0)
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(_ADMIN)
        connection.execute(_SESSION, (hashlib.sha256(cookie.encode()).digest(),))
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return cookie


def _measure_page(app: Flask, client: FlaskClient, address: str) -> PageTimes:
    times: list[float] = []
    counts: list[int] = []
    with _count_statements(counts):
        for number in range(ROUNDS + WARM_UP):
            counts.append(0)
            began = time.perf_counter()
            response = client.get(address)
            took = time.perf_counter() - began
            if response.status_code != HTTPStatus.OK:
                raise RuntimeError(f"{address} returned {response.status_code}")
            if number >= WARM_UP:
                times.append(1000 * took)
    del app
    return PageTimes(load.compute_percentile(times, 0.95), max(counts[WARM_UP:]))


@contextmanager
def _count_statements(counts: list[int]) -> Iterator[None]:
    """Add each statement of the block to the last of the counts."""

    def count(*_arguments: object) -> None:
        counts[-1] += 1

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
