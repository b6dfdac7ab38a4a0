"""One path for events, checks and sweeps: the newest news wins, by our own clock where two clocks disagree."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.db import transaction
from portal.models import people, shoots
from portal.models.shoots import Shoot
from portal.provider.errors import Unavailable
from portal.services import shoot_sync
from tests.factories import NOW, list_choices, make_consent, make_finished_shoot, make_person, make_photo, make_shoot
from tests.integration.core.worked_example import WorkedExample


def make_provider_shoot(worked_example: WorkedExample, status: str = "pending", **fields: object) -> Shoot:
    """A shoot that exists at the provider too, in the same status."""
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status=status, **fields)
    worked_example.provider.add(person.email, status, id=shoot.provider_id)
    return shoot


def apply_status(
    shoot: Shoot, status: str, *, at: datetime, by: shoot_sync.Source = "event", now: datetime = NOW
) -> None:
    with transaction():
        locked = shoots.lock_shoot(shoot.id)
        assert locked is not None
        shoot_sync.apply_status(locked, status, at=at, by=by, now=now)


def refresh_shoot(worked_example: WorkedExample, shoot: Shoot) -> None:
    shoot_sync.refresh_shoot(shoot.id, worked_example.portal)


def get_provider_model(worked_example: WorkedExample, shoot: Shoot):
    return worked_example.provider.models[shoot.provider_id or ""]


def test_refresh_applies_provider_status(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    get_provider_model(worked_example, shoot).status = "failed"
    worked_example.clock.advance(seconds=5)
    refresh_shoot(worked_example, shoot)
    kept = worked_example.shoot(shoot)
    assert (kept.provider_status, kept.confirmed_by, kept.confirmed_at) == ("failed", "check", worked_example.clock.now)
    assert kept.status_since == worked_example.clock.now


def test_finished_queues_the_copy_once(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    for second in (1, 2, 3):
        apply_status(shoot, "active", at=NOW + timedelta(seconds=second))
    assert worked_example.list_queued() == [{"shoot_id": str(shoot.id)}]
    assert worked_example.shoot(shoot).finished_at == NOW + timedelta(seconds=1)


def test_event_during_reread_overrides_its_response(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)

    def meanwhile() -> None:
        worked_example.clock.advance(seconds=1)
        get_provider_model(worked_example, shoot).status = "active"
        with worked_example.app.app_context():
            apply_status(shoot, "active", at=NOW + timedelta(seconds=1), now=worked_example.clock.now)
        get_provider_model(worked_example, shoot).status = "pending"  # what the response on its way still contains

    worked_example.provider.fails("get_model", meanwhile)
    refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).provider_status == "active"
    assert worked_example.list_queued("shoots.refresh") == [{"shoot_id": str(shoot.id)}]


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(minutes=-4)])
def test_provider_clock_skew_does_not_cause_endless_rereads(worked_example: WorkedExample, ahead: timedelta) -> None:
    shoot = make_provider_shoot(worked_example)
    apply_status(shoot, "generatingHeadshots", at=NOW + ahead)
    worked_example.clock.advance(seconds=30)
    get_provider_model(worked_example, shoot).status = "active"
    refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).provider_status == "active"
    assert worked_example.list_queued("shoots.refresh") == []
    assert worked_example.provider.called("get_model") == 1


def test_reset_shoot_shows_no_photos_and_no_choice(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    shoot, (first, _) = make_finished_shoot(person)
    worked_example.provider.add(person.email, "onboarding", id=shoot.provider_id)
    with transaction():
        shoot_sync.record_studio_favorite(
            shoots.lock_shoot(shoot.id) or shoot, first.provider_id, key="k", acted_at=NOW, now=NOW
        )
    refresh_shoot(worked_example, shoot)
    kept = worked_example.shoot(shoot)
    assert (kept.provider_status, kept.copied_at, kept.finished_at, kept.photo_count) == ("onboarding", None, None, 0)
    assert worked_example.query("SELECT count(*) FROM photos WHERE removed_at IS NULL") == [(0,)]


def test_later_run_without_webhook_is_detected(worked_example: WorkedExample) -> None:
    """Finished, reset and finished again between two polls: only the date shows it."""
    person = make_person()
    make_consent(person)
    shoot, _ = make_finished_shoot(person)
    model = worked_example.provider.add(person.email, "active", id=shoot.provider_id, finished_at=NOW)
    refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).copied_at is not None
    assert worked_example.list_queued() == []
    model.finished_at = NOW + timedelta(hours=1)
    refresh_shoot(worked_example, shoot)
    kept = worked_example.shoot(shoot)
    assert (kept.copied_at, kept.finished_at) == (None, model.finished_at)
    assert worked_example.list_queued() == [{"shoot_id": str(shoot.id)}]
    refresh_shoot(worked_example, shoot)
    assert len(worked_example.list_queued()) == 1


def test_deleted_status_closes_the_shoot_permanently(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    get_provider_model(worked_example, shoot).status = "deleted"
    refresh_shoot(worked_example, shoot)
    kept = worked_example.shoot(shoot)
    assert (kept.provider_status, kept.closed_at) == ("deleted", NOW)
    get_provider_model(worked_example, shoot).status = "active"
    refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).provider_status == "deleted"


def test_unknown_model_is_closed_at_the_second_read_only(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    worked_example.query("UPDATE shoots SET confirmed_by = 'check'")
    del worked_example.provider.models[shoot.provider_id or ""]
    refresh_shoot(worked_example, shoot)
    refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).closed_at is None
    worked_example.clock.advance(minutes=6)
    refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).provider_status == "deleted"


def test_an_outage_changes_nothing(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    worked_example.provider.fails("get_model", Unavailable("GET", "/organization/models/:modelId"))
    with pytest.raises(Unavailable):
        refresh_shoot(worked_example, shoot)
    assert worked_example.shoot(shoot).confirmed_by == "create"


def test_every_change_is_in_the_audit_trail_and_sent_to_the_page(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    before = people.get_version(shoot.person_id)
    apply_status(shoot, "generatingHeadshots", at=NOW + timedelta(seconds=1))
    apply_status(shoot, "generatingHeadshots", at=NOW + timedelta(seconds=2))
    assert people.get_version(shoot.person_id) == before + 1
    assert worked_example.query("SELECT detail FROM audit_entries WHERE detail ->> 'source' = 'event'") == [
        ({"before": "pending", "after": "generatingHeadshots", "source": "event"},)
    ]


def test_favorite_known_before_its_photo_is_applied_later(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "active")
    with transaction():
        for _ in range(2):
            shoot_sync.record_studio_favorite(
                shoots.lock_shoot(shoot.id) or shoot, "p9", key="d1", acted_at=NOW, now=NOW
            )
    [act] = list_choices(shoot)
    assert worked_example.query("SELECT provider_id, copied_at FROM photos") == [("p9", None)]
    assert act.origin == "studio"


def test_favorite_is_read_from_the_provider(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "active")
    photo = make_photo(shoot, "p1")

    def refresh_favorite() -> None:
        shoot_sync.refresh_favorite(shoot.id, worked_example.portal, key="d1", acted_at=NOW)

    refresh_favorite()
    assert list_choices(shoot) == []
    get_provider_model(worked_example, shoot).favorite = "p1"
    refresh_favorite()
    refresh_favorite()
    assert [act.photo_id for act in list_choices(shoot)] == [photo.id]
