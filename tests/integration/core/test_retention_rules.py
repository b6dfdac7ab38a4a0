"""Each rule of the retention table at its edge, with a frozen time: announced, deleted, proven, nothing overdue."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from portal.db import transaction
from portal.domain.retention import NO_SIGN_IN, RETENTION_RULES
from portal.domain.retention_periods import RetentionPeriods
from portal.models import choices, expiry, photos
from portal.models.archives import Archive
from portal.models.deliveries import Delivery
from portal.models.erasures import Erasure, Tombstone
from portal.models.exports import Export
from portal.models.notifications import Notification
from portal.models.photos import Photo
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport
from portal.models.sessions import Session
from portal.services import fsck, photo_retention, retention, retention_plan
from tests.factories import NOW, USE, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample

PERIODS = RetentionPeriods()
DAY = timedelta(days=1)
# Keys of rules whose period :func:`add_rows` starts at NOW, each for one row.
STARTED = (
    "sessions",
    "webhook-bodies",
    "webhooks",
    "mails",
    "downloads",
    "exports",
    "imports",
    "no-sign-in",
    "receipts",
)


def add_rows() -> None:
    """One row for each rule in STARTED, whose period starts now."""
    person = make_person(now=NOW)
    with transaction() as session:
        session.add_all(
            [
                Session(
                    token_hash=b"t",
                    person_id=person.id,
                    data={},
                    created_at=NOW - DAY,
                    active_at=NOW,
                    expires_at=NOW,
                    user_agent="Firefox",
                ),
                Delivery(
                    dedupe_key="d",
                    provider="profilebakery",
                    received_at=NOW,
                    key_id="k",
                    body_sha256="0" * 64,
                    body=b"{}",
                    state="applied",
                ),
                Notification(kind="digest", occasion="o", person_id=person.id, created_at=NOW - DAY, sent_at=NOW),
                Archive(
                    kind="kit",
                    person_id=person.id,
                    file_name="a.zip",
                    state="ready",
                    created_at=NOW - DAY,
                    expires_at=NOW,
                ),
                Export(
                    kind="headshots",
                    size_key="full",
                    template="{email}",
                    filters={},
                    created_by=person.id,
                    file_name="a.zip",
                    state="ready",
                    storage_key="exports/a/a.zip",
                    created_at=NOW - DAY,
                    expires_at=NOW,
                ),
                RosterImport(name="a.csv", state="done", content=b"a", created_at=NOW),
                RosterEntry(address="never@corp.example", source="import", created_at=NOW, changed_at=NOW),
                Erasure(
                    person_id=uuid4(),
                    requested_at=NOW,
                    local_at=NOW,
                    finished_at=NOW,
                    shoot_ids=[],
                    photo_ids=[],
                    provider_ids=[],
                    consents=[],
                ),
                Tombstone(digest=b"x" * 32, erased_at=NOW),
            ]
        )


def get_end(key: str) -> timedelta:
    [rule] = [rule for rule in RETENTION_RULES if rule.key == key]
    return timedelta(0) if expiry.EXPIRY_QUERIES[key].is_end else PERIODS[rule]


def count_rows(key: str) -> int:
    [rule] = [rule for rule in RETENTION_RULES if rule.key == key]
    with transaction():
        return expiry.count_due(rule, NOW + 20 * 365 * DAY)


def run_night(worked_example: WorkedExample, now: datetime) -> dict[str, int]:
    worked_example.clock.now = now
    return retention.delete_expired(worked_example.portal, now=now)


@pytest.mark.privacy("P08")
@pytest.mark.parametrize("key", STARTED)
def test_rows_are_deleted_at_the_end_of_their_period_and_not_before(worked_example: WorkedExample, key: str) -> None:
    add_rows()
    end = NOW + get_end(key)
    if end > NOW:
        assert run_night(worked_example, end - timedelta(seconds=1))[key] == 0
        assert count_rows(key) == 1
    assert run_night(worked_example, end + timedelta(seconds=1))[key] == 1
    assert count_rows(key) == 0


@pytest.mark.privacy("P08")
def test_deletion_is_listed_a_week_before_and_proven_afterwards(worked_example: WorkedExample) -> None:
    add_rows()
    end = NOW + PERIODS[NO_SIGN_IN]
    run_night(worked_example, end - 8 * DAY)
    listed = [each.rule.key for each in retention_plan.list_planned(PERIODS, now=end - 8 * DAY)]
    assert "no-sign-in" not in listed
    now = end - 6 * DAY
    [planned] = [each for each in retention_plan.list_planned(PERIODS, now=now) if each.rule is NO_SIGN_IN]
    assert (planned.on, planned.count) == (end.date(), 1)
    retention_plan.record_plan(PERIODS, now=now)
    [(detail,)] = worked_example.query("SELECT detail FROM audit_entries WHERE action = 'retention.planned'")
    assert (detail["no-sign-in"], date.fromisoformat(detail["until"])) == (1, (now + 7 * DAY).date())
    assert run_night(worked_example, end + DAY)["no-sign-in"] == 1
    newest = retention_plan.list_runs()[0]
    assert (newest.at, newest.detail) == (end + DAY, {"no-sign-in": 1})


def test_job_writes_the_plan(worked_example: WorkedExample) -> None:
    add_rows()
    worked_example.clock.now = NOW + PERIODS[NO_SIGN_IN] - 3 * DAY
    assert worked_example.run("retention.forget", {}) == "succeeded"
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'retention.planned'") == [(1,)]


@pytest.mark.privacy("P08")
def test_what_is_kept_too_long_is_a_violation(worked_example: WorkedExample) -> None:
    add_rows()
    late = NOW + PERIODS[NO_SIGN_IN] + 3 * DAY
    rule = "data is kept longer than its retention period"

    def list_overdue(now: datetime) -> list[str]:
        found = fsck.list_violations(worked_example.portal.storage, now=now, read_files=False)
        return [each.subject for each in found if each.rule == rule]

    assert "no-sign-in (1)" in list_overdue(late)
    run_night(worked_example, late)
    assert list_overdue(late) == []
    shorter = RetentionPeriods({"unchosen": 7 * DAY})
    make_finished_shoot(make_person(now=late), now=late)
    found = fsck.list_violations(worked_example.portal.storage, now=late + 10 * DAY, read_files=False, periods=shorter)
    assert [each.subject for each in found if each.rule == rule and "unchosen" in each.subject] != []


def test_entry_without_sign_in_stays_while_imports_name_it(worked_example: WorkedExample) -> None:
    add_rows()
    with transaction() as session:
        [entry] = session.query(RosterEntry)
        entry.listed_at = NOW + 100 * DAY
    assert run_night(worked_example, NOW + 181 * DAY)["no-sign-in"] == 0
    assert run_night(worked_example, NOW + 281 * DAY)["no-sign-in"] == 1


def test_own_photo_stays_while_it_is_chosen(worked_example: WorkedExample) -> None:
    person = make_person(now=NOW)
    made = [Photo(person_id=person.id, position=0, created_at=NOW, copied_at=NOW) for _ in range(2)]
    with transaction() as session:
        session.add_all(made)
        session.flush()
        choices.create_choice(person.id, made[0], origin="portal", key="k", acted_at=NOW, now=NOW, agreement=USE)
    assert run_night(worked_example, NOW + 365 * DAY)["own-photos"] == 0
    assert run_night(worked_example, NOW + 366 * DAY)["own-photos"] == 1
    with transaction():
        assert [photo.id for photo in photos.list_own(person.id)] == [made[0].id]


class Stopped(BaseException):
    """The worker is killed here."""


def test_deletion_of_files_killed_after_a_file_leaves_no_file_without_a_row(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files go before their rows: what was deleted is deleted again, and nothing is left."""
    _shoot, made = make_finished_shoot(make_person(now=NOW), now=NOW)
    storage = worked_example.portal.storage
    with transaction():
        for _rendition_id, key, _owner in photos.list_files([photo.id for photo in made]):
            storage.put(key, b"face", "image/webp")
    run_night(worked_example, NOW + 91 * DAY)
    stored = len(list(storage.list("photos/")))
    assert stored == len(made)

    def stop(_point: str) -> None:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(photo_retention, "failpoint", stop)
        with pytest.raises(Stopped):
            run_night(worked_example, NOW + 93 * DAY)
    assert len(list(storage.list("photos/"))) == stored - 1
    assert run_night(worked_example, NOW + 93 * DAY)["removed-files"] == stored
    assert list(storage.list("photos/")) == []
    assert worked_example.query("SELECT count(*) FROM renditions") == [(0,)]
    assert worked_example.query("SELECT count(*) FROM photos WHERE face_x IS NOT NULL OR crop_x IS NOT NULL") == [(0,)]
