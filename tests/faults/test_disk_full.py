"""The disk for photos is full: nothing half-written stays, everything else works, and free space alone repairs it."""

from __future__ import annotations

import pytest

from tests.faults.deployment import Deployment, list_files
from tests.faults.disk import fill_disk
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

TRIED_AGAIN = """
    SELECT 1 FROM procrastinate_jobs
    WHERE task_name = 'photos.copy' AND args ->> 'shoot_id' = %(shoot)s AND (args ->> 'tries')::int >= 2
"""


def test_full_disk_delays_photos_only(deployment: Deployment) -> None:
    arrived, waiting = deployment.participant(), [deployment.participant() for _ in range(2)]
    deployment.sandbox.finish(deployment.wait_for_session(arrived))
    deployment.wait_until_idle()
    before = (deployment.worker.process, deployment.portal.process)
    deployment.sandbox.switch(gallery_size=9)
    with fill_disk(deployment) as give_back:
        for each in waiting:
            deployment.sandbox.finish(deployment.wait_for_session(each))
        for each in waiting:
            shoot = str(each.shoot_id)
            wait_until(
                lambda shoot=shoot: deployment.list_pending() and deployment.query(TRIED_AGAIN, shoot=shoot),
                "a copy has failed twice",
            )
        # New people get a session, and people with photos see them.
        deployment.wait_for_session(deployment.participant())
        with deployment.browser(arrived) as browser:
            assert browser.get(f"{deployment.url}/headshots/gallery", timeout=60).status_code == 200
        assert [deployment.shoot(each)["copied_at"] for each in waiting] == [None, None]
        assert [path for path in list_files(deployment.photos) if "/." in path] == []
        give_back()
        deployment.wait_until_idle()
    assert (deployment.worker.process, deployment.portal.process) == before
    assert deployment.worker.returncode is None
    assert [deployment.shoot(each)["photo_count"] for each in waiting] == [9, 9]
    deployment.assert_consistent()
