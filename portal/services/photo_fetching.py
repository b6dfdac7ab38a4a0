"""Downloads, renders and stores one photo of the provider; a failure concerns that photo alone. It uses no database."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from uuid import UUID

from portal.images.errors import CannotRender, NotAPhoto, PhotoDamaged, PhotoRefused
from portal.images.renditions import render_photo
from portal.provider import PhotoDownloader
from portal.provider.errors import PhotoError, PhotoTooLarge
from portal.provider.errors import PhotoRefused as AddressRefused
from portal.services.photo_files import StoredPhoto, store_files
from portal.storage import Storage, StorageError

log = logging.getLogger(__name__)

# Two decodes at a time keep a small machine responsive; downloads overlap with them.
DOWNLOAD_THREADS = 3

# Photos of all shoots that this process holds in memory at a time; each may have 15 MB.
_IN_MEMORY = BoundedSemaphore(DOWNLOAD_THREADS)

# A cut-off body is not always recognized as such, so damage may be over at the next attempt.
_TEMPORARY_IMAGE_ERRORS = (PhotoDamaged, NotAPhoto, CannotRender)


@dataclass(frozen=True)
class Fetched:
    """The result of fetching one photo.

    Attributes:
        stored: its files; None after a failure.
        failure: stable reason, None after success.
        is_final: whether another attempt cannot succeed.
    """

    photo_id: UUID
    stored: StoredPhoto | None = None
    failure: str | None = None
    is_final: bool = False


class StorageAllowance:
    """The bytes a shoot may still store. Safe to share between threads."""

    def __init__(self, remaining: int) -> None:
        self._remaining = remaining
        self._lock = Lock()

    def reserve(self, size: int) -> bool:
        """Take ``size`` bytes if that many remain."""
        with self._lock:
            if size > self._remaining:
                return False
            self._remaining -= size
            return True


def fetch_photos(
    urls: Iterable[tuple[UUID, str]], allowance: StorageAllowance, downloader: PhotoDownloader, storage: Storage
) -> Iterator[Fetched]:
    """Fetch photos in a few threads; yield one result for each, in order.

    Raises:
        StorageError: the storage failed; raised after the other results.
    """
    failure: StorageError | None = None
    with ThreadPoolExecutor(DOWNLOAD_THREADS, thread_name_prefix="copy") as pool:
        tasks = [pool.submit(_fetch_photo, *each, allowance, downloader, storage) for each in urls]
        try:
            for task in tasks:
                try:
                    yield task.result()
                except StorageError as error:
                    failure = failure or error
        finally:
            for task in tasks:
                task.cancel()
    if failure is not None:
        raise failure


def _fetch_photo(
    photo_id: UUID, url: str, allowance: StorageAllowance, downloader: PhotoDownloader, storage: Storage
) -> Fetched:
    with _IN_MEMORY:
        try:
            rendered = render_photo(downloader.download(url).content, is_generated=True)
        except (PhotoError, PhotoRefused) as error:
            return _build_failure(photo_id, error)
        except Exception:
            # An unforeseen error of one photo must not stop the others.
            log.exception("photo.failed", extra={"photo": str(photo_id)})
            return Fetched(photo_id, failure="unexpected_error")
        if not allowance.reserve(sum(len(file.content) for file in rendered.files)):
            return Fetched(photo_id, failure="no_room", is_final=True)
        return Fetched(photo_id, store_files(photo_id, rendered, storage))


def _build_failure(photo_id: UUID, error: PhotoError | PhotoRefused) -> Fetched:
    if isinstance(error, PhotoRefused):
        return Fetched(photo_id, failure=error.reason, is_final=not isinstance(error, _TEMPORARY_IMAGE_ERRORS))
    if isinstance(error, PhotoTooLarge):
        return Fetched(photo_id, failure="too_many_bytes", is_final=True)
    reason = "address_refused" if isinstance(error, AddressRefused) else error.reason.replace(" ", "_")
    return Fetched(photo_id, failure=reason, is_final=isinstance(error, AddressRefused))
