"""Takes the space away from under the photos while everything runs, and gives it back; the system itself refuses."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.deployment import Deployment

# Room for a few sizes of a photo and not for all, so that what is being written fails half-way.
LEFT_BYTES = 48 * 1024
ENOUGH = "size=512m"
# Without the right to mount a file system: a limit on file sizes, which fails in the same way.
MAX_FILE_BYTES = 2 * 1024

Restore = Callable[[], None]


@contextmanager
def fill_disk(deployment: Deployment) -> Iterator[Restore]:
    """Leave next to no space for photos; yields what gives it back. Nothing may be copied when this begins or ends."""
    folder = deployment.photos
    kept = folder.rename(folder.with_name("kept"))
    folder.mkdir(mode=0o700)
    mounted = _may("mount", "-t", "tmpfs", "-o", ENOUGH, "tmpfs", str(folder))
    try:
        if mounted:
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            yield from _small_disk(folder)
    finally:
        if mounted:
            shutil.rmtree(kept)
            shutil.copytree(folder, kept)
            _run("umount", "--lazy", str(folder))
        folder.rmdir()
        kept.rename(folder)
    if not mounted:
        assert deployment.worker.process is not None
        yield from _short_files(deployment.worker.process.pid)


def _small_disk(folder: Path) -> Iterator[Restore]:
    _run("mount", "-o", f"remount,size={shutil.disk_usage(folder).used + LEFT_BYTES}", str(folder))
    yield lambda: _run("mount", "-o", f"remount,{ENOUGH}", str(folder))


def _short_files(pid: int) -> Iterator[Restore]:
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    limit(MAX_FILE_BYTES)
    try:
        yield lambda: limit(soft)
    finally:
        with suppress(ProcessLookupError):
            limit(soft)


def _may(*command: str) -> bool:
    try:
        _run(*command)
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False
    return True


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)
