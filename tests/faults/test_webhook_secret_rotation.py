"""The webhook secret changes while events arrive and processes are replaced: nothing authentic is turned away."""

from __future__ import annotations

import secrets
import time

import pytest

from tests.faults.deployment import Deployment
from tests.faults.load import WebhookLoad
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

VARIABLE = "HEADSHOT_WEBHOOK_SECRET"
# The platform kills then; what is running gets 23 of them.
END_SECONDS = 30.0
SIGNED_BY = "SELECT count(DISTINCT key_id) FROM deliveries WHERE dedupe_key = ANY(%(keys)s)"


def test_rolling_restart_with_new_secret_refuses_no_webhook(deployment: Deployment) -> None:
    """New processes beside the old ones, then the old ones end, then the provider signs with the new secret."""
    old, new = deployment.stack.secrets.webhook_secret, secrets.token_hex(32)
    with WebhookLoad(deployment) as load:
        load.wait_for(20)
        second = deployment.start_second_portal("portal-2", **{VARIABLE: f"{new},{old}"})
        load.urls = [second, deployment.url]
        load.wait_for(20)
        started = time.monotonic()
        deployment.portal.request_stop()
        load.wait_for(20)
        deployment.portal.wait_for_end(seconds=60)
        assert time.monotonic() - started < END_SECONDS
        load.urls = [second]
        load.secret = new
        load.wait_for(20)
    assert {each.status for each in load.attempts} <= {200, None}
    # Requests that reached a process that was ending succeeded at the second attempt.
    assert max(load.tries().values()) <= 2
    load.assert_none_lost()
    keys = [f"profilebakery:{event}" for event in load.acknowledged]
    assert deployment.query(SIGNED_BY, keys=keys) == [(2,)]
    log = deployment.extra[-1].log.read_text()
    assert "webhook.signed_with_old_secret" in log
    assert old not in log
    assert new not in log


def test_webhooks_refused_before_secret_rotation_are_retried(deployment: Deployment) -> None:
    """The provider creates the secret and drops the old one at once, so there is an unavoidable gap."""
    participants = [deployment.participant() for _ in range(3)]
    sessions = [deployment.wait_for_session(each) for each in participants]
    deployment.wait_until_idle()
    # At this deployment's speed the usual retries would be over before a process can be replaced.
    deployment.sandbox.switch(webhook_retry_minutes=(0, 0, 60, 120, 240, 480, 960, 1920, 3840))
    old, new = deployment.stack.secrets.webhook_secret, deployment.sandbox.rotate_secret()
    for session in sessions:
        deployment.sandbox.finish(session)
    wait_until(
        lambda: any(_refused(each) for each in deployment.sandbox.deliveries()), "the portal refuses the new secret"
    )
    deployment.replace_portal(**{VARIABLE: f"{new},{old}"})
    deployment.set_webhook_secret(new)
    # No sweep: the provider's own retries are enough.
    deployment.wait_until_idle()
    assert all(deployment.shoot(each)["copied_at"] for each in participants)
    deployment.assert_consistent()


def _refused(delivery: dict[str, object]) -> bool:
    attempts = delivery["attempts"]
    assert isinstance(attempts, list)
    return any(each["http_status"] == 401 for each in attempts)
