"""Data with a retention period is deleted on time, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.db import db, transaction
from portal.domain.stages import Problem, Stage
from portal.models import audit, choices, deliveries, sessions
from portal.models.deliveries import Delivery
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.models.provider_calls import ProviderCall, ProviderCallTotal
from portal.models.sessions import Session, SignInAttempt
from portal.models.shoots import Shoot
from portal.services import fsck, journey, retention
from tests import factories
from tests.integration.core.worked_example import WorkedExample

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_old_finished_shoot(worked_example: WorkedExample, *, days_ago: int, chosen: bool) -> tuple[UUID, list[UUID]]:
    """A person whose three photos were copied some days ago; the first is chosen, if one is."""
    storage = worked_example.app.extensions["portal"].storage
    at = NOW - timedelta(days=days_ago)
    with transaction() as session:
        person = Person(
            issuer="i",
            subject=str(uuid4()),
            email="a@example.com",
            name="A",
            role="employee",
            created_at=at,
            signed_in_at=at,
        )
        session.add(person)
        session.flush()
        shoot = Shoot(
            person_id=person.id,
            provider="profilebakery",
            provider_id=str(uuid4()),
            provider_status="active",
            requested_at=at,
            copied_at=at,
            signed_url=b"sealed",
        )
        session.add(shoot)
        session.flush()
        made = []
        for number in range(3):
            photo = Photo(shoot_id=shoot.id, provider_id=str(number), position=number, created_at=at, copied_at=at)
            session.add(photo)
            session.flush()
            key = f"photos/{photo.id}/96-{number:016x}.webp"
            storage.put(key, b"picture", "image/webp")
            session.add(
                Rendition(
                    photo_id=photo.id,
                    name="96.webp",
                    content_type="image/webp",
                    width=1,
                    height=1,
                    size=7,
                    sha256="0" * 64,
                    storage_key=key,
                )
            )
            made.append(photo)
        audit.create_entry("shoot.status", at=at, subject_id=person.id, after="active", source="event")
        if chosen:
            choices.create_choice(person.id, made[0], origin="portal", key="k", acted_at=at, now=at)
            audit.create_entry("choice.made", at=at, actor_id=person.id, subject_id=person.id, origin="portal")
        return person.id, [photo.id for photo in made]


def list_stored_photo_ids(worked_example: WorkedExample) -> set[str]:
    """Return the ids of photos that still have a file."""
    return {key.split("/")[1] for key in worked_example.app.extensions["portal"].storage.list("photos/")}


def test_unchosen_photos_are_deleted_after_ninety_days_and_the_chosen_one_stays(worked_example: WorkedExample) -> None:
    """As the agreement requires; younger ones stay, and a second run deletes nothing more."""
    with worked_example.app.app_context():
        _person, old = make_old_finished_shoot(worked_example, days_ago=91, chosen=True)
        _other, young = make_old_finished_shoot(worked_example, days_ago=87, chosen=True)
        for day in (0, 2, 2):
            retention.delete_expired(worked_example.portal, now=NOW + timedelta(days=day))
        assert list_stored_photo_ids(worked_example) == {str(old[0]), *map(str, young)}


def test_files_follow_a_day_after_their_photos(worked_example: WorkedExample) -> None:
    """Hidden at once, deleted when no open page can request them, and every invariant holds throughout."""
    with worked_example.app.app_context():
        storage = worked_example.app.extensions["portal"].storage
        _person, photos_of = make_old_finished_shoot(worked_example, days_ago=95, chosen=True)
        retention.delete_expired(worked_example.portal, now=NOW)
        assert list(fsck.list_violations(storage, now=NOW, read_files=False)) == []
        retention.delete_expired(worked_example.portal, now=NOW + timedelta(days=2))
        assert list_stored_photo_ids(worked_example) == {str(photos_of[0])}
        assert list(fsck.list_violations(storage, now=NOW, read_files=False)) == []


def test_person_without_choice_is_informed_at_deletion(worked_example: WorkedExample) -> None:
    """An empty gallery would be a riddle."""
    with worked_example.app.app_context():
        person_id, _photos = make_old_finished_shoot(worked_example, days_ago=91, chosen=False)
        retention.delete_expired(worked_example.portal, now=NOW)
        person = db.session.get(Person, person_id)
        assert person is not None
        current = journey.get_journey(person)
        assert (current.stage, current.problem) == (Stage.PROBLEM, Problem.NOT_CHOSEN)


def test_bodies_and_calls_are_deleted_after_thirty_days(worked_example: WorkedExample) -> None:
    """The row of a webhook stays, so that a repeat is still known; its body holds a name and goes."""
    with worked_example.app.app_context():
        with transaction() as session:
            for days in (29, 31):
                at = NOW - timedelta(days=days)
                session.add(
                    Delivery(
                        dedupe_key=str(days),
                        provider="profilebakery",
                        received_at=at,
                        key_id="k",
                        body_sha256="0" * 64,
                        body=b"{}",
                        state="applied",
                    )
                )
                factories.record_call(at=at)
        retention.delete_expired(worked_example.portal, now=NOW)
        bodies = {row.dedupe_key: row.body for row in db.session.query(Delivery)}
        assert bodies == {"29": b"{}", "31": None}
        assert db.session.query(ProviderCall).count() == 1
        assert [total.day for total in db.session.query(ProviderCallTotal)] == [(NOW - timedelta(days=29)).date()]


def test_deliveries_are_deleted_after_ninety_days_unless_pending(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "DELETED_AT_ONCE", 2)
    kept = {"young": (89, "applied"), "waiting": (200, "pending")}
    gone = {f"old{number}": (91 + number // 2, "applied") for number in range(7)}
    with worked_example.app.app_context():
        with transaction() as session:
            for key, (days, state) in (kept | gone).items():
                session.add(
                    Delivery(
                        dedupe_key=key,
                        provider="profilebakery",
                        received_at=NOW - timedelta(days=days),
                        key_id="k",
                        body_sha256="0" * 64,
                        state=state,
                    )
                )
        retention.delete_expired(worked_example.portal, now=NOW)
        assert {row.dedupe_key for row in db.session.query(Delivery)} == set(kept)


def leave_traces(person_id: UUID) -> None:
    """The data that a person's day leaves besides their photos."""
    with transaction() as session:
        session.add(
            Delivery(
                dedupe_key="d",
                provider="profilebakery",
                received_at=NOW,
                key_id="k",
                body_sha256="0" * 64,
                body=b"{}",
                state="applied",
            )
        )
        factories.record_call(at=NOW)
        for number in range(450):
            session.add(
                Session(
                    token_hash=b"%d" % number,
                    person_id=person_id,
                    data={},
                    created_at=NOW,
                    active_at=NOW,
                    expires_at=NOW + timedelta(hours=8),
                    user_agent="Firefox",
                )
            )
        session.add(SignInAttempt(state_hash=b"s", browser_hash=b"b", nonce="n", verifier=b"v", created_at=NOW))
        sessions.store_logout_order(b"o", NOW)


KEPT = {
    "sign-ins": "SELECT count(*) FROM sessions",
    "attempts": "SELECT count(*) FROM sign_in_attempts",
    "orders": "SELECT count(*) FROM logout_orders",
    "bodies": "SELECT count(body) FROM deliveries",
    "calls": "SELECT count(*) FROM provider_calls",
    "totals of calls": "SELECT count(*) FROM provider_call_totals",
    "photos": "SELECT count(*) - 1 FROM photos WHERE removed_at IS NULL",
    "files": "SELECT count(*) - 1 FROM renditions",
}


@pytest.mark.asvs("A61")
def test_nightly_retention_deletes_expired_data_only(worked_example: WorkedExample) -> None:
    """Without any sign-in or other activity: the schedule alone does it, through the queue."""
    worked_example.clock.now = NOW
    person_id, photos_of = make_old_finished_shoot(worked_example, days_ago=0, chosen=True)
    leave_traces(person_id)
    gone: dict[str, int] = {}
    for day in range(1, 95):
        # No two nights begin at the same second.
        worked_example.clock.now = NOW + timedelta(days=day, seconds=day)
        assert worked_example.run("schedule.retention", {"timestamp": 0}) == "succeeded"
        assert worked_example.work() == ["retention.forget"]
        for what, query in KEPT.items():
            if worked_example.query(query) == [(0,)]:
                gone.setdefault(what, day)
    within_a_month = {"sign-ins": 1, "attempts": 1, "orders": 1, "bodies": 30, "calls": 30, "totals of calls": 31}
    assert gone == within_a_month | {"photos": 90, "files": 91}
    assert list_stored_photo_ids(worked_example) == {str(photos_of[0])}
