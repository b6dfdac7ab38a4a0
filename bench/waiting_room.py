"""The waiting room under a rush: 5,000 people start within ten minutes, at a limit of 300 calls a minute.

Workers and sandbox are real processes and go by a time that runs faster; the limit counts in that time, too. People
arrive as pressing start leaves them, a row and a turn each; what is measured is who is served when.
"""

from __future__ import annotations

import itertools
import sys
import time
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import requests

from bench.fast_sandbox import API_KEY
from bench.fast_time import FastTime
from bench.report import Verdict, format_columns
from bench.servers import FOLDER
from bench.workbench import Bench
from demo.ports import find_free_port
from demo.readiness import has_worker_heartbeat, is_serving
from demo.settings import build_base_environment
from portal.domain.consent import POLICY_VERSION
from portal.domain.job_types import CREATE_SESSION, START_QUEUE
from portal.models.budget import USED_SHARE

PEOPLE = 5_000
ARRIVING = timedelta(minutes=10)
LIMIT = 300
WORKERS = 2
MAX_RATIO = 1.1
# How many times faster than real it may go. Below that the machine decides: the line has to be held up by the budget
# and not by processors, so it goes at no more than this part of what they were seen to serve.
FASTEST = 60.0
_EASY = 0.5
_TRIAL = 300
_STEP_S = 0.05
_MAX_SECONDS = 900.0
_DECILES = 10

_PEOPLE = """
    INSERT INTO people (id, issuer, subject, email, name, groups, role, locale, version, created_at, signed_in_at)
    SELECT gen_random_uuid(), 'bench', n::text, 'person' || n || '@example.com', 'Person', '{}', 'employee', 'en', 0,
           now(), now()
    FROM generate_series(1, %s) AS n
"""
_CONSENTS = """
    INSERT INTO consents (id, person_id, policy_version, locale, text_sha256, text, purposes, provider, given_at)
    SELECT gen_random_uuid(), id, %s, 'en', '', '', '{}', 'profilebakery', now() FROM people
"""
_PRESS = """
    WITH pressed AS (
        INSERT INTO shoots (id, person_id, provider, is_development, requested_at, attempts, photo_count)
        SELECT gen_random_uuid(), people.id, 'profilebakery', false, moments.at, 0, 0
        FROM unnest(%(numbers)s::int[], %(moments)s::timestamptz[]) AS moments (n, at)
        JOIN people ON people.subject = moments.n::text ORDER BY moments.n
        RETURNING id
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)
    SELECT %(queue)s, %(task)s, %(priority)s, 'create:' || id, jsonb_build_object('shoot_id', id) FROM pressed
"""
# The queue uses real time: jobs that are due by the accelerated clock are made due now.
_HURRY = """
    UPDATE procrastinate_jobs SET scheduled_at = now()
    WHERE queue_name = %s AND status = 'todo' AND scheduled_at > now() AND scheduled_at <= %s
"""
_WAKE = """SELECT pg_notify('procrastinate_queue_v1#' || %s, '{"type": "job_inserted", "job_id": 0}')"""
_WAITS = """
    SELECT extract(epoch FROM requested_at)::float, extract(epoch FROM minted_at)::float
    FROM shoots WHERE provider_id IS NOT NULL ORDER BY requested_at, ticket
"""


@dataclass(frozen=True)
class Rush:
    """What came of it, in seconds of the fast time.

    Attributes:
        refused: calls the provider refused with 429.
        overtaken: how many later requests were served before one person, for whom that was the most.
        curve: the mean wait of each tenth, in the order of arriving.
    """

    people: int
    served: int
    calls: int
    refused: int
    max_in_a_minute: int
    overtaken: int
    mean: float
    last: float
    per_minute: float
    curve: list[float]

    def against(self, per_minute: float) -> float:
        """Return the last wait over that of a fluid which runs off at this rate."""
        arriving = ARRIVING.total_seconds() * self.people / PEOPLE
        return self.last / (self.people / per_minute * 60 - arriving)


def measure_waiting_room(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Calibrate the rate, start all sessions at once, wait until all are served, and compare with the bound."""
    with bench.ground.visitors():
        trial = run_rush(bench, _TRIAL, FASTEST)
    rate = max(1.0, min(FASTEST, _EASY * FASTEST * trial.per_minute / (LIMIT * USED_SHARE)))
    with bench.ground.visitors():
        rush = run_rush(bench, PEOPLE, rate)
    bench.details["waiting room"] = asdict(rush) | {"rate": rate}
    bench.say(f"waits by order of arriving, each a tenth of the people:\n\n{format_curve(rush)}\n")
    return [build_verdict(rush)]


def build_verdict(rush: Rush) -> Verdict:
    """Judge A2."""
    own, full = rush.against(LIMIT * USED_SHARE), rush.against(LIMIT)
    found = (
        f"{rush.refused} refused, {rush.served:,} served, overtaken by {rush.overtaken}, "
        f"last {rush.last:.0f} s = {own:.2f}× (of the full limit {full:.2f}×)"
    )
    is_met = rush.refused == 0 and rush.served == rush.people and own <= MAX_RATIO
    expected = f"0 refused, all served in order, last ≤ {MAX_RATIO}× the fluid bound at 80 %"
    return Verdict("A2", f"{rush.people:,} starts in ten minutes at {LIMIT} calls a minute", expected, found, is_met)


def format_curve(rush: Rush) -> str:
    """Return the waiting-time curve as lines, with a bar for the eye."""
    max_wait = max([*rush.curve, 1.0])
    rows = [("tenth", "mean wait", "")]
    rows += [
        (f"{number}", f"{wait:.0f} s", "#" * round(40 * wait / max_wait))
        for number, wait in enumerate(rush.curve, start=1)
    ]
    return format_columns(rows)


def run_rush(bench: Bench, count: int, rate: float) -> Rush:
    """Start sandbox and workers, let so many people arrive, and gather what came of it."""
    url = bench.ground.migrated(f"waiting room of {count}")
    port = find_free_port()
    # From a full minute on, so that the provider's windows are whole.
    fast = FastTime(datetime.now(UTC).replace(second=0, microsecond=0), rate)
    environment = build_base_environment() | fast.environment()
    folder = FOLDER / "run" / f"waiting-room-{count}"
    api = f"http://127.0.0.1:{port}"
    argv = [sys.executable, "-m", "bench.fast_sandbox", str(port), str(folder / "sandbox"), str(LIMIT)]
    bench.ground.start("waiting room sandbox", argv, environment, lambda: is_serving(f"{api}/_control/requests"))
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(_PEOPLE, (count,))
        connection.execute(_CONSENTS, (POLICY_VERSION,))
        connection.execute("VACUUM ANALYZE people")
    _start_workers(bench, url, environment | _settings(url, api, folder.as_uri()))
    bench.say(
        f"{count:,} people start within {ARRIVING.total_seconds() * count / PEOPLE / 60:.0f} min, {rate:.0f}× as fast"
    )
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        _arrive(connection, fast, count)
        bench.say("all have arrived")
        _wait_for_all(connection, fast, count)
        waits = connection.execute(_WAITS).fetchall()
    seen = requests.get(f"{api}/_control/requests", timeout=30).json()
    return _rush(count, waits, seen)


def _start_workers(bench: Bench, url: str, environment: dict[str, str]) -> None:
    for number in range(WORKERS):
        launched = datetime.now(UTC)
        argv = [sys.executable, "-m", "bench.fast_worker"]
        bench.ground.start(
            f"waiting room worker {number}",
            argv,
            environment,
            lambda since=launched: has_worker_heartbeat(url, since),  # type: ignore[misc]
        )


def _settings(database_url: str, api: str, storage: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "HEADSHOT_API_KEY": API_KEY,
        "HEADSHOT_API_URL": f"{api}/api/v2",
        "HEADSHOT_PROVIDER": "profilebakery",
        "HEADSHOT_RATE_LIMIT": str(LIMIT),
        "HEADSHOT_WEBHOOK_SECRET": "0123456789abcdef" * 4,
        "OIDC_CLIENT_ID": "bench",
        "OIDC_CLIENT_SECRET": "bench-client-secret",
        "OIDC_ISSUER": "http://127.0.0.1:9",
        "PUBLIC_URL": "http://localhost:9",
        "SECRET_KEY": "bench-secret-key-that-is-long-enough-to-sign",
        "STORAGE_URL": storage,
    }


def _arrive(connection: psycopg.Connection[tuple[object, ...]], fast: FastTime, count: int) -> None:
    """Let people press start evenly; each at their own moment, written down as soon as it has come."""
    began = fast.now()
    apart = ARRIVING / PEOPLE
    moments = [began + apart * number for number in range(count)]
    numbers = itertools.count(1)
    pressed = 0
    while pressed < count:
        now = fast.now()
        due = [moment for moment in moments[pressed : pressed + 1000] if moment <= now]
        if due:
            values = {
                "numbers": list(itertools.islice(numbers, len(due))),
                "moments": due,
                "queue": START_QUEUE,
                "task": CREATE_SESSION.name,
                "priority": CREATE_SESSION.priority,
            }
            connection.execute(_PRESS, values)
            pressed += len(due)
        _hurry(connection, fast)
        time.sleep(_STEP_S)


def _hurry(connection: psycopg.Connection[tuple[object, ...]], fast: FastTime) -> None:
    if connection.execute(_HURRY, (START_QUEUE, fast.now())).rowcount:
        connection.execute(_WAKE, (START_QUEUE,))


def _wait_for_all(connection: psycopg.Connection[tuple[object, ...]], fast: FastTime, count: int) -> None:
    ends = time.monotonic() + _MAX_SECONDS
    while time.monotonic() < ends:
        row = connection.execute("SELECT count(*) FROM shoots WHERE provider_id IS NOT NULL").fetchone()
        if row == (count,):
            return
        _hurry(connection, fast)
        time.sleep(_STEP_S)


def _rush(count: int, waits: list[tuple[float, float]], seen: dict[str, dict[str, int]]) -> Rush:
    lasted = [minted - requested for requested, minted in waits]
    served_at = [minted for _, minted in waits]
    tenth = max(1, len(lasted) // _DECILES)
    parts = [lasted[begin : begin + tenth] for begin in range(0, tenth * _DECILES, tenth)]
    return Rush(
        people=count,
        served=len(waits),
        calls=sum(seen["by_template"].values()),
        refused=seen["by_status"].get("429", 0),
        max_in_a_minute=int(seen["most_in_any_minute"]),  # type: ignore[call-overload]
        overtaken=count_max_overtaken(served_at),
        mean=sum(lasted) / max(1, len(lasted)),
        per_minute=60 * len(waits) / max(1.0, max(served_at) - min(served_at)),
        last=max(lasted, default=0.0),
        curve=[sum(part) / len(part) for part in parts if part],
    )


def count_max_overtaken(served_at: Sequence[float]) -> int:
    """Return the most later requests served before one person's; moments are in the order of requests."""
    later: list[float] = []
    maximum = 0
    for moment in reversed(served_at):
        maximum = max(maximum, bisect_left(later, moment))
        insort(later, moment)
    return maximum
