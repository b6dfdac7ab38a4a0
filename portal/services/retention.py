"""Forgetting on time: what is kept only for a while is deleted here, and nowhere else by the clock."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from portal.db import transaction
from portal.models import budget, deliveries, jobs

log = logging.getLogger(__name__)

# Raw webhook bodies hold names; the call log is for the usage page; finished jobs are of no use to anybody.
BODIES = timedelta(days=30)
CALLS = timedelta(days=30)
FINISHED_JOBS = timedelta(days=7)


def forget(*, now: datetime) -> None:
    """Delete everything that has reached its age. Running it again finds nothing."""
    with transaction():
        counts = {
            "bodies": deliveries.forget_bodies(now - BODIES),
            "calls": budget.forget_calls(now - CALLS),
            "jobs": jobs.forget_finished(now - FINISHED_JOBS),
        }
    log.info("forgotten", extra=counts)
