"""Takes the space away from under the photos while everything runs, and gives it back; the system itself refuses."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.house import House

# Room for a few sizes of a photo and not for all, so that what is being written fails half-way.
LEFT_BYTES = 48 * 1024
ENOUGH = "size=512m"
# Where nobody may mount a file system: no file may become longer, which the system refuses in the same way.
LONGEST_FILE = 2 * 1024

GiveBack = Callable[[], None]


@contextmanager
def no_space(house: House) -> Iterator[GiveBack]:
    """Leave next to no space for photos; yields what gives it back. Nothing may be copied when this begins or ends."""
    folder = house.photos
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
        assert house.worker.process is not None
        yield from _short_files(house.worker.process.pid)


def _small_disk(folder: Path) -> Iterator[GiveBack]:
    _run("mount", "-o", f"remount,size={shutil.disk_usage(folder).used + LEFT_BYTES}", str(folder))
    yield lambda: _run("mount", "-o", f"remount,{ENOUGH}", str(folder))


def _short_files(pid: int) -> Iterator[GiveBack]:
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    limit(LONGEST_FILE)
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
    subprocess.run(command, check=True, capture_output=True, timeout=30)
