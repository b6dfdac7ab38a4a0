"""The clock of the web processes is wrong: no webhook is applied or lost, and everything is read from the provider."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.faults.clocks import build_skewed_command
from tests.faults.deployment import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

NEWEST = "SELECT COALESCE(max(id), 0) FROM deliveries"
SINCE = "SELECT stale, state, outcome ->> 'did', received_at - now() FROM deliveries WHERE id > %(id)s"
DONE = {"asked to re-read", "asked for the favorite", "nothing: closed"}


@pytest.mark.parametrize("minutes", [10, -10], ids=["ahead", "behind"])
def test_stale_event_triggers_one_reread_and_no_state_change(deployment: Deployment, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    argv, variables = build_skewed_command(offset, deployment.portal.argv)
    deployment.replace_portal(argv=argv, **variables)
    (newest,) = deployment.query(NEWEST)[0]
    participants = [deployment.participant() for _ in range(3)]
    sessions = [deployment.wait_for_session(each) for each in participants]
    for session in sessions:
        deployment.sandbox.finish(session)
    deployment.wait_until_idle()
    deployment.sandbox.act(sessions[0], "favorite")
    # No sweep: what the events alone bring about has to be right.
    deployment.wait_until_idle()
    seen = deployment.query(SINCE, id=newest)
    assert len(seen) > len(sessions)
    assert all(stale and state == "applied" and did in DONE for stale, state, did, _ in seen), seen
    assert all(abs(skew - offset) < timedelta(minutes=2) for _, _, _, skew in seen)
    tries = {each["tries"] for each in deployment.sandbox.deliveries() if each["modelId"] in sessions}
    assert tries == {1}, "each was acknowledged when it came first"
    deployment.assert_consistent()
