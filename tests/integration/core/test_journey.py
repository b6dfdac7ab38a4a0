"""Whole journeys over real HTTP, with the sandbox in the provider's place: calls, signed webhooks and photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from demo.ports import find_free_port
from portal.app import create_app
from portal.domain.stages import Problem, Stage
from portal.models import people
from portal.models.people import Person
from portal.services import fsck, gallery, journey, sweep
from portal.services.journey import Journey
from portal.services.shoots import open_studio, request_shoot
from sandbox.testing import RunningSandbox, start_sandbox
from tests.factories import USE, make_consent, make_person
from tests.integration.core.conftest import close_connections
from tests.integration.core.worked_example import WorkedExample
from tests.local_server import serve_app
from tests.waiting import wait_until

SWITCHES = {"pictures": "plain", "gallery_size": 3, "rate_limit": 100_000, "webhook_retry_minutes": (0.005, 0.005)}


class SystemClock:
    """The present as it is."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Scenario:
    """A portal that is served, a sandbox that has its address, and a worker that runs on demand."""

    worked_example: WorkedExample
    sandbox: RunningSandbox

    def control(self, method: str, path: str, notified: dict[str, Any] | None = None) -> dict[str, Any]:
        response = requests.request(method, f"{self.sandbox.control_url}{path}", json=notified, timeout=60)
        assert response.ok, response.text
        found: dict[str, Any] = response.json()
        return found

    def fault(self, **rule: Any) -> None:
        self.control("POST", "/faults", rule)

    def works_until(self, condition: Callable[[], bool]) -> None:
        """Let webhooks come in and work on them until something is so."""
        wait_until(lambda: (self.worked_example.work(), condition())[1])

    def get_journey(self, person: Person) -> Journey:
        found = people.find_person(person.id)
        assert found is not None
        return journey.get_journey(found)

    def press(self, person: Person) -> Journey:
        now = self.worked_example.clock.now
        request_shoot(person, provider="profilebakery", development=False, now=now)
        self.worked_example.work()
        return self.get_journey(person)

    def model_of(self, person: Person) -> str:
        shoot = self.get_journey(person).shoot
        assert shoot is not None
        assert shoot.provider_id is not None
        return shoot.provider_id


@pytest.fixture
def scenario(database_url: str, portal_settings: Any, tmp_path: Path) -> Iterator[Scenario]:
    port = find_free_port()
    webhook_url = f"http://localhost:{port}/webhooks/profilebakery"
    address = database_url.replace("+psycopg", "")
    with (
        start_sandbox("profilebakery", webhook_url=webhook_url, switches=SWITCHES) as sandbox,
        psycopg.connect(address, autocommit=True, connect_timeout=30) as connection,
    ):
        settings = portal_settings(
            api_url=sandbox.api_url,
            api_key=sandbox.api_key,
            webhook_secrets=(sandbox.webhook_secret,),
            photo_origins=(sandbox.base_url,),
            public_url=f"http://localhost:{port}",
            rate_limit=100_000,
        )
        app = create_app(settings)
        with close_connections(app), app.app_context(), serve_app(app, port):
            yield Scenario(WorkedExample(app, SystemClock(), None, connection), sandbox)  # type: ignore[arg-type]
        app.extensions["portal"].provider.close()


def make_ready_person(scenario: Scenario) -> Person:
    person = make_person(now=scenario.worked_example.clock.now)
    make_consent(person, now=scenario.worked_example.clock.now)
    return person


def test_from_start_to_a_chosen_photo(scenario: Scenario) -> None:
    person = make_ready_person(scenario)
    assert scenario.press(person).stage is Stage.IN_STUDIO
    url = open_studio(person, scenario.worked_example.portal)
    assert url is not None
    assert requests.get(url, timeout=60).status_code == 200

    model = scenario.model_of(person)
    scenario.control("POST", f"/models/{model}/complete")
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.PHOTOS_RECEIVED)
    scenario.control("POST", f"/models/{model}/advance", {"to": "active"})
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.READY)

    opened = gallery.get_gallery(person)
    assert len(opened.photos) == 3
    gallery.choose_photo(person, opened.photos[1].id, agreement=USE, now=scenario.worked_example.clock.now)
    assert scenario.get_journey(person).stage is Stage.CHOSEN
    assert (
        list(fsck.list_violations(scenario.worked_example.portal.storage, now=scenario.worked_example.clock.now)) == []
    )
    # Create, list the photos with all sizes; the rest came by itself. Events of the same millisecond cost a look.
    made = list_provider_calls(scenario)
    model_reads = [call for call in made if call == ("GET", "/organization/models/:modelId")]
    assert len(model_reads) <= 1
    assert [call for call in made if call not in model_reads] == [
        ("POST", "/organization/models"),
        ("GET", "/organization/models/:modelId/photos"),
    ]


def list_provider_calls(scenario: Scenario) -> list[Any]:
    return scenario.worked_example.query("SELECT method, path_template FROM provider_calls ORDER BY id")


def test_sweep_completes_journey_without_webhooks(scenario: Scenario) -> None:
    scenario.fault(on="webhook", fault="drop", count=None)
    person = make_ready_person(scenario)
    scenario.press(person)
    model = scenario.model_of(person)
    scenario.control("POST", f"/models/{model}/advance", {"to": "active"})
    assert scenario.worked_example.work() == []
    sweep.reconcile_shoots(scenario.worked_example.portal)
    scenario.worked_example.work()
    assert scenario.get_journey(person).stage is Stage.READY


def test_with_doubled_shuffled_and_late_signed_webhooks_it_ends_the_same(scenario: Scenario) -> None:
    for fault in ("duplicate", "reorder", "old_timestamp"):
        scenario.fault(on="webhook", fault=fault, count=2)
    person = make_ready_person(scenario)
    scenario.press(person)
    model = scenario.model_of(person)
    scenario.control("POST", f"/models/{model}/advance", {"to": "active"})
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.READY)
    scenario.works_until(
        lambda: scenario.worked_example.query("SELECT count(*) FROM deliveries WHERE state = 'pending'") == [(0,)]
    )
    assert scenario.get_journey(person).stage is Stage.READY


def test_forged_webhooks_change_nothing(scenario: Scenario) -> None:
    scenario.fault(on="webhook", fault="wrong_signature", count=None)
    person = make_ready_person(scenario)
    scenario.press(person)
    scenario.control("POST", f"/models/{scenario.model_of(person)}/complete")

    def list_http_statuses() -> list[int | None]:
        deliveries = scenario.control("GET", "/deliveries")["deliveries"]
        return [attempt["http_status"] for delivery in deliveries for attempt in delivery["attempts"]]

    wait_until(lambda: len(list_http_statuses()) >= 2)
    assert set(list_http_statuses()) == {401}
    assert scenario.worked_example.work() == []
    assert scenario.worked_example.query("SELECT count(*) FROM deliveries") == [(0,)]
    assert scenario.get_journey(person).stage is Stage.IN_STUDIO


def test_lost_create_response_creates_no_second_session(scenario: Scenario) -> None:
    scenario.fault(on="api", fault="lost_answer", method="POST")
    person = make_ready_person(scenario)
    before = scenario.press(person)
    assert (before.stage, before.problem) == (Stage.PROBLEM, Problem.LINK_LOST)
    assert [call for call in list_provider_calls(scenario) if call[0] == "POST"] == [("POST", "/organization/models")]
    assert len(scenario.control("GET", "/state")["models"]) == 1


def test_session_starts_when_credits_return(scenario: Scenario) -> None:
    scenario.control("PUT", "/settings", {"credits": 0})
    person = make_ready_person(scenario)
    assert scenario.press(person).problem is Problem.NO_CREDITS
    scenario.control("PUT", "/settings", {"credits": 5})
    sweep.reconcile_shoots(scenario.worked_example.portal)
    scenario.worked_example.work()
    assert scenario.get_journey(person).stage is Stage.IN_STUDIO


def test_reset_by_an_admin_at_the_provider(scenario: Scenario) -> None:
    person = make_ready_person(scenario)
    scenario.press(person)
    model = scenario.model_of(person)
    scenario.control("POST", f"/models/{model}/advance", {"to": "active"})
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.READY)
    first = {photo.provider_id for photo in gallery.get_gallery(person).photos}
    scenario.control("POST", f"/models/{model}/retry")
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.IN_STUDIO)
    scenario.control("POST", f"/models/{model}/advance", {"to": "active"})
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.READY)
    second = {photo.provider_id for photo in gallery.get_gallery(person).photos}
    assert len(second) == 3
    assert not first & second


def test_deleted_at_the_provider(scenario: Scenario) -> None:
    person = make_ready_person(scenario)
    scenario.press(person)
    scenario.worked_example.portal.provider.delete_model(scenario.model_of(person))
    scenario.works_until(lambda: scenario.get_journey(person).stage is Stage.DELETED)
