"""Enqueuing start jobs: each creates the session of the person who is first in the queue when it runs."""

from __future__ import annotations

from portal.domain import job_types
from portal.models import queue
from portal.models.shoots import Shoot


def enqueue_start_job(shoot: Shoot) -> bool:
    """Enqueue one more start job, in the caller's transaction; there is at least one for each waiting person."""
    return queue.enqueue_job(job_types.CREATE_SESSION, shoot_id=str(shoot.id))
