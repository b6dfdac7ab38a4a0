"""``python -m bench.fast_sandbox PORT FOLDER LIMIT``: the sandbox, its window of calls going by a fast time."""

from __future__ import annotations

import signal
import sys
import threading
from decimal import Decimal
from pathlib import Path

from bench.fast_time import FastClock, FastTime
from sandbox.app import get_sandbox
from sandbox.config import SandboxConfig
from sandbox.server import bind_server

API_KEY = "bench-api-key"


def main(port: int, folder: Path, limit: int) -> None:
    """Serve until SIGTERM."""
    switches = {"rate_limit": limit, "pictures": "plain", "gallery_size": 4}
    config = SandboxConfig(data_dir=folder, api_key=API_KEY, credits=Decimal(1_000_000), switches=switches)
    listening = bind_server(config, port=port)
    get_sandbox(listening.app).clock = FastClock(FastTime.from_env())

    def end(_number: int, _frame: object) -> None:
        threading.Thread(target=listening.stop, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    listening.serve_requests()
    listening.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
