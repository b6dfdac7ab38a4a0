"""Web workers are killed and processes receive SIGTERM, in the middle of their work: nothing accepted is lost."""

from __future__ import annotations

import threading
import time

import psutil
import pytest
import requests

from demo.children import Child
from portal.failpoints import VARIABLE
from tests.faults.deployment import Deployment
from tests.faults.load import WebhookLoad
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

# The platform kills then; what is running gets 23 of them.
END_SECONDS = 30.0


def _web_workers(deployment: Deployment) -> list[psutil.Process]:
    assert deployment.portal.process is not None
    return psutil.Process(deployment.portal.process.pid).children()


def _end(child: Child) -> float:
    """Send SIGTERM to a process and return how long it took."""
    started = time.monotonic()
    child.request_stop()
    child.wait_for_end(seconds=60)
    return time.monotonic() - started


def test_web_workers_killed_again_and_again_lose_no_acknowledged_webhook(deployment: Deployment) -> None:
    participants = [deployment.participant() for _ in range(3)]
    sessions = [deployment.wait_for_session(each) for each in participants]
    killed: set[int] = set()
    with WebhookLoad(deployment) as load:
        for number in range(6):
            load.wait_for(15)
            victim = wait_until(
                lambda: next((one for one in _web_workers(deployment) if one.pid not in killed), None),
                "a fresh web worker",
            )
            killed.add(victim.pid)
            victim.kill()
            if number < len(sessions):
                deployment.sandbox.finish(sessions[number])
        load.wait_for(15)
    assert len(killed) == 6
    deployment.wait_until_idle(sweep=True)
    load.assert_none_lost()
    deployment.assert_consistent()


def test_webhook_stored_without_response_is_stored_once(deployment: Deployment) -> None:
    deployment.replace_portal(**{VARIABLE: "webhook.after_insert:10"})
    first = {worker.pid for worker in _web_workers(deployment)}
    session = deployment.wait_for_session(deployment.participant())
    with WebhookLoad(deployment) as load:
        load.wait_for(40)
        deployment.sandbox.finish(session)
        wait_until(
            lambda: not first & {worker.pid for worker in _web_workers(deployment)}, "every first worker has died"
        )
    unanswered = {each.event for each in load.attempts if each.status is None}
    assert len(unanswered & load.acknowledged) >= 2
    deployment.wait_until_idle(sweep=True)
    load.assert_none_lost()
    deployment.assert_consistent()


def test_sigterm_ends_web_process_in_time_and_closes_streams(deployment: Deployment) -> None:
    participant = deployment.participant()
    session = deployment.wait_for_session(participant)
    browser = deployment.browser(participant)
    stream = browser.get(f"{deployment.url}/headshots/events", stream=True, timeout=60)
    assert stream.status_code == 200
    ended = threading.Event()
    reader = threading.Thread(target=_read_to_the_end, args=(stream, ended))
    reader.start()
    with WebhookLoad(deployment) as load:
        load.wait_for(20)
        deployment.sandbox.finish(session)
        assert _end(deployment.portal) < END_SECONDS
        assert ended.wait(60)
        deployment.start(deployment.portal)
        load.wait_for(20)
    reader.join(60)
    browser.close()
    # Every response that arrived is correct; all other clients found no server and tried again.
    assert {each.status for each in load.attempts} <= {200, None}
    deployment.wait_until_idle(sweep=True)
    load.assert_none_lost()
    deployment.assert_consistent()


def _read_to_the_end(stream: requests.Response, ended: threading.Event) -> None:
    try:
        for _ in stream.iter_content(1024):
            pass
    except requests.RequestException:
        pass
    ended.set()


def test_sigterm_requeues_long_jobs(deployment: Deployment) -> None:
    deployment.sandbox.switch(gallery_size=9)
    participant = deployment.participant()
    session = deployment.wait_for_session(participant)
    # Three at a time, and less than the time after which a download is given up: 27 seconds for nine.
    deployment.sandbox.break_call("delay", seconds=9, path="/photos/*")
    deployment.sandbox.finish(session)
    # By key, not by id: if a second event has queued the same copy already, that job continues the work.
    copying = (
        "SELECT queueing_lock FROM procrastinate_jobs WHERE task_name = 'photos.copy' AND status::text = %(status)s"
    )
    running = wait_until(lambda: deployment.query(copying, status="doing"), "the photos are being copied")
    others = [deployment.participant() for _ in range(3)]
    assert _end(deployment.worker) < END_SECONDS
    assert set(running) <= set(deployment.query(copying, status="todo"))
    assert deployment.query("SELECT id FROM procrastinate_jobs WHERE status = 'doing'") == []
    deployment.sandbox.clear_faults()
    deployment.start(deployment.worker)
    for each in others:
        deployment.wait_for_session(each)
    deployment.wait_until_idle(sweep=True)
    deployment.sandbox.switch(gallery_size=3)
    assert deployment.shoot(participant)["photo_count"] == 9
    deployment.assert_consistent()


def test_worker_finishes_short_jobs_on_sigterm(deployment: Deployment) -> None:
    participants = [deployment.participant() for _ in range(6)]
    assert _end(deployment.worker) < END_SECONDS
    assert deployment.query("SELECT id FROM procrastinate_jobs WHERE status = 'doing'") == []
    deployment.start(deployment.worker)
    for each in participants:
        deployment.wait_for_session(each)
    deployment.wait_until_idle()
    deployment.assert_consistent()


def test_events_lost_after_all_retries_are_recovered_by_sweep(deployment: Deployment) -> None:
    participants = [deployment.participant() for _ in range(3)]
    sessions = [deployment.wait_for_session(each) for each in participants]
    deployment.wait_until_idle()
    assert _end(deployment.portal) < END_SECONDS
    for session in sessions:
        deployment.sandbox.finish(session)
    deployment.sandbox.act(sessions[0], "favorite")
    wait_until(lambda: _lost_of(deployment, sessions) >= len(sessions) + 1, "the provider has given up")
    deployment.wait_until_idle()
    deployment.start(deployment.portal)
    deployment.sweep()
    deployment.wait_until_idle(sweep=True)
    assert all(deployment.shoot(each)["copied_at"] for each in participants)
    deployment.assert_consistent()


def _lost_of(deployment: Deployment, sessions: list[str]) -> int:
    return sum(each["modelId"] in sessions and each["state"] == "lost" for each in deployment.sandbox.deliveries())
