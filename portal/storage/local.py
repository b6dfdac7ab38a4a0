"""Stores objects as files below one folder, for machines with a persistent disk."""

from __future__ import annotations

import errno
import fcntl
import heapq
import io
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from portal.storage.errors import ObjectMissing, StorageFull, StorageUnavailable
from portal.storage.keys import check_folder, check_key, check_prefix

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SORTED_AT_ONCE = 50_000
_TOKEN = re.compile(r"[0-9a-f]{16}")
_ABSENT = frozenset({errno.ENOENT, errno.EISDIR, errno.ENOTDIR})


class LocalStorage:
    """A :class:`~portal.storage.protocol.Storage` in the folder ``root``, made on the first write."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Write beside the target, flush to disk, rename: a crash leaves the old object or the new one.

        The next write of the same object deletes what a crash left beside it.
        """
        self.put_file(key, io.BytesIO(content), content_type)

    def put_file(self, key: str, file: IO[bytes], content_type: str) -> None:  # noqa: ARG002  # files have no media type
        """Write like :meth:`put`, copying from an open file."""
        path = self._path(key)
        with _map_errors():
            _make_folders(path.parent)
            _write_and_rename(path, file)
            _delete_abandoned(path)
            _flush_folder(path.parent)

    def get(self, key: str) -> bytes:
        """Return the file's content."""
        path = self._path(key)
        with _map_errors(key):
            return path.read_bytes()

    def open(self, key: str) -> BinaryIO:
        """Return the file, open for reading."""
        path = self._path(key)
        with _map_errors(key):
            return path.open("rb")

    def exists(self, key: str) -> bool:
        """Return whether the file is there."""
        path = self._path(key)
        with _map_errors():
            return path.is_file()

    def delete(self, key: str) -> None:
        """Remove the file, what an interrupted write of it left behind, and folders that are empty now."""
        path = self._path(key)
        with _map_errors():
            for leftover in _list_partials(path):
                leftover.unlink(missing_ok=True)
            if path.is_file():
                path.unlink(missing_ok=True)
                _flush_folder(path.parent)
        self._delete_empty_folders(path.parent)

    def delete_all(self, folder: str) -> None:
        """Remove the folder with all that is in it, half-written files too."""
        path = self.root / check_folder(folder)
        with _map_errors(), suppress(FileNotFoundError):
            shutil.rmtree(path)
            _flush_folder(path.parent)
        self._delete_empty_folders(path.parent)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys of finished files below ``prefix``."""
        return self._walk(check_prefix(prefix))

    def _walk(self, prefix: str) -> Iterator[str]:
        folder = prefix.rpartition("/")[0]
        with _map_errors():
            for key in self._iterate_folder(f"{folder}/" if folder else ""):
                if key.startswith(prefix):
                    yield key

    def _iterate_folder(self, folder: str) -> Iterator[str]:
        for name in _iterate_sorted(self.root / folder):
            if name.endswith("/"):
                yield from self._iterate_folder(folder + name)
            else:
                yield folder + name

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _delete_empty_folders(self, folder: Path) -> None:
        while folder != self.root and folder.is_relative_to(self.root):
            try:
                folder.rmdir()
            except OSError:
                return  # not empty, or deleted concurrently
            folder = folder.parent


@contextmanager
def _map_errors(reading: str | None = None) -> Iterator[None]:
    """Turn the system's errors into those of this package; an absent file is only normal while ``reading`` that key."""
    try:
        yield
    except OSError as error:
        if reading is not None and error.errno in _ABSENT:
            raise ObjectMissing(reading) from error
        if error.errno in _NO_SPACE:
            raise StorageFull from error
        raise StorageUnavailable(errno.errorcode.get(error.errno or 0, "OSError")) from error


def _write_and_rename(path: Path, source: IO[bytes]) -> None:
    partial, descriptor = _create_locked(path)
    try:
        # Locked until it has its name: a partial file without a lock counts as abandoned.
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _create_locked(path: Path) -> tuple[Path, int]:
    """Create a partial file beside ``path`` and lock it; the kernel releases the lock when it is closed.

    A name is never used twice. A cleaner that holds the lock of a file deletes by name, so a second file of
    that name would be deleted while it is written.
    """
    while True:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with suppress(OSError):  # a network file system may not support locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return partial, descriptor
        # Deleted as abandoned in the moment before it was locked.
        os.close(descriptor)


def _list_partials(path: Path) -> Iterator[Path]:
    """Yield what interrupted writes of this object left; a glob would compile a pattern for each object."""
    prefix = f".{path.name}."
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        for each in path.parent.iterdir():
            if each.name.startswith(prefix) and _TOKEN.fullmatch(each.name, len(prefix)):
                yield each


def _delete_abandoned(path: Path) -> None:
    """Delete files left by interrupted writes of this object, except those being written now."""
    for leftover in _list_partials(path):
        with suppress(OSError), leftover.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink(missing_ok=True)


def _make_folders(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    """Make a rename or a new entry in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _iterate_sorted(folder: Path) -> Iterator[str]:
    """Yield the names in a folder in order, folders with a slash at the end, as keys are ordered.

    A large folder is read once for each ``_SORTED_AT_ONCE`` names, so that memory does not grow with it.
    """
    last = ""
    while True:
        try:
            with os.scandir(folder) as entries:
                names = heapq.nsmallest(_SORTED_AT_ONCE, (name for name in _iterate_names(entries) if name > last))
        except (FileNotFoundError, NotADirectoryError):
            return  # deleted meanwhile
        yield from names
        if len(names) < _SORTED_AT_ONCE:
            return
        last = names[-1]


def _iterate_names(entries: Iterable[os.DirEntry[str]]) -> Iterator[str]:
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield f"{entry.name}/"
        elif not entry.name.startswith(".") and not entry.is_dir():
            yield entry.name
