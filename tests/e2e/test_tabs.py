"""Several tabs of one browser: signing out ends in all of them, and a dozen of them stay up to date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, request
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select, update

from demo.ports import find_free_port
from portal.db import db, transaction
from portal.models import people
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.settings import Settings
from tests import factories
from tests.e2e.site import serve_site
from tests.integration.auth.actors import MovableClock
from tests.integration.auth.hostile_provider import HostileProvider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OpenContext = Callable[..., BrowserContext]


@dataclass
class Deployment:
    """A served portal with an identity provider where the person is always signed in."""

    app: Flask
    address: str
    provider: HostileProvider
    open_streams: Counter[str]


@pytest.fixture
def deployment(portal_settings: Callable[..., Settings], database_url: str) -> Iterator[Deployment]:
    from portal.app import create_app  # noqa: PLC0415 - the browserless tests of this folder need no app

    provider = HostileProvider()
    provider.reset(MovableClock())
    port = find_free_port()
    address = f"http://localhost:{port}"
    app = create_app(portal_settings(public_url=address, oidc_issuer=provider.issuer))
    counted: Counter[str] = Counter()

    @app.before_request
    def count() -> None:
        counted[request.path] += 1

    with serve_site(app, port):
        yield Deployment(app, address, provider, counted)
    provider.close()
    with app.app_context():
        db.engine.dispose()


def sign_in(page: Page, deployment: Deployment) -> Person:
    """Sign in for the first time and open the page of a person whose photos were received."""
    page.goto(f"{deployment.address}/start")
    page.wait_for_url(f"{deployment.address}/headshots**")
    with deployment.app.app_context():
        person = db.session.scalars(select(Person)).one()
        factories.make_consent(person)
        factories.make_shoot(person, provider_status="waiting")
    page.goto(f"{deployment.address}/headshots")
    return person


def sign_out(page: Page) -> None:
    page.locator("#me summary").click()
    page.get_by_role("button", name="Sign out").click()


@pytest.mark.parametrize("has_end_session", [True, False], ids=["by way of another host", "here only"])
def test_signing_out_ends_every_tab_and_the_next_sign_in_requests_an_account(
    has_end_session: bool, deployment: Deployment, open_context: OpenContext
) -> None:
    if not has_end_session:
        deployment.provider.lies.metadata = {"end_session_endpoint": None}
    context = open_context()
    first, second = context.new_page(), context.new_page()
    violations: list[str] = []
    first.on("console", lambda message: violations.append(message.text) if "Content Security" in message.text else None)
    sign_in(first, deployment)
    second.goto(f"{deployment.address}/headshots")
    before = len(deployment.provider.authorizations)
    sign_out(first)
    for page in (first, second):
        expect(page.get_by_role("heading", name="You’re signed out")).to_be_visible()
        expect(page).to_have_url(
            f"{deployment.address}/signed-out" if page is first else build_background_url(deployment)
        )
    second.reload()
    first.goto(f"{deployment.address}/headshots")
    expect(first.get_by_role("heading", name="You’re signed out")).to_be_visible()
    assert len(deployment.provider.authorizations) == before, "nothing signs in by itself"
    assert violations == []
    second.get_by_role("link", name="Sign in").click()
    second.wait_for_url(f"{deployment.address}/headshots")
    assert deployment.provider.authorizations[before]["prompt"] == "select_account"


def build_background_url(deployment: Deployment) -> str:
    return f"{deployment.address}/signed-out?next=/headshots"


def test_session_that_ends_in_the_background_starts_no_sign_in(
    deployment: Deployment, open_context: OpenContext
) -> None:
    page = open_context().new_page()
    sign_in(page, deployment)
    with deployment.app.app_context(), transaction() as session:
        session.execute(db.text("DELETE FROM sessions"))
        people.close_streams(session.scalars(select(Person)).one().id)
    expect(page.get_by_role("heading", name="You’re signed out")).to_be_visible()
    expect(page.get_by_text("Sign in to continue where you left off.")).to_be_visible()
    assert len(deployment.provider.authorizations) == 1
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url(f"{deployment.address}/headshots")


def test_twelve_tabs_load_and_follow_one_stream(deployment: Deployment, open_context: OpenContext) -> None:
    context = open_context()
    first = context.new_page()
    person = sign_in(first, deployment)
    tabs = [first]
    for _ in range(11):
        tabs.append(context.new_page())
        tabs[-1].goto(f"{deployment.address}/headshots")
    streams = deployment.open_streams
    expect(tabs[-1].get_by_role("heading", level=1)).to_be_visible()
    assert streams["/headshots/events"] == 1
    title = first.title()
    update_status(deployment, person, "deleted")
    for tab in tabs:
        expect(tab).not_to_have_title(title)
    assert streams["/headshots/events"] == 1
    # The tab that holds the stream closes; another one opens it.
    first.close()
    title = tabs[1].title()
    update_status(deployment, person, "waiting")
    for tab in tabs[1:]:
        expect(tab).not_to_have_title(title)
    assert streams["/headshots/events"] == 2


def update_status(deployment: Deployment, person: Person, status: str) -> None:
    with deployment.app.app_context(), transaction() as session:
        session.execute(update(Shoot).where(Shoot.person_id == person.id).values(provider_status=status))
        people.publish_version(person.id)
