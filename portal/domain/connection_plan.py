"""How many database connections each process may open, so that all of them together stay within the plan's limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

# What the smallest plan in app.json allows.
DEFAULT_TOTAL = 20
# Left to commands that run beside the processes: doctor, fsck, migrate.
RESERVED = 3
COMMAND_POOL = 2
# Each web process: one that listens for changes, one for best-effort statements.
_WEB_FIXED = 2
# Each of the worker's two queues listens on a connection of its own.
_WORKER_FIXED = 2
# More of them would wait for the database instead of for a connection.
_LARGEST_POOL = 10
_LARGEST_QUEUE = 5
_LARGEST_BATCHER = 2


class TooFewConnections(ValueError):
    """The limit does not suffice for these processes.

    Attributes:
        needed: the smallest limit that does.
    """

    def __init__(self, needed: int) -> None:
        self.needed = needed
        super().__init__(f"at least {needed} connections are needed")


@dataclass(frozen=True)
class ConnectionPlan:
    """The sizes of all pools of one web instance and one worker.

    Attributes:
        total: connections the database allows.
        web_processes: processes of the web instance.
        web_pool: connections of a web process's pool.
        web_batcher: connections of a web process for autonomous statements.
        worker_pool: connections of the worker's pool.
        worker_queue: connections with which the worker fetches jobs.
    """

    total: int
    web_processes: int
    web_pool: int = 2
    web_batcher: int = 1
    worker_pool: int = 3
    worker_queue: int = 2

    @property
    def per_web_process(self) -> int:
        """Most connections of one web process."""
        return _WEB_FIXED + self.web_pool + self.web_batcher

    @property
    def per_worker(self) -> int:
        """Most connections of the worker."""
        return _WORKER_FIXED + self.worker_pool + self.worker_queue

    @property
    def largest_use(self) -> int:
        """Most connections of all processes and of the commands beside them."""
        return self.web_processes * self.per_web_process + self.per_worker + RESERVED


def build_plan(total: int, web_processes: int) -> ConnectionPlan:
    """Divide a limit among one web instance and one worker.

    Args:
        total: connections the database allows.
        web_processes: processes of the web instance.

    Raises:
        TooFewConnections: not every process can have what it needs at least.
    """
    plan = ConnectionPlan(total, web_processes)
    if plan.largest_use > total:
        raise TooFewConnections(plan.largest_use)
    while (larger := _grow(plan)) is not None:
        plan = larger
    return plan


def _grow(plan: ConnectionPlan) -> ConnectionPlan | None:
    """Return the plan with one pool enlarged, the smallest first; None when nothing more fits."""
    candidates = (
        (2 * plan.web_batcher, plan.web_batcher < _LARGEST_BATCHER, replace(plan, web_batcher=plan.web_batcher + 1)),
        (plan.web_pool, plan.web_pool < _LARGEST_POOL, replace(plan, web_pool=plan.web_pool + 1)),
        (plan.worker_pool, plan.worker_pool < _LARGEST_POOL, replace(plan, worker_pool=plan.worker_pool + 1)),
        (2 * plan.worker_queue, plan.worker_queue < _LARGEST_QUEUE, replace(plan, worker_queue=plan.worker_queue + 1)),
    )
    fitting = [(size, larger) for size, may_grow, larger in candidates if may_grow and larger.largest_use <= plan.total]
    return min(fitting, key=lambda each: each[0])[1] if fitting else None
