"""Sends what is in the outbox, in order for each model, with the documented retries; renders no events."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy

import requests

from sandbox import webhook_request
from sandbox.clock import iso, parse_iso
from sandbox.core import Sandbox
from sandbox.store import deliveries, settings
from sandbox.store.database import Connection
from sandbox.store.deliveries import Attempt, Delivery
from sandbox.worker import Worker

AT_ONCE = 8
BATCH = 64
GOOD = range(200, 300)
DEFERRING = ("delay", "reorder")


class WebhookSender:
    """Tries due deliveries in the background."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._posters = ThreadPoolExecutor(AT_ONCE, "sandbox-webhook")
        self._sessions = threading.local()
        self._opened: list[requests.Session] = []
        self._worker = Worker("sandbox-webhooks", self.look)

    def start(self) -> None:
        """Send in the background from now on."""
        self._sandbox.on_wake(self._worker.wake)
        self._worker.start()

    def stop(self) -> None:
        """End after the attempts on their way; the rest is sent at the next start."""
        self._worker.stop()
        self._posters.shutdown(wait=True, cancel_futures=True)
        for session in self._opened:
            session.close()

    def look(self) -> float:
        """Start every attempt that is due and return the seconds until the next."""
        now = self._sandbox.now()
        with self._sandbox.read() as db:
            waiting = deliveries.due(db, now, BATCH)
            next_due = deliveries.next_due(db)
        if self._sandbox.switches.webhook_order == "shuffled":
            random.shuffle(waiting)
        for delivery in waiting:
            if self._claim(delivery):
                self._posters.submit(self._attempt, delivery)
        if waiting or next_due is None:
            # Whoever finishes an attempt wakes this thread; nothing else becomes due before that.
            return float("inf") if not waiting else 1.0
        return (parse_iso(next_due) - parse_iso(now)).total_seconds()

    def try_now(self, delivery: Delivery) -> None:
        """Make one attempt in this thread: for tests that drive time by hand."""
        if self._claim(delivery):
            self._attempt(delivery)

    def _claim(self, delivery: Delivery) -> bool:
        key = self._lane(delivery)
        with self._lock:
            if key in self._busy:
                return False
            self._busy.add(key)
            return True

    def _lane(self, delivery: Delivery) -> str:
        """Deliveries in the same lane go one after the other."""
        shuffled = self._sandbox.switches.webhook_order == "shuffled"
        return delivery.id if shuffled or delivery.tries > 0 else delivery.model_id

    def _attempt(self, delivery: Delivery) -> None:
        lane = self._lane(delivery)
        try:
            with self._sandbox.read() as db:
                current = deliveries.by_id(db, delivery.id)
            if current is not None and current.tries == delivery.tries and current.due_at is not None:
                self._send(current)
        finally:
            with self._lock:
                self._busy.discard(lane)
            self._sandbox.wake()

    def _send(self, delivery: Delivery) -> None:
        with self._sandbox.read() as db:
            url, secret = settings.get(db, "webhook_url"), settings.get(db, "webhook_secret")
        if not url or not secret:
            self._change(delivery, state="unaddressed", due_at=None)
            return
        rule = None if delivery.held else self._sandbox.faults.take_for_webhook(delivery.event, delivery.tries)
        fault = None if rule is None else rule.fault
        if rule is not None and fault in DEFERRING:
            later = self._sandbox.clock.now() + timedelta(seconds=rule.seconds)
            self._change(
                delivery,
                held=deliveries.FOR_THE_NEXT if fault == "reorder" else deliveries.FOR_A_TIME,
                due_at=iso(later),
            )
        elif fault == "drop":
            self._change(delivery, state="dropped", due_at=None)
        else:
            self._post(delivery, url, secret, fault)
            if fault == "duplicate":
                self._post(delivery, url, secret, fault, again=True)

    def _post(self, delivery: Delivery, url: str, secret: str, fault: str | None, *, again: bool = False) -> None:
        sandbox, begun = self._sandbox, time.monotonic()
        wall = int(sandbox.clock.wall().timestamp())
        request = webhook_request.build(sandbox.brand, sandbox.switches, secret, delivery, now=wall, fault=fault)
        at = sandbox.now()
        status, outcome = self._exchange(url, request)
        took = round((time.monotonic() - begun) * 1000)
        attempt = Attempt(delivery.id, at, url, status, outcome, fault, took)
        with sandbox.write() as db:
            deliveries.add_attempt(db, attempt)
            if not again:
                self._settle(db, delivery, attempt, request.signed_at)

    def _exchange(self, url: str, request: webhook_request.WebhookRequest) -> tuple[int | None, str]:
        timeout = self._sandbox.switches.webhook_timeout_seconds
        try:
            with self._session().post(
                url,
                data=request.body,
                headers=request.headers,
                timeout=(timeout, timeout),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer.status_code, "acknowledged" if answer.status_code in GOOD else "refused"
        except requests.Timeout:
            return None, "timeout"
        except (requests.RequestException, ValueError):
            return None, "unreachable"

    def _settle(self, db: Connection, delivery: Delivery, attempt: Attempt, signed_at: int) -> None:
        sandbox, tries = self._sandbox, delivery.tries + 1
        first_signed = delivery.signed_at if delivery.signed_at is not None else signed_at
        schedule = sandbox.switches.webhook_retry_minutes
        if attempt.outcome == "acknowledged":
            state, due = "delivered", None
        elif tries >= len(schedule):
            state, due = "lost", None
        else:
            state, due = "waiting", self._retry_at(delivery, schedule[tries])
        deliveries.change(db, delivery.id, state=state, due_at=due, tries=tries, signed_at=first_signed)
        deliveries.release_held(db, delivery, sandbox.now())

    def _retry_at(self, delivery: Delivery, minutes: float) -> str:
        """Return the time of a retry, counted from the event, never in the past."""
        offset = timedelta(minutes=minutes / self._sandbox.switches.speed)
        return max(iso(parse_iso(delivery.created_at) + offset), self._sandbox.now())

    def _change(self, delivery: Delivery, **columns: object) -> None:
        with self._sandbox.write() as db:
            deliveries.change(db, delivery.id, **columns)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._sessions.session = session
            with self._lock:
                self._opened.append(session)
        return session
