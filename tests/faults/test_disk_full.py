"""The disk under the photos is full: nothing half-written stays, everything else goes on, and space alone heals it."""

from __future__ import annotations

import pytest

from tests.faults.disk import no_space
from tests.faults.house import House, files_below
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

TRIED_AGAIN = """
    SELECT 1 FROM procrastinate_jobs
    WHERE task_name = 'photos.copy' AND args ->> 'shoot_id' = %(shoot)s AND (args ->> 'tries')::int >= 2
"""


def test_photos_wait_for_space_and_nothing_else_does(house: House) -> None:
    arrived, waiting = house.traveller(), [house.traveller() for _ in range(2)]
    house.studio.finish(house.session_of(arrived))
    house.settle()
    before = (house.worker.process, house.portal.process)
    house.studio.switch(gallery_size=9)
    with no_space(house) as give_back:
        for each in waiting:
            house.studio.finish(house.session_of(each))
        for each in waiting:
            until(lambda each=each: house.busy() and house.query(TRIED_AGAIN, shoot=str(each.shoot_id)),
                  "a copy has failed twice")  # fmt: skip
        # Whoever comes now gets a session, and whoever has photos sees them.
        house.session_of(house.traveller())
        with house.browser(arrived) as browser:
            assert browser.get(f"{house.url}/headshots/gallery", timeout=30).status_code == 200
        assert [house.shoot(each)["copied_at"] for each in waiting] == [None, None]
        assert [path for path in files_below(house.photos) if "/." in path] == []
        give_back()
        house.settle()
    assert (house.worker.process, house.portal.process) == before
    assert house.worker.returncode is None
    assert [house.shoot(each)["photo_count"] for each in waiting] == [9, 9]
    house.assert_whole()
