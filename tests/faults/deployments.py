"""The deployment that fault tests share: started when it is needed, and replaced after a test that failed."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from demo.stack import Stack
from tests import canaries
from tests.faults.deployment import Deployment

# A session of an hour takes a second, and so do the retries of a webhook.
SPEED = 3600.0


class Deployments:
    """The running deployment, started when it is first needed and again after it was discarded."""

    def __init__(self) -> None:
        self._running: Deployment | None = None
        self._resources = ExitStack()

    def get(self) -> Deployment:
        if self._running is None:
            folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
            self._resources.callback(shutil.rmtree, folder, ignore_errors=True)
            self._resources.callback(lambda: _check_files(folder))
            # As durable as in production: what was committed has to survive an immediate stop.
            stack = self._resources.enter_context(Stack(data_dir=folder / "stack", speed=SPEED, durable=True))
            deployment = Deployment(stack)
            self._resources.callback(deployment.close)
            deployment.sandbox.switch(gallery_size=3, pictures="plain", credits=10_000, webhook_timeout_seconds=5)
            self._running = deployment
        return self._running

    def discard(self) -> None:
        """End the deployment; what it left in database, storage and sandbox goes with it."""
        self._running = None
        self._resources.close()


def _check_files(folder: Path) -> None:
    assert canaries.find_private_logs(folder) == []
