"""What a campaign's links lead to: the one-click POST that mutes its mails (RFC 8058), and the open link to join."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db, transaction
from portal.domain.mute_links import build_mute_token
from portal.models.audit import AuditEntry
from portal.models.campaigns import Campaign
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document

CODE = "open-link-of-the-campaign"


@pytest.fixture
def entry(context: None) -> UUID:
    """A person who is invited and has not signed in."""
    made = RosterEntry(
        id=uuid4(), address="ann@example.com", name="Ann", source="import", created_at=NOW, changed_at=NOW,
        invited_at=NOW,
    )  # fmt: skip
    with transaction() as session:
        session.add(made)
    return made.id


def is_muted(entry_id: UUID) -> bool:
    db.session.expire_all()
    return db.session.get_one(RosterEntry, entry_id).muted_at is not None


def count_audited(action: str) -> int:
    return db.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def test_one_click_post_of_a_mail_program_mutes_without_a_session(app: Flask, entry: UUID) -> None:
    path = f"/mute/{build_mute_token(entry, get_context().settings.secret_keys)}"
    client = app.test_client()
    opened = client.get(path)
    assert Document(opened.text).heading == "Stop these emails?"
    assert not is_muted(entry)
    for _ in range(2):
        response = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert Document(response.text).heading == "Emails are off"
        assert is_muted(entry)
    assert client.post(f"{path}/undo").status_code == 200
    assert not is_muted(entry)
    assert "Set-Cookie" not in response.headers
    assert count_audited("roster.muted") == 1


def test_link_of_another_key_or_entry_mutes_no_person(app: Flask, entry: UUID) -> None:
    client = app.test_client()
    for token in (
        build_mute_token(entry, ("another-key",)),
        build_mute_token(uuid4(), get_context().settings.secret_keys),
    ):
        assert client.post(f"/mute/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not is_muted(entry)


def make_campaign(**fields: object) -> UUID:
    """Store a running campaign with an open link."""
    values: dict[str, object] = {
        "name": "Spring",
        "state": "running",
        "audience": {},
        "reminders": {},
        "message": "New badges.",
    }
    values |= {"created_at": NOW, "started_at": NOW, "link_code": CODE}
    campaign = Campaign(id=uuid4(), **(values | fields))
    with transaction() as session:
        session.add(campaign)
    return campaign.id


def test_open_link_shows_the_message_and_adds_the_person_once(visitor: Visitor) -> None:
    campaign = make_campaign(link_expires_at=NOW + timedelta(days=1))
    page = visitor.page(f"/join/{CODE}")
    assert "New badges." in page.text
    for _ in range(2):
        assert visitor.press(f"/join/{CODE}").location == "/headshots"
    assert visitor.get(f"/join/{CODE}").location == "/headshots"
    [entry] = db.session.scalars(select(RosterEntry).where(RosterEntry.person_id == visitor.person.id))
    assert entry.campaign_id == campaign


@pytest.mark.parametrize(
    "fields",
    [{"link_expires_at": NOW}, {"state": "ended"}, {"state": "draft"}, {"link_domains": ["other.example"]}],
    ids=["expired", "ended", "not started", "another domain"],
)
def test_closed_link_is_refused_before_and_after_the_press(
    sign_in: Callable[[Person], Visitor], context: None, fields: dict[str, object]
) -> None:
    make_campaign(**fields)
    visitor = sign_in(factories.make_person("ada@example.com"))
    assert "link" in visitor.page(f"/join/{CODE}", status=410).heading.lower()
    assert visitor.press(f"/join/{CODE}").status_code == 410
    assert db.session.scalar(select(func.count()).select_from(RosterEntry)) == 0
