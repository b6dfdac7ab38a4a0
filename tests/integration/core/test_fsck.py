"""The check of all invariants names what is broken, and nothing that is only under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from portal.db import transaction
from portal.models import deliveries, stored_files
from portal.models.exports import Export
from portal.services import exports, file_check, fsck, mirroring, sweep
from portal.storage import LocalStorage, Storage, build_object_key
from tests.factories import NOW, make_consent, make_person, make_photo, make_shoot
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait

HOLD = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, status, args) VALUES ('default', 'x', 'doing', '{}')
    RETURNING id
"""
STARTED = "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%(job)s, 'started', %(at)s)"


class Busy(LocalStorage):
    """A storage that changes while its photos are listed."""

    def __init__(self, root: Path, before: Callable[[], object], after: Callable[[], object]) -> None:
        super().__init__(root)
        self._before, self._after = before, after

    def list(self, prefix: str = "") -> Iterator[str]:
        if prefix != "photos/":
            return super().list(prefix)
        self._before()
        keys = list(super().list(prefix))
        self._after()
        return iter(keys)


class Backwards(LocalStorage):
    """A storage that lists its files in descending order."""

    def list(self, prefix: str = "") -> Iterator[str]:
        return iter(sorted(super().list(prefix), reverse=True))


def list_broken_rules(worked_example: WorkedExample, storage: Storage | None = None) -> set[str]:
    """Every broken rule, also of work that the sweep would mend within minutes."""
    at_once = timedelta(seconds=-1)
    found = fsck.list_violations(storage or worked_example.portal.storage, now=worked_example.clock.now, grace=at_once)
    return {violation.rule for violation in found}


def make_stored_photo(worked_example: WorkedExample) -> tuple[str, str]:
    """One of two photos that are copied; its id and the key of one of its files."""
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status="active", finished_at=NOW)
    worked_example.provider.add(person.email, "active", id=shoot.provider_id, photos=["p1", "p2"])
    worked_example.downloader.content |= dict.fromkeys(("p1", "p2"), encode_image(load_portrait(48, 60)))
    portal = worked_example.portal
    mirroring.copy_photos(shoot.id, portal)
    photo, key = worked_example.query("SELECT photo_id, storage_key FROM renditions ORDER BY name LIMIT 1")[0]
    return str(photo), key


def test_every_broken_invariant_has_its_name(worked_example: WorkedExample) -> None:
    person = make_person()
    make_photo(make_shoot(person, provider_status="active"))
    unasked = make_shoot(make_person(), provider_id=None, provider_status=None)
    chosen = make_photo(make_shoot(make_person()))
    worked_example.query("INSERT INTO choices (id, shoot_id, photo_id, origin, key, acted_at, recorded_at) VALUES "
                "(gen_random_uuid(), %(shoot)s, %(photo)s, 'portal', 'k', now(), now())",
                shoot=unasked.id, photo=chosen.id)  # fmt: skip
    hollow = make_shoot(make_person(), provider_status="active", copied_at=NOW)
    worked_example.query("UPDATE shoots SET provider_status = 'pending' WHERE id = %(id)s", id=hollow.id)
    make_consent(person)
    worked_example.query("UPDATE consents SET withdrawn_at = now()")
    bare = make_photo(make_shoot(make_person()))
    worked_example.query("DELETE FROM renditions WHERE photo_id = %(id)s", id=bare.id)
    worked_example.send({"id": "e1", "event": "model.status.updated"})
    worked_example.query("DELETE FROM procrastinate_jobs")
    worked_example.query(HOLD)
    assert list_broken_rules(worked_example) >= {
        "delivery waits without a job",
        "people wait for a session and no turn is coming for so many",
        "finished shoot is not copied and nothing will copy it",
        "finished shoot counts as copied without any photo",
        "copied photo has no rendition",
        "choice of a photo of another shoot",
        "job is held by a worker that is gone",
        "status of a shoot has no audit row",
        "consent has no audit row",
        "choice has no audit row",
    }


def test_files_are_compared_with_their_rows(worked_example: WorkedExample) -> None:
    _photo, key = make_stored_photo(worked_example)
    storage = worked_example.portal.storage
    assert list_broken_rules(worked_example) == set()
    content = storage.get(key)
    storage.put(key, b"another picture", "image/webp")
    assert list_broken_rules(worked_example) == {"file of a photo is not what was stored"}
    storage.delete(key)
    assert list_broken_rules(worked_example) == {"file of a photo is missing"}
    storage.put(key, content, "image/webp")
    storage.put(f"photos/{make_person().id}/96-{0:016x}.webp", b"x", "image/webp")
    assert list_broken_rules(worked_example) == {"file belongs to no photo"}


def make_export(worked_example: WorkedExample, **fields: Any) -> tuple[Export, str]:
    """A finished export with its file, and the key of that file."""
    values: dict[str, Any] = {"state": "ready", "expires_at": NOW + timedelta(hours=24), "created_at": NOW}
    export = Export(
        id=uuid4(),
        kind="headshots",
        size_key="directory",
        template="{name}",
        filters={},
        created_by=make_person(role="admin").id,
        file_name="headshots.zip",
        **(values | fields),
    )
    key = build_object_key("exports", export.id, "export", export.id.hex * 2, "zip")
    with transaction() as session:
        export.storage_key = None if export.state == "pending" else key
        session.add(export)
    worked_example.portal.storage.put(key, b"zip", "application/zip")
    return export, key


def test_exports_are_compared_with_their_files(worked_example: WorkedExample) -> None:
    _export, key = make_export(worked_example)
    _pending, pending_key = make_export(worked_example, state="pending")
    assert list_broken_rules(worked_example) == set()
    storage = worked_example.portal.storage
    storage.put(f"exports/{make_person().id}/export-{0:016x}.zip", b"zip", "application/zip")
    assert list_broken_rules(worked_example) == {"file belongs to no export"}
    storage.delete(key)
    # Not there yet: it is being built.
    storage.delete(pending_key)
    assert list_broken_rules(worked_example) == {"file belongs to no export", "file of an export is missing"}


def test_expired_export_may_lack_its_file_and_must_lose_it_within_two_days(worked_example: WorkedExample) -> None:
    _export, key = make_export(worked_example, expires_at=NOW)
    storage = worked_example.portal.storage
    worked_example.clock.advance(days=1)
    assert list_broken_rules(worked_example) == set()
    # The file goes before its row is changed.
    content = storage.get(key)
    storage.delete(key)
    assert list_broken_rules(worked_example) == set()
    storage.put(key, content, "application/zip")
    worked_example.clock.advance(days=1)
    assert list_broken_rules(worked_example) == {"file of an expired export is still here"}
    exports.delete_expired(storage, now=worked_example.clock.now)
    assert list_broken_rules(worked_example) == set()


def test_failed_export_leaves_no_file(worked_example: WorkedExample) -> None:
    export, _key = make_export(worked_example, state="pending")
    exports.record_failure(export.id, worked_example.portal.storage, reason="StorageError")
    assert list(worked_example.portal.storage.list("exports/")) == []
    assert list_broken_rules(worked_example) == set()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_listing_and_rows_are_merged_in_parts_of_any_size(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(file_check, "KEYS_AT_ONCE", size)
    monkeypatch.setattr(stored_files, "ROWS_AT_ONCE", size)
    make_stored_photo(worked_example)
    make_stored_photo(worked_example)
    storage = worked_example.portal.storage
    assert list_broken_rules(worked_example) == set()
    keys = sorted(row[0] for row in worked_example.query("SELECT storage_key FROM renditions"))
    gone, foreign = {keys[0], keys[len(keys) // 2], keys[-1]}, {f"photos/{each}/x" for each in ("0", "7f", "zz")}
    for key in gone:
        storage.delete(key)
    for key in foreign:
        storage.put(key, b"x", "image/webp")
    found = [
        violation
        for violation in fsck.list_violations(storage, now=worked_example.clock.now, read_files=False)
        if "file" in violation.rule
    ]
    assert {each.subject for each in found} == {key.split("/")[1] for key in gone} | foreign
    assert len(found) == len(gone) + len(foreign)


def test_unordered_listing_is_compared(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_check, "KEYS_AT_ONCE", 2)
    _photo, key = make_stored_photo(worked_example)
    storage = worked_example.portal.storage
    backwards = Backwards(storage.root)  # type: ignore[attr-defined]
    assert list_broken_rules(worked_example, backwards) == set()
    storage.delete(key)
    storage.put("photos/0/x", b"x", "image/webp")
    assert list_broken_rules(worked_example, backwards) == {"file of a photo is missing", "file belongs to no photo"}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_photos_that_arrive_while_the_files_are_listed_are_no_violation(
    worked_example: WorkedExample, moment: str
) -> None:
    arrive = lambda: worked_example.run_concurrently([lambda: make_stored_photo(worked_example)])  # noqa: E731 - a name for both places
    nothing = lambda: None  # noqa: E731
    root = worked_example.portal.storage.root  # type: ignore[attr-defined]
    busy = Busy(root, arrive, nothing) if moment == "before" else Busy(root, nothing, arrive)
    assert list_broken_rules(worked_example, busy) == set()
    assert worked_example.query("SELECT count(*) FROM photos WHERE copied_at IS NOT NULL") == [(2,)]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_files_deleted_before_their_rows_are_no_violation(worked_example: WorkedExample, moment: str) -> None:
    photo, key = make_stored_photo(worked_example)
    worked_example.query("UPDATE photos SET removed_at = %(at)s WHERE id = %(id)s", at=NOW, id=photo)
    storage = worked_example.portal.storage
    if moment == "before":
        storage.delete(key)
    busy = Busy(storage.root, lambda: None, lambda: storage.delete(key))  # type: ignore[attr-defined]
    assert list_broken_rules(worked_example, busy) == set()


def test_work_that_ends_during_the_check_is_no_violation(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_example.send({"id": "e1", "event": "model.status.updated"})
    pending = deliveries.list_pending_since

    def list_then_work(before: datetime) -> list[int]:
        found = pending(before)
        worked_example.run_concurrently([worked_example.work])
        return found

    monkeypatch.setattr(deliveries, "list_pending_since", list_then_work)
    assert list_broken_rules(worked_example) == set()
    assert worked_example.query("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == [(0,)]


def test_job_without_worker_is_no_violation_until_recovery(worked_example: WorkedExample) -> None:
    job = worked_example.query(HOLD)[0][0]
    worked_example.query("DELETE FROM procrastinate_events")
    worked_example.query(STARTED, job=job, at=worked_example.clock.now)
    assert list_broken_rules(worked_example) == set()
    worked_example.clock.advance(minutes=2, seconds=1)
    assert list_broken_rules(worked_example) == {"job is held by a worker that is gone"}
    heartbeat = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%(at)s) RETURNING id"
    worker = worked_example.query(heartbeat, at=worked_example.clock.now - timedelta(seconds=100))[0][0]
    worked_example.query(
        "UPDATE procrastinate_jobs SET worker_id = %(worker)s WHERE id = %(job)s", worker=worker, job=job
    )
    assert list_broken_rules(worked_example) == set()


def test_work_that_the_next_sweep_repairs_is_no_violation(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    make_shoot(person, provider_id=None, provider_status=None)
    finished = make_person()
    make_consent(finished)
    shoot = make_shoot(finished, provider_status="active", finished_at=NOW)
    worked_example.provider.add(finished.email, "active", id=shoot.provider_id, photos=["p1"])
    worked_example.downloader.content["p1"] = encode_image(load_portrait(48, 60))
    worked_example.send({"id": "e1", "event": "model.status.updated"})
    worked_example.query("DELETE FROM procrastinate_jobs")
    mended = {
        "delivery waits without a job",
        "people wait for a session and no turn is coming for so many",
        "finished shoot is not copied and nothing will copy it",
    }
    assert list_broken_rules(worked_example) >= mended

    def named() -> set[str]:
        return {
            found.rule for found in fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)
        }

    assert named() & mended == set()
    worked_example.clock.advance(minutes=29)
    assert named() & mended == set()
    worked_example.clock.advance(minutes=2)
    assert named() & mended == mended
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work()
    assert named() & mended == set()


def test_missing_photos_and_sessions_are_listed(worked_example: WorkedExample) -> None:
    shoot = make_shoot(make_person(), provider_status="active", copied_at=NOW)
    make_photo(shoot)
    given_up, waiting, picked = (make_photo(shoot) for _ in range(3))
    worked_example.query(
        "UPDATE photos SET copied_at = NULL, refused = CASE WHEN id = %(waiting)s THEN NULL ELSE 'not_found' END "
        "WHERE id IN (%(given_up)s, %(waiting)s, %(picked)s)",
        given_up=given_up.id, waiting=waiting.id, picked=picked.id,
    )  # fmt: skip
    worked_example.query("INSERT INTO choices (id, shoot_id, photo_id, origin, key, acted_at, recorded_at) VALUES "
                "(gen_random_uuid(), %(shoot)s, %(photo)s, 'studio', 'k', %(at)s, %(at)s)",
                shoot=shoot.id, photo=picked.id, at=NOW)  # fmt: skip
    make_shoot(make_person(), provider_status="active", problem="no_photos")
    make_shoot(make_person(), missing_since=NOW)
    assert list_broken_rules(worked_example) >= {
        "photo was given up",
        "photo is not here and no job copies it",
        "latest choice is of a photo that is not here",
        "finished shoot has no photo",
        "session does not exist at the provider",
    }
