"""Workers killed under load: what was acknowledged must be in the database, once, with one job."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from bench import cpu, events, load
from bench.servers import Ground, Receiver

KILLS = 5
EVENTS = 6_000
_FINDINGS = """
    SELECT (SELECT count(*) FROM deliveries WHERE dedupe_key = ANY(%(keys)s)),
           (SELECT count(DISTINCT dedupe_key) FROM deliveries WHERE dedupe_key = ANY(%(keys)s)),
           (SELECT count(*) FROM procrastinate_jobs AS job JOIN deliveries AS row
                ON job.args->>'delivery_id' = row.id::text WHERE row.dedupe_key = ANY(%(keys)s))
"""


@dataclass(frozen=True)
class Survived:
    """What was found afterwards.

    Attributes:
        killed: workers that got a SIGKILL.
        broken: connections that broke, each repeated by the sender.
        lost: acknowledged events that are not stored.
        doubled: rows beyond one for each event.
        jobs: jobs more or fewer than one for each event.
    """

    killed: int
    broken: int
    lost: int
    doubled: int
    jobs: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost or duplicated and workers were killed."""
        return self.killed == KILLS and not (self.lost or self.doubled or self.jobs)


def measure_kills(ground: Ground, server: Receiver, say: Callable[[str], None]) -> Survived:
    """Send events, each until it is acknowledged, and kill a worker five times meanwhile.

    Raises:
        LoadError: it did not come to an end in time.
    """
    say(f"killing a web worker {KILLS} times under load")
    batch = events.build_batch(server.make, "killing", EVENTS)
    killed: list[int] = []

    def kill_now_and_then(responses: int) -> None:
        if len(killed) < KILLS and responses >= (len(killed) + 1) * EVENTS // (KILLS + 1):
            # The one that has lived longest holds the most connections.
            oldest = min((pid for pid in cpu.list_process_tree(server.pid) if pid != server.pid), default=0)
            if not oldest:
                return
            with suppress(ProcessLookupError):
                os.kill(oldest, signal.SIGKILL)
                killed.append(oldest)

    seen = load.send_until_acknowledged(server.port, batch.requests, kill_now_and_then)
    acknowledged = {batch.ids[index] for index in seen.acknowledged}
    keys = [f"profilebakery:{each}" for each in acknowledged]
    with psycopg.connect(ground.url(server), autocommit=True, connect_timeout=5) as connection:
        row = connection.execute(_FINDINGS, {"keys": keys}).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    rows, distinct, jobs = row
    return Survived(len(killed), seen.broken, len(acknowledged) - distinct, rows - distinct, abs(jobs - distinct))
