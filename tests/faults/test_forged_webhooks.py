"""A hundred forged webhooks a second: refused at the cost of a valid one, counted, and without effect on others."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.integration.core.processes import build_environment, run_web
from tests.integration.core.signing import sign_headers
from tests.waiting import TIMEOUT_SECONDS

pytestmark = pytest.mark.faults

PATH = "/webhooks/profilebakery"
PER_SECOND = 100
# Enough of each for what they cost to be seen; what the process does beside them costs both the same.
SENT = 500
METRICS_TOKEN = "test-metrics-token"
_REFUSED = re.compile(r'^portal_webhooks_total\{.*result="rejected".*\} ([\d.]+)$', re.MULTILINE)


class Sender:
    """One connection to the portal, as the provider keeps it open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, body: bytes, headers: dict[str, str]) -> int:
        self._connection.request("POST", PATH, body, {"Host": "localhost", **headers})
        response = self._connection.getresponse()
        response.read()
        return response.status

    def send_valid(self, number: int) -> int:
        """Send a webhook of its own number as the provider would."""
        body = build_event(number)
        return self.send(body, dict(sign_headers(body, datetime.now(UTC))))

    def close(self) -> None:
        self._connection.close()


class Forger(threading.Thread):
    """Sends forgeries at an even rate from the same address as all other requests, and counts the responses."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._sender = Sender(port)
        self._is_enough = False
        self._response_received = threading.Condition()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        kinds, heartbeat = build_forgeries(), limit_rate()
        while not self._is_enough:
            next(heartbeat)
            status = self._sender.send(*kinds[self.count % len(kinds)])
            with self._response_received:
                self.statuses[status] += 1
                self._response_received.notify_all()
        self._sender.close()

    @property
    def count(self) -> int:
        return self.statuses.total()

    def wait_for(self, more: int) -> None:
        """Wait for so many more responses."""
        goal = self.count + more
        with self._response_received:
            assert self._response_received.wait_for(lambda: self.count >= goal, TIMEOUT_SECONDS), (
                f"only {self.count} of {goal} answered"
            )

    def end(self) -> None:
        self._is_enough = True
        self.join(TIMEOUT_SECONDS)


def limit_rate() -> Iterator[None]:
    """Limit calls to a rate a second by waiting; a late call does not wait."""
    began = time.monotonic()
    for number in count():
        time.sleep(max(began + number / PER_SECOND - time.monotonic(), 0))
        yield


def build_event(number: int) -> bytes:
    return json.dumps({"id": f"evt_{number}", "event": "model.created", "object": {"_id": "m1"}}).encode()


def build_forgeries() -> list[tuple[bytes, dict[str, str]]]:
    """Of each kind one: another's secret, the signature of another body, cut short, none at all, another time."""
    now, body = datetime.now(UTC), build_event(0)
    signed = dict(sign_headers(body, now))
    return [
        (body, dict(sign_headers(body, now, secret="another"))),
        (body + b" ", signed),
        (body[:-5], signed),
        (body, {}),
        (body, {**signed, "X-ProfileBakery-Timestamp": "1"}),
    ]


@contextmanager
def send_forgeries(port: int) -> Iterator[Forger]:
    forger = Forger(port)
    forger.start()
    try:
        yield forger
    finally:
        forger.end()


def measure_cpu_seconds(process: psutil.Process) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in [process, *process.children(recursive=True)])


def count_transactions(address: str) -> int:
    """Return a number that grows by one with every transaction that writes anything."""
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def get_rejected_count(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics", headers={"Host": "localhost", "Authorization": f"Bearer {METRICS_TOKEN}"})
    text = connection.getresponse().read().decode()
    connection.close()
    return sum(float(number) for number in _REFUSED.findall(text))


def test_flood_of_forged_webhooks_does_not_delay_valid_ones(database_url: str, tmp_path: Path) -> None:
    """What things cost is compared in processor time on this machine, however slow or busy it is."""
    address = database_url.replace("+psycopg", "")
    settings, log = build_environment(database_url, tmp_path, METRICS_TOKEN=METRICS_TOKEN), tmp_path / "web.log"
    with run_web(settings, log) as (server, port):
        watched, sender, numbers = psutil.Process(server.pid), Sender(port), count(1)
        # Everything that is loaded lazily has been loaded.
        responses = [sender.send_valid(next(numbers)) for _ in range(20)]
        with send_forgeries(port) as forger:
            # Until the limit is reached.
            forger.wait_for(100)
            before, written, received = measure_cpu_seconds(watched), count_transactions(address), forger.count
            forger.wait_for(SENT)
            forged = (measure_cpu_seconds(watched) - before) / (forger.count - received)
            written = count_transactions(address) - written
            for _ in range(100):
                responses.append(sender.send_valid(next(numbers)))
                # The flood continues between any two of them.
                forger.wait_for(1)
        before = measure_cpu_seconds(watched)
        responses += [sender.send_valid(next(numbers)) for _ in islice(limit_rate(), SENT)]
        valid = (measure_cpu_seconds(watched) - before) / SENT
        counted = get_rejected_count(port)
        sender.close()
    assert set(responses) == {200}
    assert set(forger.statuses) == {401, 429}
    assert counted == forger.count
    # A valid one costs the web process a little more, and the database as much again; a busy machine blurs that.
    assert forged < 1.5 * valid, f"{forged * 1000:.2f} ms of a processor, and {valid * 1000:.2f} for a valid one"
    assert written < SENT / 10, "the database is asked seldom"
    # Nor are the limit's refusals written down, beyond the line that every request has.
    assert log.read_text().count('"webhook.rejected"') == forger.statuses[401]
    with psycopg.connect(address) as connection:
        kept = connection.execute("SELECT count(*), count(DISTINCT dedupe_key) FROM deliveries").fetchone()
        limits = connection.execute("SELECT name FROM rate_limits").fetchall()
    assert kept == (len(responses), len(responses))
    assert limits == [("wrong webhook signatures",)]
