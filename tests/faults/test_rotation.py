"""The webhook secret changes while events arrive and processes are replaced: nothing authentic is turned away."""

from __future__ import annotations

import secrets
import time

import pytest

from tests.faults.barrage import Barrage
from tests.faults.house import House
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

VARIABLE = "HEADSHOT_WEBHOOK_SECRET"
# The platform kills after 30 seconds.
END_SECONDS = 25.0
SIGNED_BY = "SELECT count(DISTINCT key_id) FROM deliveries WHERE dedupe_key = ANY(%(keys)s)"


def test_a_rolling_restart_brings_a_new_secret_and_refuses_nobody(house: House) -> None:
    """New processes beside the old ones, then the old ones end, then the provider signs with the new secret."""
    old, new = house.stack.secrets.webhook_secret, secrets.token_hex(32)
    with Barrage(house) as barrage:
        barrage.wait_for(20)
        second = house.another_portal("portal-2", **{VARIABLE: f"{new},{old}"})
        barrage.urls = [second, house.url]
        barrage.wait_for(20)
        begun = time.monotonic()
        house.portal.ask_to_stop()
        barrage.wait_for(20)
        house.portal.wait_for_end(seconds=40)
        assert time.monotonic() - begun < END_SECONDS
        barrage.urls = [second]
        barrage.secret = new
        barrage.wait_for(20)
    assert {each.status for each in barrage.attempts} <= {200, None}
    # Whoever met a process that was ending came through at the second try.
    assert max(barrage.tries().values()) <= 2
    barrage.assert_none_lost()
    keys = [f"profilebakery:{event}" for event in barrage.acknowledged]
    assert house.query(SIGNED_BY, keys=keys) == [(2,)]
    log = house.extra[-1].log.read_text()
    assert "webhook.signed_with_old_secret" in log
    assert old not in log
    assert new not in log


def test_what_is_refused_before_the_portal_knows_the_new_secret_comes_again(house: House) -> None:
    """The provider makes the secret and drops the old one at once, so there is a gap that nobody can avoid."""
    travellers = [house.traveller() for _ in range(3)]
    sessions = [house.session_of(each) for each in travellers]
    house.settle()
    # At this house's speed the usual retries would be over before a process can be replaced.
    house.studio.switch(webhook_retry_minutes=(0, 0, 60, 120, 240, 480, 960))
    old, new = house.stack.secrets.webhook_secret, house.studio.rotate_secret()
    for session in sessions:
        house.studio.finish(session)
    until(lambda: any(_refused(each) for each in house.studio.deliveries()), "the portal refuses the new secret")
    house.replace_portal(**{VARIABLE: f"{new},{old}"})
    house.adopt_secret(new)
    # No sweep: the provider's own retries are enough.
    house.settle()
    assert all(house.shoot(each)["copied_at"] for each in travellers)
    house.assert_whole()


def _refused(delivery: dict[str, object]) -> bool:
    attempts = delivery["attempts"]
    assert isinstance(attempts, list)
    return any(each["http_status"] == 401 for each in attempts)
