"""Queuing turns: a job that serves one of those who wait, whoever is first when it runs."""

from __future__ import annotations

from portal.models import queue as jobs
from portal.models import waiting_room
from portal.models.shoots import Shoot


def queue(shoot: Shoot) -> bool:
    """Queue one more turn, in the caller's transaction; there is at least one for each who waits."""
    return jobs.defer(
        waiting_room.TURN_TASK,
        queue=jobs.LINE,
        priority=jobs.TURN,
        once=f"create:{shoot.id}",
        in_turn=False,
        shoot_id=str(shoot.id),
    )
