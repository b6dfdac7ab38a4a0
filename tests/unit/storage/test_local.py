"""A folder never holds half an object: not after errors, not on a full disk, not after a kill."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from portal.storage import LocalStorage, ObjectMissing, StorageError, StorageFull, StorageUnavailable

KEY = "photos/0b9c/640-00ff.webp"


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "objects")


def list_files(storage: LocalStorage) -> list[str]:
    return sorted(str(path.relative_to(storage.root)) for path in storage.root.rglob("*") if path.is_file())


def build_failure(code: int) -> Callable[..., Any]:
    def fail(*_args: object, **_options: object) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace", "fdopen"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EIO, StorageUnavailable),
        (errno.EACCES, StorageUnavailable),
        (errno.ENOENT, StorageUnavailable),
    ],
)
def test_a_failing_write_leaves_the_old_object_and_nothing_else(
    storage: LocalStorage,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    code: int,
    expected: type[StorageError],
) -> None:
    storage.put(KEY, b"old", "image/webp")
    with monkeypatch.context() as broken:
        broken.setattr(os, step, build_failure(code))
        with pytest.raises(expected) as refused:
            storage.put(KEY, b"new", "image/webp")
    assert refused.value.retryable
    assert storage.get(KEY) == b"old"
    assert list_files(storage) == [KEY]
    storage.put(KEY, b"new", "image/webp")
    assert storage.get(KEY) == b"new"


def test_an_interrupted_write_leaves_nothing(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            storage.put("flat.webp", b"new", "image/webp")
    assert not storage.root.exists() or list_files(storage) == []


def test_content_reaches_the_disk_before_its_name_does(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.put("photos/other.webp", b"", "image/webp")
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noting_fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        fsync(descriptor)

    def noting_replace(source: Any, target: Any) -> None:
        steps.append("name")
        assert Path(source).parent == Path(target).parent
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "replace", noting_replace)
    storage.put("photos/one.webp", b"x", "image/webp")
    assert steps == ["content", "name", "folder"]


_FILL = """
import resource, sys
from pathlib import Path
from portal.storage import LocalStorage, StorageFull
storage = LocalStorage(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
storage.put("a/small.webp", bytes(90_000), "image/webp")
try:
    storage.put("a/large.webp", bytes(110_000), "image/webp")
except StorageFull:
    storage.put("a/again.webp", bytes(90_000), "image/webp")
    print("refused and went on")
"""


def test_write_beyond_the_file_size_limit_is_unavailable(storage: LocalStorage) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(storage.root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "refused and went on"
    assert list_files(storage) == ["a/again.webp", "a/small.webp"]


_WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from portal.storage import LocalStorage
storage = LocalStorage(Path(sys.argv[1]))
for number in itertools.count():
    storage.put("photos/same.webp", bytes([number % 256]) * 1_000_000, "image/webp")
    print(number, flush=True)
"""


def test_kill_at_any_moment_leaves_a_whole_object(storage: LocalStorage) -> None:
    for wait in (0.0, 0.003, 0.007, 0.013, 0.02):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOR_EVER, str(storage.root)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(wait)
            writer.send_signal(signal.SIGKILL)
        content = storage.get("photos/same.webp")
        assert (len(content), len(set(content))) == (1_000_000, 1)
        assert list(storage.list()) == ["photos/same.webp"]


def test_write_deletes_leftovers_of_killed_writes_and_no_running_write(storage: LocalStorage) -> None:
    storage.put(KEY, b"old", "image/webp")
    path = storage.root / KEY
    abandoned, being_written = (path.with_name(f".{path.name}.{digit * 16}") for digit in "0f")
    abandoned.write_bytes(b"half a fa")
    with being_written.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        storage.put(KEY, b"new", "image/webp")
        assert not abandoned.exists()
        assert being_written.exists()
    storage.put(KEY, b"new", "image/webp")
    assert list_files(storage) == [KEY]


def test_cleaner_with_an_older_lock_does_not_delete_the_file_being_written(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that lost a write: two cleaners open a new file before it is locked; both then hold its lock in turn.

    The first deletes it, so the writer starts again; the second deletes the same name while the writer writes.
    """
    storage.put(KEY, b"old", "image/webp")
    path = storage.root / KEY
    flock, fsync = fcntl.flock, os.fsync
    second: list[tuple[Path, int]] = []

    def delete_before_lock(file: Any, operation: int) -> None:
        if operation == fcntl.LOCK_EX and not second:
            (partial,) = path.parent.glob(f".{path.name}.*")
            second.append((partial, os.open(partial, os.O_RDONLY)))
            partial.unlink()
        flock(file, operation)

    def delete_while_writing(descriptor: int) -> None:
        partial, opened = second[0]
        flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        partial.unlink(missing_ok=True)
        fsync(descriptor)

    monkeypatch.setattr(fcntl, "flock", delete_before_lock)
    monkeypatch.setattr(os, "fsync", delete_while_writing)
    storage.put(KEY, b"new", "image/webp")
    os.close(second[0][1])
    assert storage.get(KEY) == b"new"
    assert list_files(storage) == [KEY]


def test_concurrent_writers_of_one_object_do_not_delete_each_others_files(storage: LocalStorage) -> None:
    with ThreadPoolExecutor(8) as writers:
        done = [writers.submit(storage.put, KEY, b"same", "image/webp") for _ in range(400)]
    assert [each.result() for each in done] == [None] * 400
    assert list_files(storage) == [KEY]


def test_delete_removes_leftovers_of_killed_writes_and_no_other_object(storage: LocalStorage) -> None:
    storage.put("photos/p/640-aa.webp", b"x", "image/webp")
    folder = storage.root / "photos/p"
    (folder / ".640-aa.webp.0123456789abcdef").write_bytes(b"half a fa")
    (folder / ".640-aa.webp.part.0123456789abcdef").write_bytes(b"of another key")
    storage.delete("photos/p/640-aa.webp")
    assert list_files(storage) == ["photos/p/.640-aa.webp.part.0123456789abcdef"]


def test_deleting_a_folder_removes_leftovers_of_killed_writes(storage: LocalStorage) -> None:
    storage.put("photos/p/640-aa.webp", b"x", "image/webp")
    (storage.root / "photos/p/.96-bb.webp.0123456789abcdef").write_bytes(b"half a face")
    storage.delete_all("photos/p/")
    assert list_files(storage) == []
    assert storage.root.exists()
    assert not (storage.root / "photos").exists()


def test_last_delete_removes_the_folders_but_not_the_root(storage: LocalStorage) -> None:
    storage.put("photos/p/1.webp", b"x", "image/webp")
    storage.put("photos/q/1.webp", b"x", "image/webp")
    storage.delete("photos/p/1.webp")
    assert sorted(path.name for path in (storage.root / "photos").iterdir()) == ["q"]
    storage.delete("photos/q/1.webp")
    assert list(storage.root.iterdir()) == []


def test_other_accounts_on_the_machine_cannot_read_faces(storage: LocalStorage) -> None:
    storage.put(KEY, b"x", "image/webp")
    for path in [storage.root, *storage.root.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_file_where_a_folder_should_be_is_unavailable_to_writers(storage: LocalStorage) -> None:
    storage.put("photos", b"x", "image/webp")
    with pytest.raises(StorageUnavailable) as refused:
        storage.put(KEY, b"x", "image/webp")
    assert refused.value.cause in {"ENOTDIR", "EEXIST"}
    with pytest.raises(ObjectMissing):
        storage.get(KEY)


def test_a_failing_disk_is_unavailable_to_readers(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.put(KEY, b"x", "image/webp")
    monkeypatch.setattr(Path, "open", build_failure(errno.EIO))
    monkeypatch.setattr(Path, "read_bytes", build_failure(errno.EIO))
    monkeypatch.setattr(os, "scandir", build_failure(errno.EIO))
    for call in (lambda: storage.get(KEY), lambda: storage.open(KEY), lambda: list(storage.list("photos/"))):
        with pytest.raises(StorageUnavailable) as refused:
            call()
        assert refused.value.cause == "EIO"
