"""Enqueuing start jobs: each creates the session of the person who is first in the queue when it runs."""

from __future__ import annotations

from portal.models import queue as jobs
from portal.models import waiting_room
from portal.models.shoots import Shoot


def enqueue_start_job(shoot: Shoot) -> bool:
    """Enqueue one more start job, in the caller's transaction; there is at least one for each waiting person."""
    return jobs.defer(
        waiting_room.TURN_TASK,
        queue=jobs.LINE,
        priority=jobs.TURN,
        once=f"create:{shoot.id}",
        in_turn=False,
        shoot_id=str(shoot.id),
    )
