"""The sweep repairs what no webhook reported, with few calls, and finds nothing the second time."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from types import MethodType
from typing import Any

import pytest

from portal.db import transaction
from portal.domain.stages import Stage
from portal.models import locks, people
from portal.models.shoots import Shoot
from portal.provider.client import ProviderClient
from portal.provider.errors import Unavailable
from portal.provider.responses import Call, Json
from portal.services import journey, sweep
from portal.services.sweep import SweepResult
from tests.factories import NOW, list_choices, make_consent, make_finished_shoot, make_person, make_photo, make_shoot
from tests.integration.core.doubles import Session
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait


def make_known_shoot(worked_example: WorkedExample, own: str, foreign: str, **fields: Any) -> tuple[Shoot, Session]:
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status=own, **fields)
    return shoot, worked_example.provider.add(person.email, foreign, id=shoot.provider_id)


def reconcile_shoots(worked_example: WorkedExample, *, full: bool = True) -> SweepResult:
    result = sweep.reconcile_shoots(worked_example.portal, full=full)
    assert result is not None
    return result


def test_lost_events_are_repaired(worked_example: WorkedExample) -> None:
    moves = [("onboarding", "waiting"), ("waiting", "active"), ("pending", "deleted"), ("active", "onboarding")]
    pairs = [make_known_shoot(worked_example, own, foreign) for own, foreign in moves]
    worked_example.clock.advance(minutes=1)
    result = reconcile_shoots(worked_example)
    assert (result.listed, result.changed) == (4, 4)
    assert [worked_example.shoot(shoot).provider_status for shoot, _ in pairs] == [foreign for _, foreign in moves]
    assert worked_example.provider.calls == ["list_models", "list_favorites"]


def test_running_it_again_changes_nothing(worked_example: WorkedExample) -> None:
    shoot, model = make_known_shoot(worked_example, "pending", "active")
    model.photos, model.favorite = ["p1"], "p1"
    worked_example.downloader.content = {"p1": encode_image(load_portrait(16, 20))}
    reconcile_shoots(worked_example)
    worked_example.work()
    reconcile_shoots(worked_example)
    version = people.get_version(shoot.person_id)
    acts = [act.id for act in list_choices(shoot)]
    assert len(acts) == 1
    for _ in range(2):
        worked_example.clock.advance(minutes=10)
        assert reconcile_shoots(worked_example) == SweepResult(listed=1, changed=0, missing=0, favorites=0)
        # The list of photos is compared again; nothing else is left to do.
        assert worked_example.work() in ([], ["photos.copy"])
    assert people.get_version(shoot.person_id) == version
    assert [act.id for act in list_choices(shoot)] == acts


def test_a_lost_favorite_is_found(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    shoot, (first, _) = make_finished_shoot(person)
    worked_example.provider.add(person.email, "active", id=shoot.provider_id, favorite=first.provider_id)
    assert reconcile_shoots(worked_example).favorites == 1
    assert journey.get_journey(person).stage is Stage.CHOSEN


def test_favorite_of_a_photo_that_is_not_stored_waits(worked_example: WorkedExample) -> None:
    shoot, model = make_known_shoot(worked_example, "active", "active")
    model.favorite = "p1"
    make_photo(shoot, "p1", copied_at=None)
    assert reconcile_shoots(worked_example).favorites == 0


def test_an_unfinished_copy_is_queued_again_and_one_given_up_is_compared_again(worked_example: WorkedExample) -> None:
    waiting, _ = make_known_shoot(worked_example, "active", "active")
    given_up, _ = make_known_shoot(worked_example, "active", "active", problem="no_photos")
    reconcile_shoots(worked_example)
    reconcile_shoots(worked_example)
    queued = {arguments["shoot_id"] for arguments in worked_example.list_queued("photos.copy")}
    assert queued == {str(waiting.id), str(given_up.id)}


def test_foreign_and_closed_sessions_are_not_changed(worked_example: WorkedExample) -> None:
    worked_example.provider.add("private@example.com", "active")
    closed, _ = make_known_shoot(worked_example, "deleted", "active", closed_at=NOW)
    result = reconcile_shoots(worked_example)
    assert (result.listed, result.changed) == (2, 0)
    assert worked_example.shoot(closed).provider_status == "deleted"


def test_a_session_that_is_not_listed_is_read_and_closed_the_second_time(worked_example: WorkedExample) -> None:
    shoot, model = make_known_shoot(worked_example, "pending", "pending", confirmed_by="check")
    make_known_shoot(worked_example, "pending", "pending")
    del worked_example.provider.models[model.id]
    assert reconcile_shoots(worked_example).missing == 1
    assert worked_example.shoot(shoot).closed_at is None
    worked_example.clock.advance(minutes=10)
    reconcile_shoots(worked_example)
    assert worked_example.shoot(shoot).provider_status == "deleted"


def test_an_event_during_the_sweep_outranks_what_was_listed(worked_example: WorkedExample) -> None:
    shoot, _ = make_known_shoot(worked_example, "pending", "pending")

    def meanwhile() -> None:
        worked_example.clock.advance(seconds=2)
        worked_example.query(
            "UPDATE shoots SET provider_status = 'active', status_at = %(now)s, confirmed_at = %(now)s",
            now=worked_example.clock.now,
        )

    worked_example.provider.fails("list_models", meanwhile)
    reconcile_shoots(worked_example)
    assert worked_example.shoot(shoot).provider_status == "active"


def test_an_outage_in_the_middle_keeps_what_was_done(worked_example: WorkedExample) -> None:
    shoot, _ = make_known_shoot(worked_example, "pending", "active")
    worked_example.provider.fails("list_favorites", Unavailable("GET", "/organization/photos/favorites"))
    with pytest.raises(Unavailable):
        reconcile_shoots(worked_example)
    assert worked_example.shoot(shoot).provider_status == "active"
    assert reconcile_shoots(worked_example).changed == 0


def test_two_sweeps_at_once_are_one(worked_example: WorkedExample) -> None:
    with locks.acquire_exclusive(sweep.LOCK) as is_acquired:
        assert is_acquired
        assert sweep.reconcile_shoots(worked_example.portal) is None
    assert worked_example.provider.calls == []


class PagedProvider(ProviderClient):
    """The real client's paging over pages kept in memory."""

    def __init__(self, models: list[str], favorites: list[tuple[str, str]]) -> None:
        self.calls: list[str] = []
        self._pages = {
            "models": [{"id": each, "status": "pending"} for each in models],
            "photos": [{"id": photo, "modelId": model} for model, photo in favorites],
        }
        self._send = MethodType(PagedProvider._respond, self)

    def _respond(self, call: Call) -> Json:
        self.calls.append(call.path)
        key = "photos" if "favorites" in call.path else "models"
        offset, limit = int(call.query["offset"]), int(call.query["limit"])
        page = self._pages[key][offset : offset + limit]
        more = offset + limit < len(self._pages[key])
        return {"success": True, key: page, "pagination": {"hasMore": more}}


def test_one_call_for_each_200(worked_example: WorkedExample) -> None:
    provider = PagedProvider([f"m{number}" for number in range(450)], [(f"m{n}", f"p{n}") for n in range(210)])
    result = sweep.reconcile_shoots(replace(worked_example.portal, provider=provider))
    assert result is not None
    assert result.listed == 450
    assert len([path for path in provider.calls if path.endswith("/models")]) == math.ceil(450 / 200)
    assert len([path for path in provider.calls if path.endswith("/favorites")]) == math.ceil(210 / 200)


def test_at_start_a_sweep_finds_changes_made_while_no_worker_ran(worked_example: WorkedExample) -> None:
    """A whole outage: the session went from the studio to a picked photo, and no event arrived."""
    shoot, model = make_known_shoot(worked_example, "onboarding", "active")
    model.photos, model.favorite, model.finished_at = ["p1", "p2"], "p2", NOW
    worked_example.downloader.content = dict.fromkeys(["p1", "p2"], encode_image(load_portrait(16, 20)))
    worked_example.clock.advance(hours=2)
    with transaction():
        person = people.find_person(shoot.person_id)
        assert person is not None
    assert reconcile_shoots(worked_example).changed == 1
    worked_example.work()
    worked_example.clock.advance(minutes=10)
    assert reconcile_shoots(worked_example).favorites == 1
    assert journey.get_journey(person).stage is Stage.CHOSEN
    assert worked_example.shoot(shoot).finished_at == NOW
    assert worked_example.clock.now - NOW < timedelta(hours=3)
