"""Sends webhook deliveries in order per model, with the documented retry schedule."""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy

import requests

from sandbox import webhook_request
from sandbox.clock import format_iso, parse_iso
from sandbox.core import Sandbox
from sandbox.store import deliveries, settings
from sandbox.store.database import Connection
from sandbox.store.deliveries import Attempt, Delivery
from sandbox.worker import Worker

log = logging.getLogger("sandbox.webhooks")

MAX_PARALLEL_ATTEMPTS = 8
BATCH_SIZE = 64
SUCCESS_STATUSES = range(200, 300)
DEFERRING_FAULTS = ("delay", "reorder")


class WebhookSender:
    """Attempts due deliveries in the background."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._in_progress: set[str] = set()
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(MAX_PARALLEL_ATTEMPTS, "sandbox-webhook")
        self._sessions = threading.local()
        self._open_sessions: list[requests.Session] = []
        self._worker = Worker("sandbox-webhooks", self.start_due_attempts)
        self._chance = random.Random()
        self._seed = 0

    def start(self) -> None:
        """Start the background thread."""
        self._sandbox.add_wake_listener(self._worker.wake)
        self._worker.start()

    def stop(self) -> None:
        """Stop after the attempts in progress. The rest is sent at the next start."""
        self._worker.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)
        for session in self._open_sessions:
            session.close()

    def start_due_attempts(self) -> float:
        """Start all due attempts and return the seconds until the next one."""
        now = self._sandbox.now()
        with self._sandbox.read() as db:
            waiting = deliveries.list_due(db, now, BATCH_SIZE)
            next_due = deliveries.find_next_due_at(db)
        if self._sandbox.switches.webhook_order == "shuffled":
            self._shuffle(waiting)
        for delivery in waiting:
            if self._claim(delivery):
                self._executor.submit(self._attempt, delivery)
        if waiting or next_due is None:
            # A finished attempt notifies this thread; nothing else becomes due before that.
            return float("inf") if not waiting else 1.0
        return (parse_iso(next_due) - parse_iso(now)).total_seconds()

    def _shuffle(self, waiting: list[Delivery]) -> None:
        """Shuffle in place; the same seed and deliveries give the same order."""
        seed = self._sandbox.switches.webhook_order_seed
        if seed != self._seed:
            log.warning("webhooks are shuffled with webhook_order_seed %d", seed)
            self._seed, self._chance = seed, random.Random(seed)
        self._chance.shuffle(waiting)

    def attempt_now(self, delivery: Delivery) -> None:
        """Make one attempt in this thread. For tests that control the clock."""
        if self._claim(delivery):
            self._attempt(delivery)

    def _claim(self, delivery: Delivery) -> bool:
        key = self._ordering_key(delivery)
        with self._lock:
            if key in self._in_progress:
                return False
            self._in_progress.add(key)
            return True

    def _ordering_key(self, delivery: Delivery) -> str:
        """Return the key of deliveries that must be sent one after the other."""
        shuffled = self._sandbox.switches.webhook_order == "shuffled"
        return delivery.id if shuffled or delivery.tries > 0 else delivery.model_id

    def _attempt(self, delivery: Delivery) -> None:
        key = self._ordering_key(delivery)
        try:
            with self._sandbox.read() as db:
                current = deliveries.find_delivery(db, delivery.id)
            if current is not None and current.tries == delivery.tries and current.due_at is not None:
                self._send(current)
        finally:
            with self._lock:
                self._in_progress.discard(key)
            self._sandbox.notify_workers()

    def _send(self, delivery: Delivery) -> None:
        with self._sandbox.read() as db:
            url, secret = settings.get_setting(db, "webhook_url"), settings.get_setting(db, "webhook_secret")
        if not url or not secret:
            self._update(delivery, state="unaddressed", due_at=None)
            return
        rule = None if delivery.hold_kind else self._sandbox.faults.consume_webhook_rule(delivery.event, delivery.tries)
        fault = None if rule is None else rule.fault
        if rule is not None and fault in DEFERRING_FAULTS:
            later = self._sandbox.clock.now() + timedelta(seconds=rule.seconds)
            self._update(
                delivery,
                held=deliveries.HELD_UNTIL_NEXT if fault == "reorder" else deliveries.HELD_UNTIL_TIME,
                due_at=format_iso(later),
            )
        elif fault == "drop":
            self._update(delivery, state="dropped", due_at=None)
        else:
            self._post(delivery, url, secret, fault)
            if fault == "duplicate":
                self._post(delivery, url, secret, fault, is_duplicate=True)

    def _post(
        self, delivery: Delivery, url: str, secret: str, fault: str | None, *, is_duplicate: bool = False
    ) -> None:
        sandbox, started_at = self._sandbox, time.monotonic()
        timestamp = int(sandbox.clock.real_now().timestamp())
        request = webhook_request.build_webhook_request(
            sandbox.brand, sandbox.switches, secret, delivery, now=timestamp, fault=fault
        )
        at = sandbox.now()
        status, outcome = self._exchange(url, request)
        milliseconds = round((time.monotonic() - started_at) * 1000)
        attempt = Attempt(delivery.id, at, url, status, outcome, fault, milliseconds)
        with sandbox.write() as db:
            deliveries.create_attempt(db, attempt)
            if not is_duplicate:
                self._record_outcome(db, delivery, attempt, request.signed_at)

    def _exchange(self, url: str, request: webhook_request.WebhookRequest) -> tuple[int | None, str]:
        timeout = self._sandbox.switches.webhook_timeout_seconds
        try:
            with self._get_session().post(
                url,
                data=request.body,
                headers=request.headers,
                timeout=(timeout, timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code, "acknowledged" if response.status_code in SUCCESS_STATUSES else "refused"
        except requests.Timeout:
            return None, "timeout"
        except (requests.RequestException, ValueError):
            return None, "unreachable"

    def _record_outcome(self, db: Connection, delivery: Delivery, attempt: Attempt, signed_at: int) -> None:
        sandbox, tries = self._sandbox, delivery.tries + 1
        first_signed = delivery.signed_at if delivery.signed_at is not None else signed_at
        schedule = sandbox.switches.webhook_retry_minutes
        if attempt.outcome == "acknowledged":
            state, due = "delivered", None
        elif tries >= len(schedule):
            state, due = "lost", None
        else:
            state, due = "waiting", self._compute_retry_at(delivery, schedule[tries])
        deliveries.update_delivery(db, delivery.id, state=state, due_at=due, tries=tries, signed_at=first_signed)
        deliveries.release_held_deliveries(db, delivery, sandbox.now())

    def _compute_retry_at(self, delivery: Delivery, minutes: float) -> str:
        """Return the time of a retry, counted from the event but not in the past."""
        offset = timedelta(minutes=minutes / self._sandbox.switches.speed)
        return max(format_iso(parse_iso(delivery.created_at) + offset), self._sandbox.now())

    def _update(self, delivery: Delivery, **columns: object) -> None:
        with self._sandbox.write() as db:
            deliveries.update_delivery(db, delivery.id, **columns)

    def _get_session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._sessions.session = session
            with self._lock:
                self._open_sessions.append(session)
        return session
