"""C1: lists, board and search of the console at 200, 2,000 and 20,000 people, beside Django admin's changelist."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bench import load
from bench.install import MissingPeer, install_djstripe_peer
from bench.report import Verdict
from bench.seeding import seed_database, sign_in
from bench.servers import FOLDER, ROOT, build_database_name
from bench.workbench import Bench
from portal.app import create_app
from portal.db import db
from portal.settings import Settings

SIZES = tuple(int(size) for size in os.environ.get("BENCH_PEOPLE", "200 2000 20000").split())
ROUNDS = 100
MAX_MILLISECONDS = 150.0
MAX_STATEMENTS = 12
WARM_UP = 10
# The changelist shows the same rows; taking longer than it is a fault of the console.
MAX_RATIO = 1.0
PAGES = {
    "board": "/admin/",
    "people": "/admin/people?active=1",
    "people, stage": "/admin/people?active=1&stage=ready",
    "people, attention": "/admin/people?active=1&attention=any",
    "people, sorted": "/admin/people?active=1&sort=-since",
    "people, team": "/admin/people?active=1&team=Team+7",
    "people, search": "/admin/people?q=ada+sample0001",
    "people, number": "/admin/people?q=100042",
    "roster": "/admin/roster",
    "campaigns": "/admin/campaigns",
    "exports": "/admin/exports",
    "account": "/admin/account",
    "members": "/admin/account/members",
    "members, search": "/admin/account/members?q=person150%40",
    "sessions": "/admin/account/sessions",
    "sessions, status": "/admin/account/sessions?status=generatingHeadshots",
    "invites": "/admin/account/invites",
    "deliveries": "/admin/deliveries",
    "deliveries, state": "/admin/deliveries?state=dead",
    "deliveries, event": "/admin/deliveries?event=model.deleted",
    "deliveries, search": "/admin/deliveries?q=sample000015",
    "audit": "/admin/audit",
    "audit, action": "/admin/audit?action=choice.made",
    "audit, rare action": "/admin/audit?action=person.role",
    "audit, person": "/admin/audit?person=person15%40example.com",
    "health": "/admin/health",
    "links": "/admin/links",
}
# Overviews of many independent figures: their time counts, the number of statements does not.
OVERVIEWS = frozenset({"health"})
# What the peer shows of the same table, by the page it stands beside.
PEER_PAGES = {"people": "", "people, stage": "?provider_status=active", "people, search": "?q=ada+sample0001"}
_PEER_SECONDS = 900


@dataclass(frozen=True)
class PageTimes:
    """One page: 95th percentile in milliseconds, and the most statements one response took."""

    p95: float
    statements: int


Result = Mapping[str, PageTimes]


def measure_console(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Measure every page at every size, and the peer on the database of the largest."""
    found: dict[int, Result] = {}
    for people in SIZES:
        bench.say(f"console, {people:,} people: seeding")
        url = bench.ground.migrated(f"console {people}").replace("+psycopg", "")
        seed_database(url, people)
        found[people] = _measure_pages(bench, url, people)
    peer = _measure_peer(bench, SIZES[-1])
    shown = {str(size): {page: asdict(times) for page, times in pages.items()} for size, pages in found.items()}
    bench.details["console"] = shown | {"django": {page: asdict(times) for page, times in (peer or {}).items()}}
    return [verdict for name in names for verdict in build_verdicts(name, found, peer)]


def build_verdicts(name: str, found: Mapping[int, Result], peer: Result | None) -> list[Verdict]:
    """Compare the slowest and the busiest page with the limits, and those the peer has with the peer's."""
    largest = max(found)
    pages = found[largest]
    slowest = max(pages, key=lambda page: pages[page].p95)
    busiest = max(pages.keys() - OVERVIEWS, key=lambda page: pages[page].statements)
    steps = ", ".join(f"{found[size][slowest].p95:.0f} at {size:,}" for size in sorted(found))
    verdicts = [
        Verdict(
            name,
            f"console, {len(pages)} pages, slowest: {slowest}",
            f"p95 ≤ {MAX_MILLISECONDS:.0f} ms",
            f"{steps} ms",
            pages[slowest].p95 <= MAX_MILLISECONDS,
        ),
        Verdict(
            name,
            f"console, busiest: {busiest}",
            f"≤ {MAX_STATEMENTS} statements",
            str(pages[busiest].statements),
            pages[busiest].statements <= MAX_STATEMENTS,
        ),
    ]
    for page in PEER_PAGES:
        what, required = f"{page}, beside Django admin’s changelist", f"≤ {MAX_RATIO:.0f}×"
        if peer is None:
            verdicts.append(Verdict(name, what, required, "the peer cannot be installed", None))
            continue
        ratio = pages[page].p95 / peer[page].p95
        text = f"{ratio:.2f}×: {pages[page].p95:.0f} and {peer[page].p95:.0f} ms, "
        text += f"{pages[page].statements} and {peer[page].statements} statements"
        verdicts.append(Verdict(name, what, required, text, ratio <= MAX_RATIO))
    return verdicts


def _measure_peer(bench: Bench, people: int) -> Result | None:
    """Measure Django admin on the database of this size; None if it cannot be installed."""
    try:
        python = install_djstripe_peer(FOLDER / "python", bench.say)
    except MissingPeer as reason:
        bench.say(f"without Django: {reason}")
        return None
    environment = bench.ground.peer_environment(0, "", build_database_name(f"console {people}"))
    environment["BENCH_PAGES"] = json.dumps(PEER_PAGES)
    environment["BENCH_ROUNDS"] = f"{WARM_UP} {ROUNDS}"
    command = [str(python), str(ROOT / "bench" / "peers" / "django_admin.py")]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=_PEER_SECONDS, check=True)
    raw: dict[str, tuple[list[float], int]] = json.loads(done.stdout.splitlines()[-1])
    found = {page: PageTimes(load.compute_percentile(times, 0.95), count) for page, (times, count) in raw.items()}
    for page, times in found.items():
        bench.say(f"Django admin, {page}: {times.p95:.0f} ms, {times.statements} statements")
    return found


def _measure_pages(bench: Bench, url: str, people: int) -> Result:
    with _open_app(url) as (app, client):
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], sign_in(url))
        found = {}
        for page, address in PAGES.items():
            found[page] = _measure_page(client, address)
            bench.say(f"{people:,} people, {page}: {found[page].p95:.0f} ms, {found[page].statements} statements")
        return found


@contextmanager
def _open_app(url: str) -> Iterator[tuple[Flask, FlaskClient]]:
    """Yield the portal on a database, and a client of it."""
    app = create_app(build_settings(url))
    # A line for each request would hide the bench's own; the peer writes none.
    logging.getLogger().setLevel(logging.WARNING)
    # As gunicorn.conf.py does: else the collector walks the modules' objects every few dozen requests.
    gc.collect()
    gc.freeze()
    with app.app_context():
        try:
            yield app, app.test_client()
        finally:
            db.session.remove()
            db.engine.dispose()
            gc.unfreeze()


def build_settings(url: str, **overrides: Any) -> Settings:
    """Return the settings of a portal on this database, without neighbors."""
    values: dict[str, Any] = {
        "secret_keys": ("bench-secret-key-that-is-long-enough",),
        "database_url": url.replace("postgresql://", "postgresql+psycopg://"),
        "public_url": "http://localhost",
        "oidc_issuer": "http://127.0.0.1:1",
        "oidc_client_id": "portal",
        "oidc_client_secret": "bench",
        "api_key": "bench",
        "api_url": "http://127.0.0.1:1/api/v2",
        "webhook_secrets": ("bench",),
        "embed_origins": ("http://127.0.0.1:1",),
        "photo_origins": ("http://127.0.0.1:1",),
        "storage_url": "file:///tmp",
    }
    return Settings(**(values | overrides))


def _measure_page(client: FlaskClient, address: str) -> PageTimes:
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
