"""Advances models when their next step is due and generates their pictures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from sandbox import ids, lifecycle
from sandbox.clock import format_iso, parse_iso
from sandbox.core import Sandbox
from sandbox.picture_files import Picture
from sandbox.placeholder_pictures import render_placeholder_gallery
from sandbox.store import models, uploads
from sandbox.store.models import Model
from sandbox.worker import Worker

MAX_PARALLEL_GALLERIES = 2

log = logging.getLogger("sandbox.pipeline")


class Pipeline:
    """Advances due models in a thread. Galleries are generated in a pool, so that a slow one does not delay others."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._in_progress: set[str] = set()
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(MAX_PARALLEL_GALLERIES, "sandbox-gallery")
        self._worker = Worker("sandbox-pipeline", self.run_due_steps)

    def start(self) -> None:
        """Start the background thread."""
        self._sandbox.add_wake_listener(self._worker.wake)
        self._worker.start()

    def stop(self) -> None:
        """Stop. Unfinished galleries are generated again at the next start."""
        self._worker.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def run_due_steps(self) -> float:
        """Advance everything due and return the seconds until the next step."""
        now = self._sandbox.now()
        with self._sandbox.read() as db:
            waiting = models.list_due(db, now)
        for model in waiting:
            if model.status == "generatingHeadshots":
                self._submit_gallery(model)
            else:
                self._step(model)
        return self._seconds_until_next_step(now)

    def _seconds_until_next_step(self, now: str) -> float:
        # Steps due by `now` are done or in progress; a finished gallery notifies this thread.
        with self._sandbox.read() as db:
            next_due = models.find_next_due_at(db, now)
        return float("inf") if next_due is None else (parse_iso(next_due) - parse_iso(now)).total_seconds()

    def _step(self, seen: Model) -> None:
        with self._sandbox.write() as db:
            model = models.find_model(db, seen.id)
            if model is None or model.run != seen.run or model.status != seen.status:
                return
            status = lifecycle.find_next_status(self._sandbox, model)
            if status is None:
                models.update_model(db, model.id, next_at=None)
            else:
                lifecycle.set_status(self._sandbox, db, model, status, since=model.next_at)

    def _submit_gallery(self, model: Model) -> None:
        with self._lock:
            if model.id in self._in_progress:
                return
            self._in_progress.add(model.id)
        self._executor.submit(self._run_gallery_task, model)

    def _run_gallery_task(self, model: Model) -> None:
        try:
            self.generate_gallery(model)
        except Exception:
            # Any error must fail the model, as at the provider, instead of leaving it stuck.
            log.exception("gallery.failed")
            self._fail(model)
        finally:
            with self._lock:
                self._in_progress.discard(model.id)
            self._sandbox.notify_workers()

    def _fail(self, seen: Model) -> None:
        with self._sandbox.write() as db:
            model = models.find_model(db, seen.id)
            if model is not None and model.run == seen.run and model.status == seen.status:
                lifecycle.fail_model(self._sandbox, db, model.id)

    def generate_gallery(self, seen: Model) -> None:
        """Generate the pictures of a model and finish it, unless it was restarted or deleted meanwhile."""
        made = []
        for picture in self._render_pictures(seen):
            photo_id = ids.generate_object_id()
            self._sandbox.pictures.write_photo(seen.id, photo_id, picture)
            made.append(photo_id)
        with self._sandbox.write() as db:
            model = models.find_model(db, seen.id)
            current = model is not None and model.run == seen.run and model.status == seen.status
            if model is not None and current:
                lifecycle.finish_model(self._sandbox, db, model, made)
        if not current:
            for photo_id in made:
                self._sandbox.pictures.remove_photo(seen.id, photo_id)

    def _render_pictures(self, model: Model) -> Iterator[Picture]:
        count = self._sandbox.switches.gallery_size
        sources = self._read_uploads(model)
        if model.is_development or not sources or self._sandbox.switches.pictures == "plain":
            return render_placeholder_gallery(count)
        # Imported late: a sandbox used only for its API does not need these Pillow modules.
        from sandbox.studio.pictures import render_gallery  # noqa: PLC0415

        return render_gallery(sources, count, f"{model.id}-{model.run}")

    def _read_uploads(self, model: Model) -> list[bytes]:
        with self._sandbox.read() as db:
            found = uploads.list_uploads(db, model.id)
        return [self._sandbox.pictures.read_upload(model.id, upload.id) for upload in found]

    def run_until_idle(self) -> None:
        """Advance in this thread until nothing is due, including galleries. For tests that control the clock."""
        while True:
            with self._sandbox.read() as db:
                waiting = models.list_due(db, format_iso(self._sandbox.clock.now()))
            if not waiting:
                return
            for model in waiting:
                if model.status == "generatingHeadshots":
                    self.generate_gallery(model)
                else:
                    self._step(model)
