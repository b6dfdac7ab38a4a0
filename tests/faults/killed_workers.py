"""Workers that die or freeze at a named point, each with its work; asserts nothing."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field

import psutil

from demo.children import Child
from portal.domain import job_types
from portal.failpoints import VARIABLE
from portal.jobs.schedule import DEAD_AFTER_SECONDS
from portal.services.shoot_creation import ATTEMPT_LEASE
from tests.faults.deployment import Deployment
from tests.faults.people import Participant
from tests.faults.sandbox_control import CREATE
from tests.waiting import wait_until

# The job during which a worker reaches a failpoint, by the first part of the failpoint's name.
JOB_TYPES = {
    "create": job_types.CREATE_SESSION,
    "apply": job_types.APPLY_DELIVERY,
    "refresh": job_types.REFRESH_SHOOT,
    "favorite": job_types.REFRESH_FAVORITE,
    "copy": job_types.COPY_PHOTOS,
    "sweep": job_types.SWEEP,
    "retry": job_types.CREATE_SESSION,
    "erase": job_types.ERASE_PERSON,
    "credits": job_types.FETCH_BALANCE,
    "retention": job_types.DELETE_EXPIRED,
    "audit": job_types.VERIFY_AUDIT_TRAIL,
}
_OWN_WORKERS = "SELECT id FROM procrastinate_workers WHERE NOT id = ANY(%(known)s)"
_HELD = "SELECT id, task_name FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(workers)s)"
_LAST_HEARTBEAT = (
    "UPDATE procrastinate_workers SET last_heartbeat = now() + %(later)s * interval '1 second' WHERE id = ANY(%(ids)s)"
)
# Attempts are taken for dead by the portal's clock, workers by their silence: let both have been going on for a while.
_LONG_AGO = "UPDATE shoots SET attempted_at = attempted_at - %(ago)s * interval '1 second' WHERE provider_id IS NULL"
HOUR_SECONDS = 3600
_RUNNING_JOBS = "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(workers)s)"


@dataclass
class KilledWorker:
    """One worker that fell, and what became of its jobs."""

    point: str
    participant: Participant | None
    child: Child
    workers: list[int] = field(default_factory=list)
    jobs: dict[int, str] = field(default_factory=dict)
    recovered_after: float | None = None


class KilledWorkers:
    """Makes the killed_workers one after the other, and then lets the world notice all of them at the same moment.

    Until then their heartbeats lie in the future, so that none is taken over by the next one to fall.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.killed_workers: dict[str, KilledWorker] = {}

    def kill(self, point: str, participant: Participant | None) -> None:
        """Let a worker die at a point."""
        child = self.deployment.start_second_worker(point, **{VARIABLE: point})
        wait_until(lambda: self._has_exited(child), f"the worker dies at {point}")
        self._record(KilledWorker(point, participant, child))

    def freeze(self, point: str, participant: Participant) -> None:
        """Let a worker stop responding at a point."""
        child = self.deployment.start_second_worker(point, **{VARIABLE: f"{point}:1:STOP"})
        wait_until(lambda: _is_frozen(child), f"the worker freezes at {point}")
        self._record(KilledWorker(f"{point}:frozen", participant, child))

    def freeze_while_creating(self, participant: Participant, seconds: float) -> None:
        """Let a worker stop responding after the provider got its call and before it gives its response."""
        self.deployment.sandbox.break_call("delay", seconds=seconds, count=1, **CREATE)
        child = self.deployment.start_second_worker("create.in_call")
        wait_until(lambda: not self.deployment.sandbox.faults(), "the call has arrived")
        child.signal_group(signal.SIGSTOP)
        wait_until(lambda: _is_frozen(child), "the worker is frozen")
        self._record(KilledWorker("create.in_call", participant, child))

    def detect_deaths(self) -> None:
        """Let all of them be silent for long enough; wait until each of their jobs belongs to another worker."""
        silent = [one for each in self.killed_workers.values() for one in each.workers]
        self.deployment.query(_LAST_HEARTBEAT, later=-DEAD_AFTER_SECONDS, ids=silent)
        self.deployment.query(_LONG_AGO, ago=ATTEMPT_LEASE.total_seconds())
        self.deployment.start(self.deployment.worker)
        started = time.monotonic()
        wait_until(lambda: self._are_all_recovered(started), "every job of the fallen is taken over", seconds=120)

    def thaw(self) -> None:
        """Let the frozen go on where they stopped, and wait until they have ended in their own time."""
        frozen = [each.child for each in self.killed_workers.values() if each.child.returncode is None]
        for child in frozen:
            child.signal_group(signal.SIGCONT)
        for child in frozen:
            child.request_stop()
            child.wait_for_end(seconds=60)

    def _has_exited(self, child: Child) -> bool:
        self.deployment.list_pending()
        return child.returncode is not None

    def _record(self, killed: KilledWorker) -> None:
        known = [one for each in self.killed_workers.values() for one in each.workers]
        killed.workers = [worker_id for (worker_id,) in self.deployment.query(_OWN_WORKERS, known=known)]
        killed.jobs = dict(self.deployment.query(_HELD, workers=killed.workers))
        self.deployment.query(_LAST_HEARTBEAT, later=HOUR_SECONDS, ids=killed.workers)
        self.killed_workers[killed.point] = killed

    def _are_all_recovered(self, started: float) -> bool:
        for each in self.killed_workers.values():
            if each.recovered_after is None and not self.deployment.query(_RUNNING_JOBS, workers=each.workers):
                each.recovered_after = time.monotonic() - started
        return all(each.recovered_after is not None for each in self.killed_workers.values())


def _is_frozen(child: Child) -> bool:
    child.ensure_alive()
    assert child.process is not None
    return psutil.Process(child.process.pid).status() == psutil.STATUS_STOPPED
