"""A second session for one address, and one after a deletion, with the sandbox as a server: under every switch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import requests

from portal.domain.erasure import ErasureScope
from portal.domain.stages import Problem, Stage
from portal.models import choices, link_reports, photos
from portal.models.people import Person
from portal.provider import BRANDS, PhotoDownloader, ProviderClient
from portal.services import another_attempts, gallery, journey, sweep, withdrawal
from portal.services import link_reports as report_service
from portal.services import shoots as shoot_requests
from sandbox.testing import RunningSandbox, start_sandbox
from tests.factories import USE, make_consent, make_person
from tests.integration.core.delivered_events import build_event
from tests.integration.core.worked_example import WorkedExample
from tests.unit.provider.budget_doubles import FakeTime

DUPLICATES = ("refuse", "reuse", "new")
AFTER_DELETION = ("refuse", "allow")
DELETED = ("not_found", "visible")


@dataclass
class Company:
    """A portal whose provider is a running sandbox, with one employee and one admin."""

    worked_example: WorkedExample
    running: RunningSandbox
    person: Person
    admin: Person

    @property
    def now(self) -> datetime:
        return self.worked_example.clock.advance(minutes=1)

    def start(self) -> None:
        shoot_requests.request_shoot(self.person, provider="profilebakery", development=False, now=self.now)
        self.worked_example.work()

    def finish(self) -> None:
        """Take the open session to its gallery and choose a photo of it."""
        shoot = journey.get_journey(self.person).shoot
        assert shoot is not None
        self.control(f"/models/{shoot.provider_id}/complete")
        self.control(f"/models/{shoot.provider_id}/advance", {"to": "active"})
        sweep.reconcile_shoots(self.worked_example.portal)
        self.worked_example.work()
        listed = gallery.get_gallery(self.person).photos
        gallery.choose_photo(self.person, listed[-1].id, agreement=USE, now=self.now)

    def control(self, path: str, body: dict[str, Any] | None = None) -> None:
        response = requests.post(f"{self.running.control_url}{path}", json=body or {}, timeout=60)
        assert response.ok, response.text

    def get_chosen_id(self) -> UUID:
        choice = choices.find_current(self.person.id)
        assert choice is not None
        return choice.photo_id

    def list_addresses(self) -> list[str]:
        """Addresses of the sessions at the provider that are not deleted, oldest first."""
        listed = self.worked_example.portal.provider.list_models()
        return [str(model.email) for model in listed if not model.is_deleted][::-1]

    def check_refusal_is_an_end_with_a_task(self) -> None:
        """The person's page shows it, nothing is retried, and the admin's task starts the session with a variant."""
        found = journey.get_journey(self.person)
        assert (found.stage, found.problem) == (Stage.PROBLEM, Problem.REFUSED)
        (task,) = link_reports.list_open()
        assert task.next_address == self.person.email.replace("@", "+2@")
        query = "SELECT count(*) FROM notices WHERE kind = 'start_refused'"
        assert self.worked_example.query(query) == [(1,)]
        report_service.resolve_report(task.report.id, actor_id=self.admin.id, now=self.now, uses_variant=True)
        self.worked_example.work()
        assert journey.get_journey(self.person).stage is Stage.IN_STUDIO
        assert link_reports.list_open() == []
        assert self.list_addresses()[-1] == task.next_address


@pytest.fixture
def open_company(worked_example: WorkedExample) -> Iterator[Callable[..., Company]]:
    """A function that starts a sandbox with these switches and finishes one session of a person."""
    with ExitStack() as stack:

        def open_one(**switches: str) -> Company:
            values = {"gallery_size": 2, "pictures": "plain", "rate_limit": 1_000_000, **switches}
            running = stack.enter_context(start_sandbox("profilebakery", switches=values))
            portal, time = worked_example.portal, FakeTime()
            worked_example.app.extensions["portal"] = replace(
                portal,
                provider=ProviderClient(
                    BRANDS["profilebakery"], running.api_key, running.api_url, clock=time.clock, sleep=time.sleep
                ),
                downloader=PhotoDownloader([running.base_url]),
            )
            admin = make_person("cleo@example.com", role="admin", roles=["admin"])
            company = Company(worked_example, running, make_person("ada@example.com"), admin)
            make_consent(company.person)
            company.start()
            company.finish()
            return company

        yield open_one


@pytest.mark.parametrize("duplicate_email", DUPLICATES)
def test_second_session_starts_or_its_refusal_is_an_end_with_a_task(
    open_company: Callable[..., Company], duplicate_email: str
) -> None:
    company = open_company(duplicate_email=duplicate_email)
    chosen_id = company.get_chosen_id()
    settings = company.worked_example.portal.settings
    another_attempts.request_attempt(company.person, settings=settings, now=company.now)
    another_attempts.allow_attempt(company.person.id, actor=company.admin, now=company.now)
    company.start()
    # The first session's photos and the headshot stay in every case.
    assert company.get_chosen_id() == chosen_id
    assert len(gallery.get_gallery(company.person).photos) == 2
    if duplicate_email == "new":
        assert journey.get_journey(company.person).stage is Stage.IN_STUDIO
        assert company.list_addresses() == ["ada@example.com"] * 2
    else:
        company.check_refusal_is_an_end_with_a_task()
        assert company.list_addresses() == ["ada@example.com", "ada+2@example.com"]
    company.finish()
    assert len(gallery.get_gallery(company.person).photos) == 4


@pytest.mark.parametrize(
    ("duplicate_email", "after_deletion", "deleted_models"),
    list(itertools.product(DUPLICATES, AFTER_DELETION, DELETED)),
)
def test_session_after_a_deletion_starts_or_its_refusal_is_an_end_with_a_task(
    open_company: Callable[..., Company], duplicate_email: str, after_deletion: str, deleted_models: str
) -> None:
    company = open_company(
        duplicate_email=duplicate_email, duplicate_after_delete=after_deletion, deleted_models=deleted_models
    )
    assert withdrawal.withdraw_consent(company.person, ErasureScope.PICTURES, company.worked_example.portal)
    company.worked_example.work()
    assert company.list_addresses() == []
    assert choices.find_current(company.person.id) is None
    make_consent(company.person, now=company.now)
    company.start()
    if (duplicate_email, after_deletion) == ("refuse", "refuse"):
        company.check_refusal_is_an_end_with_a_task()
    assert journey.get_journey(company.person).stage is Stage.IN_STUDIO
    company.finish()
    assert len(gallery.get_gallery(company.person).photos) == 2


@pytest.mark.parametrize("deleted_models", DELETED)
def test_deletion_the_portal_orders_keeps_the_copies_that_are_due(
    open_company: Callable[..., Company], deleted_models: str
) -> None:
    company = open_company(deleted_models=deleted_models)
    shoot = journey.get_journey(company.person).shoot
    chosen_id = company.get_chosen_id()
    assert shoot is not None
    assert withdrawal.withdraw_consent(company.person, ErasureScope.UNCHOSEN, company.worked_example.portal)
    company.worked_example.work()
    assert company.list_addresses() == []
    # The provider announces the deletion as well, and the next comparison finds the session gone.
    company.worked_example.send(build_event("model.deleted", str(shoot.provider_id), "deleted", at=company.now))
    sweep.reconcile_shoots(company.worked_example.portal)
    company.worked_example.work()
    kept = photos.find_for_person(chosen_id, company.person.id)
    assert kept is not None
    assert kept.removed_at is None
    found = gallery.get_rendition(company.person, kept.id, "640.webp", now=company.now)
    with company.worked_example.portal.storage.open(found.storage_key) as stored:
        assert len(stored.read()) == found.size
    assert company.get_chosen_id() == chosen_id
