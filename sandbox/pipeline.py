"""Moves models from status to status when their time has come and makes their pictures; no HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from sandbox import ids, lifecycle
from sandbox.clock import iso, parse_iso
from sandbox.core import Sandbox
from sandbox.picture_files import Picture
from sandbox.placeholder_pictures import make_plain_gallery
from sandbox.store import models, uploads
from sandbox.store.models import Model
from sandbox.worker import Worker

GALLERIES_AT_ONCE = 2

log = logging.getLogger("sandbox.pipeline")


class Pipeline:
    """Steps due models; galleries are made beside it, so a slow one holds nobody up."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._making: set[str] = set()
        self._lock = threading.Lock()
        self._makers = ThreadPoolExecutor(GALLERIES_AT_ONCE, "sandbox-gallery")
        self._worker = Worker("sandbox-pipeline", self.look)

    def start(self) -> None:
        """Step models in the background from now on."""
        self._sandbox.on_wake(self._worker.wake)
        self._worker.start()

    def stop(self) -> None:
        """End; a gallery half made is begun again at the next start."""
        self._worker.stop()
        self._makers.shutdown(wait=True, cancel_futures=True)

    def look(self) -> float:
        """Step everything due and return the seconds until the next step."""
        now = self._sandbox.now()
        with self._sandbox.read() as db:
            waiting = models.due(db, now)
        for model in waiting:
            if model.status == "generatingHeadshots":
                self._begin_gallery(model)
            else:
                self._step(model)
        return self._until_next(now)

    def _until_next(self, now: str) -> float:
        # What was due by `now` has been stepped or is being made; its maker wakes this thread when done.
        with self._sandbox.read() as db:
            next_due = models.next_due(db, now)
        return float("inf") if next_due is None else (parse_iso(next_due) - parse_iso(now)).total_seconds()

    def _step(self, seen: Model) -> None:
        with self._sandbox.write() as db:
            model = models.by_id(db, seen.id)
            if model is None or model.run != seen.run or model.status != seen.status:
                return
            status = lifecycle.following(self._sandbox, model)
            if status is None:
                models.change(db, model.id, next_at=None)
            else:
                lifecycle.move(self._sandbox, db, model, status, since=model.next_at)

    def _begin_gallery(self, model: Model) -> None:
        with self._lock:
            if model.id in self._making:
                return
            self._making.add(model.id)
        self._makers.submit(self._make_gallery, model)

    def _make_gallery(self, model: Model) -> None:
        try:
            self.make_gallery(model)
        except Exception:
            # Whatever went wrong with the pictures, the model must fail as the provider's would, not hang.
            log.exception("making a gallery failed")
            self._fail(model)
        finally:
            with self._lock:
                self._making.discard(model.id)
            self._sandbox.wake()

    def _fail(self, seen: Model) -> None:
        with self._sandbox.write() as db:
            model = models.by_id(db, seen.id)
            if model is not None and model.run == seen.run and model.status == seen.status:
                lifecycle.fail(self._sandbox, db, model.id)

    def make_gallery(self, seen: Model) -> None:
        """Make the pictures of a model and finish it, unless it was restarted or deleted meanwhile."""
        made = []
        for picture in self._pictures(seen):
            photo_id = ids.object_id()
            self._sandbox.pictures.write_photo(seen.id, photo_id, picture)
            made.append(photo_id)
        with self._sandbox.write() as db:
            model = models.by_id(db, seen.id)
            current = model is not None and model.run == seen.run and model.status == seen.status
            if model is not None and current:
                lifecycle.finish(self._sandbox, db, model, made)
        if not current:
            for photo_id in made:
                self._sandbox.pictures.remove_photo(seen.id, photo_id)

    def _pictures(self, model: Model) -> Iterator[Picture]:
        count = self._sandbox.switches.gallery_size
        sources = self._uploads(model)
        if model.is_development or not sources or self._sandbox.switches.pictures == "plain":
            return make_plain_gallery(count)
        # The studio needs Pillow's slower parts; a sandbox that only plays the API never loads them.
        from sandbox.studio.pictures import make_gallery  # noqa: PLC0415

        return make_gallery(sources, count, f"{model.id}-{model.run}")

    def _uploads(self, model: Model) -> list[bytes]:
        with self._sandbox.read() as db:
            found = uploads.of_model(db, model.id)
        return [self._sandbox.pictures.read_upload(model.id, upload.id) for upload in found]

    def run_due(self) -> None:
        """Step until nothing is due, galleries included, in this thread: tests drive time by hand."""
        while True:
            with self._sandbox.read() as db:
                waiting = models.due(db, iso(self._sandbox.clock.now()))
            if not waiting:
                return
            for model in waiting:
                if model.status == "generatingHeadshots":
                    self.make_gallery(model)
                else:
                    self._step(model)
