"""``python -m bench.fast_worker``: a worker as it is deployed, going by a fast time."""

from __future__ import annotations

import logging

from bench.fast_time import FastTime
from portal.app import create_app
from portal.jobs import worker

if __name__ == "__main__":
    fast = FastTime.from_env()
    app = create_app(clock=fast.now, sleep=fast.sleep)
    # A line for each of thousands of jobs would be measured along.
    logging.getLogger().setLevel(logging.WARNING)
    worker.run_worker(app)
