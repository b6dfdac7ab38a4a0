"""Copies a folder of pictures with a worker's code and memory settings; run as a process of its own, prints JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict
from uuid import UUID, uuid4

# Imported by the process that copies alone: memory of the one that makes the pictures must not count.
SHOOTS = 6
"""As many shoots are copied at a time as a worker has slots."""
_TIMEOUT_S = 500


class Copied(TypedDict):
    """What a process needed to copy the folder once for each shoot."""

    megabytes: int
    seconds: float
    refused: int


def run_copy_process(pictures: dict[str, bytes], *, shoots: int = SHOOTS) -> Copied:
    """Copy the pictures for several shoots at once in a process of its own.

    Args:
        pictures: file content by name.
        shoots: how many shoots are copied at a time, each with all pictures.
    """
    with tempfile.TemporaryDirectory(prefix="bench-copy-") as folder:
        for name, content in pictures.items():
            (Path(folder) / name).write_bytes(content)
        command = [sys.executable, "-m", "bench.copy_photos", folder, str(shoots)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)
    found: Copied = json.loads(done.stdout.splitlines()[-1])
    return found


def _copy_folder(folder: Path, shoots: int) -> Copied:
    import portal.jobs.worker  # noqa: F401, PLC0415 - what a worker has in memory
    from portal.images.memory import configure_allocator  # noqa: PLC0415
    from portal.provider import DownloadedPhoto, PhotoDownloader  # noqa: PLC0415
    from portal.services.photo_fetching import StorageAllowance, fetch_photos  # noqa: PLC0415
    from portal.storage import LocalStorage  # noqa: PLC0415

    class FolderDownloader(PhotoDownloader):
        """Reads photos from a folder, each into memory of its own as a download does."""

        def download(self, url: str) -> DownloadedPhoto:
            return DownloadedPhoto((folder / url).read_bytes(), "image/jpeg")

    # As a worker does when it starts.
    configure_allocator()
    names = sorted(path.name for path in folder.iterdir())
    refused: list[str] = []

    def copy_shoot(storage: LocalStorage) -> None:
        urls: Iterator[tuple[UUID, str]] = ((uuid4(), name) for name in names)
        for result in fetch_photos(urls, StorageAllowance(2 * 1024**3), FolderDownloader([]), storage):
            refused.extend([result.failure] if result.failure else [])

    with tempfile.TemporaryDirectory(prefix="bench-storage-") as stored:
        storage = LocalStorage(Path(stored))
        threads = [threading.Thread(target=copy_shoot, args=[storage]) for _ in range(shoots)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    return {"megabytes": peak, "seconds": seconds, "refused": len(refused)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_copy_folder(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
